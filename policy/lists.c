/* SPDX-License-Identifier: ISC */
/*
 * The life of the lists: opened, brought to this version's schema, and kept
 * fit for lookups (lists_find.c) while others edit them.
 */

#include "policy/lists.h"

#include "policy/lists_inner.h"
#include "policy/lists_schema.h"
#include "util/xalloc.h"

/* ---- opening ---- */

static bool
read_number(struct lists_query *q, int64_t *ret_number)
{
	if (q == NULL || query_step(q) != QUERY_ROW)
		return false;
	*ret_number = query_number(q, 0);
	query_reset(q);
	return true;
}

/* Brings the schema to this version.  The version is read again inside the
 * transaction: another process may migrate at the same time. */
static bool
migrate(struct lists *lists, char *why)
{
	struct lists_query *q = lists_db_query(lists->db, "PRAGMA user_version");
	char set[64];
	int64_t version;

	if (!read_number(q, &version))
		return false;
	if (version > LISTS_SCHEMA_VERSION) {
		snprintf(why, LISTS_WHY_SIZE, "the lists have schema version "
		    "%lld, this program knows %lld; use a newer one",
		    (long long)version, (long long)LISTS_SCHEMA_VERSION);
		return false;
	}
	if (version == LISTS_SCHEMA_VERSION)
		return true;
	if (!lists_db_run(lists->db, "BEGIN IMMEDIATE") ||
	    !read_number(q, &version))
		return false;
	for (; version < LISTS_SCHEMA_VERSION; version++)
		if (!lists_db_run(lists->db, lists_schema[version]))
			return false;
	snprintf(set, sizeof set, "PRAGMA user_version = %lld",
	    (long long)LISTS_SCHEMA_VERSION);
	return lists_db_run(lists->db, set) && lists_db_run(lists->db, "COMMIT");
}

bool
lists_prepare(struct lists *lists, const struct lists_sql *queries,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*queries[i].query = lists_db_query(lists->db, queries[i].sql);
		if (*queries[i].query == NULL)
			return false;
	}
	return true;
}

static bool
prepare(struct lists *lists)
{
	const struct lists_sql queries[] = {
		{ &lists->data_version, "PRAGMA data_version" },
		{ &lists->begin, "BEGIN" },
		{ &lists->end, "COMMIT" },
		{ &lists->whitelisted, "SELECT 1 FROM whitelist_address "
		    "WHERE key = ?1 LIMIT 1" },
		{ &lists->domain, "SELECT name, transport FROM domain "
		    "WHERE name = ?1" },
		{ &lists->first_domain, "SELECT name, transport FROM domain "
		    "ORDER BY rowid LIMIT 1" },
		{ &lists->mailbox, "SELECT address, user, maildir, lmtp "
		    "FROM mailbox WHERE address = ?1" },
		{ &lists->first_mailbox, "SELECT address, user, maildir, lmtp "
		    "FROM mailbox WHERE domain = ?1 ORDER BY id LIMIT 1" },
		{ &lists->any_mailbox, "SELECT address, user, maildir, lmtp "
		    "FROM mailbox ORDER BY id LIMIT 1" },
		{ &lists->alias, "SELECT target FROM alias WHERE address = ?1" },
	};

	return lists_prepare(lists, queries,
	    sizeof queries / sizeof queries[0]) &&
	    lists_networks_prepare(lists) && lists_signs_prepare(lists) &&
	    lists_books_prepare(lists) &&
	    lists_gather_prepare(lists) && lists_edit_prepare(lists);
}

struct lists *
lists_open(const char *path, unsigned busy_ms, char why[static LISTS_WHY_SIZE])
{
	struct lists *lists = xcalloc(1, sizeof *lists);

	why[0] = '\0';
	lists->db = lists_db_open(path, busy_ms, why, LISTS_WHY_SIZE);
	if (lists->db == NULL)
		return lists_close(lists);
	if (!migrate(lists, why) || !prepare(lists)) {
		if (why[0] == '\0')
			snprintf(why, LISTS_WHY_SIZE, "%s: %s", path,
			    lists_db_why(lists->db));
		return lists_close(lists);
	}
	lists_changed(lists);
	return lists;
}

struct lists *
lists_close(struct lists *lists)
{
	if (lists != NULL)
		lists_db_close(lists->db);
	free(lists);
	return NULL;
}

const char *
lists_why(const struct lists *lists)
{
	return lists_db_why(lists->db);
}

bool
lists_changed(struct lists *lists)
{
	int64_t version;

	if (read_number(lists->data_version, &version) &&
	    version == lists->version)
		return false;
	/* Tried again at the next call unless all of it went well. */
	if (lists_networks_refresh(lists))
		lists->version = version;
	return true;
}
