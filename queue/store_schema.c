/* SPDX-License-Identifier: ISC */
/*
 * How the database is opened and what is in it.  A person may look at it,
 * and change it while the daemon is stopped, with the sqlite3 shell: names
 * and texts are meant to be read.
 *
 * One process and one connection (WAL in Debian 12's SQLite is only safe
 * so), exclusive locking, and therefore no shared-memory file.
 */
#include <sqlite3.h>
#include <stdio.h>

#include "queue/store_db.h"

/*
 * Pages of 16 KiB hold three 4 KiB messages, and a third less is written for
 * each than with smaller ones; larger ones cost more for a single message
 * (tests/bench/bench_queue).
 *
 * secure_delete is on in Debian's build and would write every removed body
 * over with zeros.  Removed octets are not kept secret from root anyway.
 */
static const char *const pragmas[] = {
	"PRAGMA page_size=16384",
	"PRAGMA locking_mode=EXCLUSIVE",
	"PRAGMA journal_mode=WAL",
	"PRAGMA synchronous=FULL",
	"PRAGMA secure_delete=OFF",
	"PRAGMA temp_store=MEMORY",
	"PRAGMA cache_size=-8192",
	"PRAGMA wal_autocheckpoint=1000",
	"PRAGMA journal_size_limit=67108864",
	"PRAGMA trusted_schema=OFF",
};

static const char version_1[] =
	"CREATE TABLE message ("
	"	id INTEGER PRIMARY KEY,"
	"	name TEXT NOT NULL UNIQUE,"
	"	session TEXT NOT NULL,"
	"	sender TEXT NOT NULL,"		/* '' is the null sender */
	"	helo TEXT NOT NULL,"
	"	peer TEXT NOT NULL,"
	"	role INTEGER NOT NULL,"
	"	arrived_ms INTEGER NOT NULL,"
	"	ended_ms INTEGER NOT NULL,"
	"	queued_ms INTEGER NOT NULL,"
	"	expires_at INTEGER NOT NULL,"	/* unix seconds */
	"	warn_at INTEGER NOT NULL,"	/* 0: never, or done */
	"	eightbit INTEGER NOT NULL,"
	"	utf8 INTEGER NOT NULL,"
	"	quarantine INTEGER NOT NULL,"
	"	authenticated INTEGER NOT NULL,"
	"	size_bytes INTEGER NOT NULL,"
	"	body_check INTEGER NOT NULL,"
	"	spool_id INTEGER NOT NULL);"	/* 0: body has it */
	"CREATE INDEX message_spool ON message(spool_id) WHERE spool_id<>0;"
	"CREATE TABLE body ("
	"	message INTEGER PRIMARY KEY,"
	"	content BLOB NOT NULL);"
	"CREATE TABLE recipient ("
	"	id INTEGER PRIMARY KEY,"	/* message << 20 | n */
	"	destination TEXT NOT NULL,"
	"	kind INTEGER NOT NULL,"
	"	original TEXT,"			/* NULL: as address */
	"	address TEXT NOT NULL,"
	"	user TEXT NOT NULL,"
	"	path TEXT NOT NULL,"
	"	forwarded INTEGER NOT NULL,"
	"	pushed_back INTEGER NOT NULL,"
	"	state INTEGER NOT NULL,"	/* queue_words.h; 5: failed */
	"	due_at INTEGER NOT NULL,"
	"	attempts INTEGER NOT NULL,"
	"	last_at INTEGER NOT NULL DEFAULT 0,"
	"	status TEXT NOT NULL DEFAULT '',"
	"	reply TEXT NOT NULL DEFAULT '',"
	"	reason TEXT NOT NULL DEFAULT '',"
	"	remote TEXT NOT NULL DEFAULT '');"
	"CREATE INDEX recipient_due ON recipient(destination,due_at,id)"
	"	WHERE state=1;"
	"CREATE INDEX recipient_taken ON recipient(state)"
	"	WHERE state IN (2,5);"
	"CREATE INDEX recipient_aside ON recipient(state)"
	"	WHERE state IN (3,4);"
	"CREATE TABLE attempt ("
	"	recipient INTEGER NOT NULL,"
	"	at INTEGER NOT NULL,"
	"	outcome INTEGER NOT NULL,"
	"	via INTEGER NOT NULL,"
	"	status TEXT NOT NULL,"
	"	reply TEXT NOT NULL,"
	"	reason TEXT NOT NULL,"
	"	remote TEXT NOT NULL);"
	"CREATE INDEX attempt_recipient ON attempt(recipient);"
	"CREATE TABLE waiting ("
	"	destination TEXT PRIMARY KEY,"
	"	due_at INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX waiting_due ON waiting(due_at);"
	"CREATE TABLE destination ("
	"	name TEXT PRIMARY KEY,"
	"	bits INTEGER NOT NULL,"		/* newest lowest; 1: pushed back */
	"	tried INTEGER NOT NULL,"
	"	probe_at INTEGER NOT NULL) WITHOUT ROWID;";

static const char version_2[] =
	"ALTER TABLE message"			/* of the body in the file */
	"	ADD COLUMN spool_start INTEGER NOT NULL DEFAULT 0;";

/* migrations[n] leads from user_version n to n + 1. */
static const char *const migrations[] = { version_1, version_2 };

#define VERSION (sizeof migrations / sizeof migrations[0])

static enum store_status
schema_version(struct store *store, uint64_t *ret_version)
{
	struct sqlite3_stmt *s;
	int rc = sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &s,
	    NULL);
	enum store_status status = STORE_TROUBLE;

	if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
		*ret_version = (uint64_t)sqlite3_column_int64(s, 0);
		status = STORE_OK;
	} else
		snprintf(store->trouble, sizeof store->trouble, "%s",
		    sqlite3_errmsg(store->db));
	sqlite3_finalize(s);
	return status;
}

static enum store_status
migrate(struct store *store, uint64_t from)
{
	enum store_status status = store_exec(store, "BEGIN IMMEDIATE");
	char set[64];

	for (uint64_t v = from; status == STORE_OK && v < VERSION; v++)
		status = store_exec(store, migrations[v]);
	snprintf(set, sizeof set, "PRAGMA user_version=%zu", VERSION);
	if (status == STORE_OK)
		status = store_exec(store, set);
	if (status == STORE_OK)
		status = store_exec(store, "COMMIT");
	return status;
}

enum store_status
store_setup(struct store *store)
{
	enum store_status status = STORE_OK;
	uint64_t version = 0;

	for (size_t i = 0; status == STORE_OK &&
	    i < sizeof pragmas / sizeof pragmas[0]; i++)
		status = store_exec(store, pragmas[i]);
	if (status == STORE_OK)
		status = schema_version(store, &version);
	if (status == STORE_OK && version > VERSION) {
		snprintf(store->trouble, sizeof store->trouble,
		    "written by a newer mx6d (schema %llu, this one knows %zu)",
		    (unsigned long long)version, VERSION);
		return STORE_TROUBLE;
	}
	if (status == STORE_OK && version < VERSION)
		status = migrate(store, version);
	if (status == STORE_OK)		/* store_admin.c: the operator's pick */
		status = store_exec(store,
		    "CREATE TEMP TABLE picked(id INTEGER PRIMARY KEY)");
	return status;
}
