/* SPDX-License-Identifier: ISC */
#ifndef POLICY_LISTS_DB_H
#define POLICY_LISTS_DB_H

/*
 * As much of SQLite as the lists and the history need, so that one file knows
 * sqlite3.h: a database, with a rollback journal if it is shared with mx6ctl
 * and the sqlite3 shell, and prepared queries that live as long as it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lists_db;
struct lists_query;

enum query_step {
	QUERY_ROW,
	QUERY_DONE,
	QUERY_REFUSED,		/* a constraint of the schema */
	QUERY_TROUBLE,		/* locked too long, full, damaged */
};

/* Created if it is not there, then with the owner of its directory.  NULL on
 * an error, with why[n] in words. */
struct lists_db *lists_db_open(const char *path, unsigned busy_ms, char *why,
    size_t n);
/* The same for a database that one connection of one process opens: a WAL,
 * with commits that a power failure may undo, but not damage. */
struct lists_db *lists_db_open_alone(const char *path, char *why, size_t n);
struct lists_db *lists_db_close(struct lists_db *db);
const char *lists_db_why(const struct lists_db *db);	/* of the last error */
bool lists_db_run(struct lists_db *db, const char *sql);
/* Rows that the last statement of this connection changed. */
int64_t lists_db_changes(const struct lists_db *db);

/* Tells of each statement as it begins to run, with its text as prepared: for
 * who wants to know what a lookup costs.  NULL: no more. */
void lists_db_watch(struct lists_db *db,
    void (*runs)(void *arg, const char *sql), void *arg);

/* NULL on an error; the database frees it. */
struct lists_query *lists_db_query(struct lists_db *db, const char *sql);
/* Parameters count from 1, columns from 0. */
void query_bind_text(struct lists_query *q, int parameter, const char *text);
void query_bind_bytes(struct lists_query *q, int parameter, const void *data,
    size_t n);
void query_bind_number(struct lists_query *q, int parameter, int64_t number);
/* After anything but QUERY_ROW the query is ready to run again. */
enum query_step query_step(struct lists_query *q);
/* Never NULL; valid until the next step or reset. */
const char *query_text(struct lists_query *q, int column);
const void *query_bytes(struct lists_query *q, int column, size_t *ret_n);
int64_t query_number(struct lists_query *q, int column);
void query_reset(struct lists_query *q);

#endif
