/* SPDX-License-Identifier: ISC */
/*
 * The life of the lists: opened, brought to this version's schema, and kept
 * fit for lookups (lists_find.c) while others edit them.
 */

#include "policy/lists.h"

#include "policy/lists_inner.h"
#include "policy/lists_schema.h"
#include "util/xalloc.h"

size_t
network_key(const struct netblock *block, uint8_t key[static NETWORK_KEY_MAX])
{
	size_t n = block->addr.family == NETADDR_IPV6 ? 16 : 4;

	key[0] = block->addr.family;
	key[1] = block->prefix_bits;
	memcpy(key + 2, block->addr.bytes, n);
	return n + 2;
}

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

static bool
prepare(struct lists *lists)
{
	const struct {
		struct lists_query	**query;
		const char		 *sql;
	} queries[] = {
		{ &lists->data_version, "PRAGMA data_version" },
		{ &lists->begin, "BEGIN" },
		{ &lists->end, "COMMIT" },
		{ &lists->key_missing, "SELECT network FROM whitelist_address "
		    "WHERE key IS NULL LIMIT 1" },
		{ &lists->key_set, "UPDATE whitelist_address SET key = ?2 "
		    "WHERE network = ?1" },
		{ &lists->key_next, "SELECT key FROM whitelist_address "
		    "WHERE key > ?1 ORDER BY key LIMIT 1" },
		{ &lists->key_find, "SELECT 1 FROM whitelist_address "
		    "WHERE key = ?1 LIMIT 1" },
		{ &lists->misfits, "SELECT network FROM whitelist_address "
		    "WHERE key = x''" },
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

	for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
		*queries[i].query = lists_db_query(lists->db, queries[i].sql);
		if (*queries[i].query == NULL)
			return false;
	}
	return lists_edit_prepare(lists);
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

/* ---- what others have edited ---- */

/* Computes the keys of rows that were typed by hand. */
static bool
fill_keys(struct lists *lists)
{
	uint8_t key[NETWORK_KEY_MAX];
	struct netblock block;
	char network[LISTS_VALUE_SIZE];
	enum query_step step;

	for (;;) {
		step = query_step(lists->key_missing);
		if (step != QUERY_ROW)
			return step == QUERY_DONE;
		snprintf(network, sizeof network, "%s",
		    query_text(lists->key_missing, 0));
		query_reset(lists->key_missing);
		query_bind_text(lists->key_set, 1, network);
		query_bind_bytes(lists->key_set, 2, key,
		    netblock_parse(network, &block) ?
		    network_key(&block, key) : 0);
		if (query_step(lists->key_set) != QUERY_DONE ||
		    lists_db_changes(lists->db) == 0)
			return false;
	}
}

static bool
fill_missing_keys(struct lists *lists)
{
	enum query_step step = query_step(lists->key_missing);

	if (step != QUERY_ROW)
		return step == QUERY_DONE;
	query_reset(lists->key_missing);
	if (!lists_db_run(lists->db, "BEGIN IMMEDIATE"))
		return false;
	if (fill_keys(lists) && lists_db_run(lists->db, "COMMIT"))
		return true;
	lists_db_run(lists->db, "ROLLBACK");
	return false;
}

/* From one (family, bits) group of the index to the next. */
bool
lists_note_prefixes(struct lists *lists)
{
	uint8_t key[NETWORK_KEY_MAX] = { 0 };
	uint8_t lengths[2][129];
	size_t counts[2] = { 0, 0 };
	size_t key_size = 1, n;
	enum query_step step;

	for (;;) {
		const uint8_t *found;
		unsigned six;

		query_bind_bytes(lists->key_next, 1, key, key_size);
		step = query_step(lists->key_next);
		if (step != QUERY_ROW)
			break;
		found = query_bytes(lists->key_next, 0, &n);
		if (n != 6 && n != 18) {
			query_reset(lists->key_next);
			return false;
		}
		memset(key, 0xff, sizeof key);
		key_size = sizeof key;
		memcpy(key, found, 2);
		query_reset(lists->key_next);
		six = n == 18;
		if (key[1] > (six ? 128 : 32) ||
		    counts[six] == sizeof lengths[0])
			return false;
		lengths[six][counts[six]++] = key[1];
	}
	lists->bits4_count = counts[0];
	lists->bits6_count = counts[1];
	for (size_t i = 0; i < counts[0] && i < sizeof lists->bits4; i++)
		lists->bits4[i] = lengths[0][counts[0] - 1 - i];
	for (size_t i = 0; i < counts[1]; i++)
		lists->bits6[i] = lengths[1][counts[1] - 1 - i];
	return step == QUERY_DONE;
}

bool
lists_changed(struct lists *lists)
{
	int64_t version;

	if (read_number(lists->data_version, &version) &&
	    version == lists->version)
		return false;
	/* Tried again at the next call unless all of it went well. */
	if (fill_missing_keys(lists) && lists_note_prefixes(lists))
		lists->version = version;
	return true;
}

enum lists_status
lists_each_misfit(struct lists *lists,
    void (*misfit)(void *arg, const char *network), void *arg)
{
	enum query_step step;

	while ((step = query_step(lists->misfits)) == QUERY_ROW)
		misfit(arg, query_text(lists->misfits, 0));
	return step == QUERY_DONE ? LISTS_OK : LISTS_TROUBLE;
}
