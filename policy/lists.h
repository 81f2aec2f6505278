/* SPDX-License-Identifier: ISC */
#ifndef POLICY_LISTS_H
#define POLICY_LISTS_H

/*
 * The tables that people edit: who is whitelisted, which domains, mailboxes
 * and aliases are ours.  One SQLite file, "lists.db" in the state directory,
 * opened by mx6d-policy, by mx6ctl and by whoever has the sqlite3 shell; the
 * schema explains itself there.  Lookups are indexed: a million rows cost
 * microseconds.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/mailaddr.h"
#include "util/netaddr.h"

#define LISTS_FILE		"lists.db"
#define LISTS_VALUE_SIZE	512	/* of any value, with its NUL */
#define LISTS_WHY_SIZE		256
#define LISTS_COLUMNS_MAX	6

struct lists;

enum lists_status {
	LISTS_OK,
	LISTS_ABSENT,		/* no such row */
	LISTS_EXISTS,		/* that row is there already */
	LISTS_REFUSED,		/* not a valid value, or against the others */
	LISTS_TROUBLE,		/* the database cannot be read or written */
};

/* Creates and migrates as needed.  busy_ms: how long to wait for another
 * process's edit.  NULL on an error, with the reason in why. */
struct lists *lists_open(const char *path, unsigned busy_ms,
    char why[static LISTS_WHY_SIZE]);
struct lists *lists_close(struct lists *lists);
/* The database's own words on the last LISTS_TROUBLE. */
const char *lists_why(const struct lists *lists);

/* ---- for the judge ---- */

/* Somebody else has edited since the last call: drop what was cached.  Costs
 * some microseconds.  Rows typed by hand are made ready to be found. */
bool lists_changed(struct lists *lists);
/* Networks of the whitelist that are none and can never match. */
enum lists_status lists_each_misfit(struct lists *lists,
    void (*misfit)(void *arg, const char *network), void *arg);

/* Lookups between begin and end see one state and cost less.  Both may fail
 * without harm, and they nest. */
void lists_begin(struct lists *lists);
void lists_end(struct lists *lists);

/* OK or ABSENT. */
enum lists_status lists_whitelisted(struct lists *lists,
    const struct netaddr *addr);

struct lists_domain {
	char	name[LISTS_VALUE_SIZE];
	char	transport[LISTS_VALUE_SIZE];
};

struct lists_mailbox {
	char	address[LISTS_VALUE_SIZE];
	char	user[LISTS_VALUE_SIZE];
	char	maildir[LISTS_VALUE_SIZE];
	char	lmtp[LISTS_VALUE_SIZE];
};

/* Names and addresses are found without regard to (ASCII) case. */
enum lists_status lists_domain(struct lists *lists, const char *name,
    struct lists_domain *ret_domain);
enum lists_status lists_mailbox(struct lists *lists, const char *address,
    struct lists_mailbox *ret_mailbox);
/* The oldest mailbox of a domain, or of all with "". */
enum lists_status lists_first_mailbox(struct lists *lists, const char *domain,
    struct lists_mailbox *ret_mailbox);
enum lists_status lists_first_domain(struct lists *lists,
    struct lists_domain *ret_domain);
/* Calls target for each row of the alias; it must make no lookup itself. */
enum lists_status lists_alias(struct lists *lists, const char *address,
    void (*target)(void *arg, const char *target), void *arg);

/* ---- for mx6ctl ---- */

enum lists_table {
	LISTS_WHITELIST,	/* network, note */
	LISTS_DOMAIN,		/* name, transport */
	LISTS_MAILBOX,		/* address, user, maildir, lmtp */
	LISTS_ALIAS,		/* address, target */
	LISTS_WHITELIST_DOMAIN,	/* domain, subdomains, auth, note */
	LISTS_ADDRESSBOOK,	/* recipient, sender, source, count,
				 * first_seen, last_seen */
	LISTS_OPT_OUT,		/* recipient */
	LISTS_GREENLIST,	/* kind, value, note, source, expires */
	LISTS_DOMAIN_FACTS,	/* domain, registrar, whois */
	LISTS_NETWORK_FACTS,	/* network, asn, whois */
	LISTS_BEST_GUESS,	/* domain, record */
	LISTS_TABLES,
};

/* As mx6ctl names it: "whitelist", "whitelist domain", ... */
const char *lists_table_name(enum lists_table table);
size_t lists_column_count(enum lists_table table);
const char *lists_column_name(enum lists_table table, size_t column);
/* How many of the columns, from the first, name a row. */
size_t lists_key_count(enum lists_table table);

/* One row, values in the order of the columns (missing ones at the end are
 * ""), brought to canonical form here.  Not OK: the reason is in why. */
enum lists_status lists_add(struct lists *lists, enum lists_table table,
    const char *const *values, size_t count, char why[static LISTS_WHY_SIZE]);
/* The row with these key columns: the first one; for an alias address and
 * target, for an addressbook recipient and sender, or the first of them alone
 * for all its rows; for the greenlist kind and value. */
enum lists_status lists_remove(struct lists *lists, enum lists_table table,
    const char *const *keys, size_t count, char why[static LISTS_WHY_SIZE]);
/* All rows that hold filter in one of their columns ("" is all), in the order
 * of the key; row returns false to stop. */
enum lists_status lists_each(struct lists *lists, enum lists_table table,
    const char *filter, bool (*row)(void *arg, const char *const *values,
    size_t count), void *arg);

struct lists_imported {
	uint64_t	added;
	uint64_t	known;		/* rows that were there already */
	uint64_t	bad;
	uint64_t	own;		/* contacts in the user's own domain */
};

/*
 * Adds n bytes of CSV (RFC 4180; lines with the column names are passed over,
 * as are blank lines and lines that begin with #).  All or nothing: with one
 * bad line nothing is changed (LISTS_REFUSED), unless skip_bad.  problem is
 * told each bad line.  Rows of LISTS_DOMAIN_FACTS that begin with a network
 * are facts of that network.
 */
enum lists_status lists_import(struct lists *lists, enum lists_table table,
    const char *text, size_t n, bool skip_bad,
    void (*problem)(void *arg, uint64_t line, const char *why), void *arg,
    struct lists_imported *ret_imported);

/* The same for a file of contacts (policy/contacts.h), into the addressbook
 * of a mailbox.  Addresses only, and none of its own domain. */
enum lists_status lists_import_contacts(struct lists *lists,
    const char *mailbox, const char *text, size_t n, bool skip_bad,
    void (*problem)(void *arg, uint64_t line, const char *why), void *arg,
    struct lists_imported *ret_imported);

#endif
