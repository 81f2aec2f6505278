/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_STORE_DB_H
#define QUEUE_STORE_DB_H

/*
 * Between the store*.c files: the connection and its prepared statements.
 * Nobody else includes this.
 */

#include <stdbool.h>
#include <stdint.h>

#include "queue/store.h"

struct sqlite3;
struct sqlite3_stmt;

enum store_statement {
#define STATEMENT(name, sql)	SQL_##name,
#include "queue/store_statements.def"
#undef STATEMENT
	SQL_COUNT,
};

struct store {
	struct sqlite3		*db;
	struct sqlite3_stmt	*statements[SQL_COUNT];
	uint64_t		 next_message_id;
	/* Messages and octets in the queue, once they have been counted;
	 * changes of the transaction under way apart until it is on disk. */
	bool			 counted;
	int64_t			 messages, messages_pending;
	int64_t			 bytes, bytes_pending;
	/* What the operator sees as a recipient's state (store_admin.h). */
	uint32_t		(*shown)(void *arg, uint64_t id, uint32_t state);
	void			*shown_arg;
	char			 trouble[STORE_ERROR_SIZE];
};

/* What one bound parameter is. */
struct sqlite3_stmt *store_prepare(struct store *store,
    enum store_statement which);
void store_bind_number(struct sqlite3_stmt *s, int at, uint64_t n);
/* text must live until the statement has run. */
void store_bind_text(struct sqlite3_stmt *s, int at, const char *text);
void store_bind_blob(struct sqlite3_stmt *s, int at, const void *data,
    uint64_t size_bytes);
/* Never NULL; valid until the next step. */
const char *store_text(struct sqlite3_stmt *s, int column);
uint64_t store_number(struct sqlite3_stmt *s, int column);
/* STORE_OK: a row is there; STORE_NONE: no (more) row; the statement is
 * reset on all but STORE_OK. */
enum store_status store_step(struct store *store, struct sqlite3_stmt *s);
void store_reset(struct sqlite3_stmt *s);
/* Runs a statement that gives no rows. */
enum store_status store_run(struct store *store, struct sqlite3_stmt *s);
/* As store_run; STORE_NONE if it changed nothing. */
enum store_status store_change(struct store *store, struct sqlite3_stmt *s);
/* How many rows the last change touched. */
uint64_t store_changes(const struct store *store);
/* Plain SQL text, for the schema. */
enum store_status store_exec(struct store *store, const char *sql);

/* queue/store_schema.c: pragmas, tables, migrations. */
enum store_status store_setup(struct store *store);

/* queue/store_admin.c: the SQL function shown_state. */
enum store_status store_setup_admin(struct store *store);

/* queue/store_read.c: columns of RCPT_COLUMNS, see store_statements.def.
 * false if the row cannot be right. */
bool store_read_rcpt(struct sqlite3_stmt *s, struct rcpt *ret_rcpt);
bool store_read_message(struct sqlite3_stmt *s, struct message *ret_message);
void store_read_result(struct sqlite3_stmt *s, int column,
    struct result *ret_result);

#endif
