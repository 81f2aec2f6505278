/* SPDX-License-Identifier: ISC */
/* The connection: opening, transactions, and how a statement is run. */
#include "queue/store.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "queue/store_db.h"
#include "util/xalloc.h"

static const char *const texts[SQL_COUNT] = {
#define STATEMENT(name, sql)	[SQL_##name] = sql,
#include "queue/store_statements.def"
#undef STATEMENT
};

static enum store_status
status_of(struct store *store, int rc)
{
	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_DONE:
	case SQLITE_ROW:
		return STORE_OK;
	case SQLITE_CONSTRAINT:
		return STORE_DUPLICATE;
	}
	snprintf(store->trouble, sizeof store->trouble, "%s (%d)",
	    sqlite3_errmsg(store->db), sqlite3_extended_errcode(store->db));
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return STORE_FULL;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STORE_DAMAGED;
	}
	return STORE_TROUBLE;
}

enum store_status
store_exec(struct store *store, const char *sql)
{
	return status_of(store, sqlite3_exec(store->db, sql, NULL, NULL, NULL));
}

struct sqlite3_stmt *
store_prepare(struct store *store, enum store_statement which)
{
	struct sqlite3_stmt **s = &store->statements[which];

	if (*s == NULL && sqlite3_prepare_v3(store->db, texts[which], -1,
	    SQLITE_PREPARE_PERSISTENT, s, NULL) != SQLITE_OK) {
		/* Only a damaged schema makes our own SQL wrong. */
		status_of(store, sqlite3_errcode(store->db));
		*s = NULL;
	}
	return *s;
}

void
store_bind_number(struct sqlite3_stmt *s, int at, uint64_t n)
{
	if (s != NULL)
		sqlite3_bind_int64(s, at, (sqlite3_int64)n);
}

void
store_bind_text(struct sqlite3_stmt *s, int at, const char *text)
{
	if (s != NULL)
		sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
}

void
store_bind_blob(struct sqlite3_stmt *s, int at, const void *data,
    uint64_t size_bytes)
{
	if (s != NULL)
		sqlite3_bind_blob64(s, at, data, size_bytes, SQLITE_STATIC);
}

const char *
store_text(struct sqlite3_stmt *s, int column)
{
	const unsigned char *text = sqlite3_column_text(s, column);

	return text == NULL ? "" : (const char *)text;
}

uint64_t
store_number(struct sqlite3_stmt *s, int column)
{
	return (uint64_t)sqlite3_column_int64(s, column);
}

void
store_reset(struct sqlite3_stmt *s)
{
	sqlite3_reset(s);
}

enum store_status
store_step(struct store *store, struct sqlite3_stmt *s)
{
	enum store_status status;
	int rc;

	if (s == NULL)
		return STORE_TROUBLE;
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		return STORE_OK;
	status = rc == SQLITE_DONE ? STORE_NONE : status_of(store, rc);
	sqlite3_reset(s);
	return status;
}

enum store_status
store_run(struct store *store, struct sqlite3_stmt *s)
{
	enum store_status status = store_step(store, s);

	if (status == STORE_OK)
		sqlite3_reset(s);
	return status == STORE_NONE ? STORE_OK : status;
}

enum store_status
store_change(struct store *store, struct sqlite3_stmt *s)
{
	enum store_status status = store_run(store, s);

	if (status == STORE_OK && sqlite3_changes(store->db) == 0)
		return STORE_NONE;
	return status;
}

uint64_t
store_changes(const struct store *store)
{
	return (uint64_t)sqlite3_changes64(store->db);
}

enum store_status
store_begin(struct store *store)
{
	return store_run(store, store_prepare(store, SQL_BEGIN));
}

enum store_status
store_commit(struct store *store)
{
	enum store_status status = store_run(store,
	    store_prepare(store, SQL_COMMIT));

	if (status == STORE_OK) {
		store->messages += store->messages_pending;
		store->bytes += store->bytes_pending;
		store->messages_pending = store->bytes_pending = 0;
	}
	return status;
}

void
store_rollback(struct store *store)
{
	store->messages_pending = store->bytes_pending = 0;
	/* SQLite has rolled back by itself after most errors. */
	if (!sqlite3_get_autocommit(store->db))
		store_run(store, store_prepare(store, SQL_ROLLBACK));
}

const char *
store_trouble(const struct store *store)
{
	return store->trouble;
}

enum store_status
store_resume(struct store *store, uint64_t now)
{
	struct sqlite3_stmt *s;
	enum store_status status = store_exec(store,
	    "PRAGMA wal_checkpoint(TRUNCATE)");

	if (status == STORE_OK)
		status = store_begin(store);
	s = store_prepare(store, SQL_RESUME_WAITING);
	store_bind_number(s, 1, now);
	if (status == STORE_OK)
		status = store_run(store, s);
	s = store_prepare(store, SQL_RESUME);
	store_bind_number(s, 1, now);
	if (status == STORE_OK)
		status = store_run(store, s);
	if (status == STORE_OK)
		status = store_commit(store);
	if (status != STORE_OK)
		store_rollback(store);
	return status;
}

static enum store_status
find_last_message(struct store *store)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_LAST_MESSAGE);
	enum store_status status = store_step(store, s);

	if (status == STORE_OK) {
		store->next_message_id = store_number(s, 0) + 1;
		store_reset(s);
	}
	return status;
}

struct store *
store_open(const char *path, char error[static STORE_ERROR_SIZE])
{
	struct store *store = xcalloc(1, sizeof *store);
	enum store_status status;

	/* One thread, and nobody asks how much memory it takes: no locks.
	 * Refused, and in force already, when a test opens a second one. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	status = status_of(store, sqlite3_open_v2(path, &store->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
	    SQLITE_OPEN_EXRESCODE, NULL));
	if (status == STORE_OK)
		status = store_setup(store);
	if (status == STORE_OK)
		status = store_setup_admin(store);
	if (status == STORE_OK)
		status = find_last_message(store);
	if (status == STORE_OK)
		return store;
	snprintf(error, STORE_ERROR_SIZE, "%.200s", store->trouble);
	return store_close(store);
}

struct store *
store_close(struct store *store)
{
	if (store == NULL)
		return NULL;
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(store->statements[i]);
	sqlite3_close(store->db);
	free(store);
	return NULL;
}
