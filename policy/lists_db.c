/* SPDX-License-Identifier: ISC */
/*
 * The one file of this folder that knows SQLite.  A rollback journal, not
 * WAL: several processes open this database, and SQLite 3.40 can lose
 * commits of a WAL that two connections share.  synchronous=EXTRA makes the
 * removal of the journal durable too.
 */

#include "policy/lists_db.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/xalloc.h"

#define QUERIES_MAX 96

struct lists_query {
	sqlite3_stmt	*stmt;
};

struct lists_db {
	sqlite3			*handle;
	struct lists_query	 queries[QUERIES_MAX];
	size_t			 query_count;
	void			(*runs)(void *arg, const char *sql);
	void			*runs_arg;
};

/* A database that mx6ctl made as root must be the daemon's: it gets the
 * owner of its directory, and SQLite gives journals that of the database. */
static void
adopt_owner(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash == NULL ? xstrdup(".") :
	    xstrndup(path, (size_t)(slash - path) + 1);
	struct stat st;

	if (geteuid() == 0 && stat(directory, &st) == 0 &&
	    chown(path, st.st_uid, st.st_gid) != 0) {
		/* The daemon will say that it cannot open it. */
	}
	free(directory);
}

static struct lists_db *
open_as(const char *path, unsigned busy_ms, const char *pragmas, char *why,
    size_t n)
{
	struct lists_db *db = xcalloc(1, sizeof *db);
	bool fresh = access(path, F_OK) != 0;

	if (sqlite3_open_v2(path, &db->handle, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(db->handle, (int)busy_ms) != SQLITE_OK ||
	    !lists_db_run(db, "PRAGMA trusted_schema = OFF;"
	    "PRAGMA temp_store = MEMORY") || !lists_db_run(db, pragmas)) {
		snprintf(why, n, "%s: %s%s", path, lists_db_why(db),
		    !fresh && access(path, R_OK | W_OK) != 0 ?
		    "; it should belong to the owner of its directory" : "");
		return lists_db_close(db);
	}
	if (fresh)
		adopt_owner(path);
	return db;
}

struct lists_db *
lists_db_open(const char *path, unsigned busy_ms, char *why, size_t n)
{
	return open_as(path, busy_ms, "PRAGMA journal_mode = DELETE;"
	    "PRAGMA synchronous = EXTRA", why, n);
}

/* The exclusive lock keeps the WAL's index in memory, not in a file that is
 * mapped. */
struct lists_db *
lists_db_open_alone(const char *path, char *why, size_t n)
{
	return open_as(path, 0, "PRAGMA locking_mode = EXCLUSIVE;"
	    "PRAGMA journal_mode = WAL;"
	    "PRAGMA synchronous = NORMAL;"
	    "PRAGMA wal_autocheckpoint = 2000", why, n);
}

struct lists_db *
lists_db_close(struct lists_db *db)
{
	if (db == NULL)
		return NULL;
	for (size_t i = 0; i < db->query_count; i++)
		sqlite3_finalize(db->queries[i].stmt);
	sqlite3_close(db->handle);
	free(db);
	return NULL;
}

const char *
lists_db_why(const struct lists_db *db)
{
	return sqlite3_errmsg(db->handle);
}

bool
lists_db_run(struct lists_db *db, const char *sql)
{
	return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK;
}

int64_t
lists_db_changes(const struct lists_db *db)
{
	return sqlite3_changes64(db->handle);
}

static int
on_trace(unsigned what, void *db_, void *stmt, void *text)
{
	const struct lists_db *db = db_;

	(void)what;
	(void)text;
	db->runs(db->runs_arg, sqlite3_sql(stmt));
	return 0;
}

void
lists_db_watch(struct lists_db *db, void (*runs)(void *arg, const char *sql),
    void *arg)
{
	db->runs = runs;
	db->runs_arg = arg;
	sqlite3_trace_v2(db->handle, runs == NULL ? 0 : SQLITE_TRACE_STMT,
	    runs == NULL ? NULL : on_trace, db);
}

struct lists_query *
lists_db_query(struct lists_db *db, const char *sql)
{
	struct lists_query *q;

	if (db->query_count == QUERIES_MAX)
		abort();
	q = &db->queries[db->query_count];
	if (sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT,
	    &q->stmt, NULL) != SQLITE_OK)
		return NULL;
	db->query_count++;
	return q;
}

void
query_bind_text(struct lists_query *q, int parameter, const char *text)
{
	if (sqlite3_bind_text(q->stmt, parameter, text, -1,
	    SQLITE_TRANSIENT) != SQLITE_OK)
		abort();
}

void
query_bind_bytes(struct lists_query *q, int parameter, const void *data,
    size_t n)
{
	if (sqlite3_bind_blob(q->stmt, parameter, data, (int)n,
	    SQLITE_TRANSIENT) != SQLITE_OK)
		abort();
}

void
query_bind_number(struct lists_query *q, int parameter, int64_t number)
{
	if (sqlite3_bind_int64(q->stmt, parameter, number) != SQLITE_OK)
		abort();
}

enum query_step
query_step(struct lists_query *q)
{
	int rc = sqlite3_step(q->stmt);

	if (rc == SQLITE_ROW)
		return QUERY_ROW;
	sqlite3_reset(q->stmt);
	if (rc == SQLITE_DONE)
		return QUERY_DONE;
	return (rc & 0xff) == SQLITE_CONSTRAINT ? QUERY_REFUSED :
	    QUERY_TROUBLE;
}

const char *
query_text(struct lists_query *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q->stmt, column);

	return text == NULL ? "" : text;
}

const void *
query_bytes(struct lists_query *q, int column, size_t *ret_n)
{
	const void *data = sqlite3_column_blob(q->stmt, column);

	*ret_n = (size_t)sqlite3_column_bytes(q->stmt, column);
	return data == NULL ? "" : data;
}

int64_t
query_number(struct lists_query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

void
query_reset(struct lists_query *q)
{
	sqlite3_reset(q->stmt);
}
