/* SPDX-License-Identifier: ISC */
#ifndef POLICY_LISTS_INNER_H
#define POLICY_LISTS_INNER_H

/* What the files lists*.c share, and nobody else. */

#include "policy/lists.h"
#include "policy/lists_db.h"
#include "policy/lists_values.h"

/* family, prefix bits, network-order bytes: equal networks, equal keys. */
#define NETWORK_KEY_MAX 18

/* The most that a table of lists_edit.c has, and where its key is bound. */
#define KEY_PARAMETER (LISTS_COLUMNS_MAX + 1)

/* Tables with a column "key", found by address (lists_networks.c). */
enum lists_networks {
	NETWORKS_WHITELIST,
	NETWORKS_GREEN,
	NETWORKS_FACTS,
	NETWORKS,
};

/* One table as people edit it (lists_tables.c). */
struct lists_table_spec {
	const char	*name;
	struct {
		const char	*name;
		lists_value	*canonical;
	} columns[LISTS_COLUMNS_MAX];
	size_t		 count;
	size_t		 keys;		/* the first of the columns */
	/* What the row must be as a whole, or NULL; values are canonical, one
	 * for each column, and may be changed. */
	const char	*(*row)(char (*values)[LISTS_VALUE_SIZE]);
	size_t		 network;	/* 1 + the column with a network */
	const char	*add;		/* ?7: the network's key */
	const char	*remove;
	const char	*remove_all;	/* by the first column alone, or NULL */
	const char	*each;
};

extern const struct lists_table_spec lists_tables[LISTS_TABLES];

struct lists_network_index {
	struct lists_query	*missing;	/* rows typed by hand */
	struct lists_query	*set;
	struct lists_query	*next;
	struct lists_query	*misfits;
	/* The prefix lengths that occur, longest first, for each family. */
	uint8_t			 bits4[33];
	size_t			 bits4_count;
	uint8_t			 bits6[129];
	size_t			 bits6_count;
};

struct lists {
	struct lists_db		*db;
	struct lists_query	*data_version;
	struct lists_network_index networks[NETWORKS];
	struct lists_query	*whitelisted;
	struct lists_query	*domain;
	struct lists_query	*first_domain;
	struct lists_query	*mailbox;
	struct lists_query	*first_mailbox;
	struct lists_query	*any_mailbox;
	struct lists_query	*alias;
	struct lists_query	*begin;
	struct lists_query	*end;
	struct lists_query	*add[LISTS_TABLES];
	struct lists_query	*remove[LISTS_TABLES];
	struct lists_query	*each[LISTS_TABLES];
	struct lists_query	*remove_all[LISTS_TABLES];	/* or NULL */
	struct lists_query	*whitelist_domain;
	struct lists_query	*known_address;
	struct lists_query	*known_domain;
	struct lists_query	*opted_out;
	struct lists_query	*gather;
	struct lists_query	*forget;
	struct lists_query	*expire;
	struct lists_query	*green_network;
	struct lists_query	*green_value;
	struct lists_query	*domain_facts;
	struct lists_query	*network_facts;
	struct lists_query	*best_guess, *any_guess;
	unsigned		 nesting;	/* of lists_begin */
	int64_t			 version;
};

size_t network_key(const struct netblock *block,
    uint8_t key[static NETWORK_KEY_MAX]);
bool lists_networks_prepare(struct lists *lists);
/* Computes missing keys, and finds out anew which prefix lengths there are. */
bool lists_networks_refresh(struct lists *lists);
/*
 * Runs find, whose parameter 1 is a key, for each network of the table that
 * could hold addr, the smallest first, until one gives a row.  OK: the query
 * stands on that row, and is the caller's to reset.
 */
enum lists_status lists_networks_find(struct lists *lists,
    enum lists_networks table, struct lists_query *find,
    const struct netaddr *addr);
bool lists_signs_prepare(struct lists *lists);
bool lists_books_prepare(struct lists *lists);
bool lists_gather_prepare(struct lists *lists);
bool lists_edit_prepare(struct lists *lists);
/* Around an import: one transaction.  end takes what became of it, and
 * returns what becomes of it, with the bad ones. */
bool lists_import_begin(struct lists *lists);
enum lists_status lists_import_end(struct lists *lists,
    enum lists_status status, const struct lists_imported *imported,
    bool skip_bad);

struct lists_sql {
	struct lists_query	**query;
	const char		 *sql;
};
bool lists_prepare(struct lists *lists, const struct lists_sql *queries,
    size_t count);
/* The first count columns of the row on which q stands, which is reset. */
enum lists_status lists_take_row(struct lists_query *q,
    char (*values)[LISTS_VALUE_SIZE], int count);
/* The first count columns of the one row that q gives, into values that lie
 * one behind the other.  A value that is too long counts as trouble. */
enum lists_status lists_one_row(struct lists_query *q,
    char (*values)[LISTS_VALUE_SIZE], int count);

#endif
