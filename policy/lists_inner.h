/* SPDX-License-Identifier: ISC */
#ifndef POLICY_LISTS_INNER_H
#define POLICY_LISTS_INNER_H

/* What the files lists*.c share, and nobody else. */

#include "policy/lists.h"
#include "policy/lists_db.h"

/* family, prefix bits, network-order bytes: equal networks, equal keys. */
#define NETWORK_KEY_MAX 18

struct lists {
	struct lists_db		*db;
	struct lists_query	*data_version;
	struct lists_query	*key_missing;
	struct lists_query	*key_set;
	struct lists_query	*key_next;
	struct lists_query	*key_find;
	struct lists_query	*misfits;
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
	struct lists_query	*remove_alias;	/* with all its targets */
	int64_t			 version;
	/* The prefix lengths that occur, longest first, for each family. */
	uint8_t			 bits4[33];
	size_t			 bits4_count;
	uint8_t			 bits6[129];
	size_t			 bits6_count;
};

size_t network_key(const struct netblock *block,
    uint8_t key[static NETWORK_KEY_MAX]);
/* Finds out anew which prefix lengths there are. */
bool lists_note_prefixes(struct lists *lists);
bool lists_edit_prepare(struct lists *lists);

#endif
