/* SPDX-License-Identifier: ISC */
/*
 * Tables of networks.  A row is found by equality: an address is cut to each
 * prefix length that occurs in the table, longest first, and looked up in an
 * index of (family, bits, address) keys.  A table has a handful of lengths,
 * so a lookup is a handful of index probes whatever the number of rows.
 */

#include <assert.h>

#include "policy/lists_inner.h"
#include "util/number.h"

/* ?1 of next: the last key; of set: the row and its key. */
static const struct {
	const char	*missing;
	const char	*set;
	const char	*next;
	const char	*misfits;
} tables[NETWORKS] = {
	[NETWORKS_WHITELIST] = {
	    "SELECT rowid, network FROM whitelist_address "
	    "WHERE key IS NULL LIMIT 1",
	    "UPDATE whitelist_address SET key = ?2 WHERE rowid = ?1",
	    "SELECT key FROM whitelist_address "
	    "WHERE key > ?1 ORDER BY key LIMIT 1",
	    "SELECT network FROM whitelist_address WHERE key = x''" },
	[NETWORKS_GREEN] = {
	    "SELECT rowid, CASE WHEN kind IN ('network', 'forwarder') "
	    "THEN value ELSE '' END FROM greenlist "
	    "WHERE key IS NULL LIMIT 1",
	    "UPDATE greenlist SET key = ?2 WHERE rowid = ?1",
	    "SELECT key FROM greenlist WHERE key > ?1 ORDER BY key LIMIT 1",
	    "SELECT value FROM greenlist WHERE kind = 'network' AND "
	    "key = x''" },
	[NETWORKS_FACTS] = {
	    "SELECT rowid, network FROM network_facts "
	    "WHERE key IS NULL LIMIT 1",
	    "UPDATE network_facts SET key = ?2 WHERE rowid = ?1",
	    "SELECT key FROM network_facts "
	    "WHERE key > ?1 ORDER BY key LIMIT 1",
	    "SELECT network FROM network_facts WHERE key = x''" },
};

size_t
network_key(const struct netblock *block, uint8_t key[static NETWORK_KEY_MAX])
{
	size_t n = block->addr.family == NETADDR_IPV6 ? 16 : 4;

	key[0] = block->addr.family;
	key[1] = block->prefix_bits;
	memcpy(key + 2, block->addr.bytes, n);
	return n + 2;
}

bool
lists_networks_prepare(struct lists *lists)
{
	for (size_t t = 0; t < NETWORKS; t++) {
		struct lists_network_index *x = &lists->networks[t];
		const struct lists_sql queries[] = {
			{ &x->missing, tables[t].missing },
			{ &x->set, tables[t].set },
			{ &x->next, tables[t].next },
			{ &x->misfits, tables[t].misfits },
		};

		if (!lists_prepare(lists, queries,
		    sizeof queries / sizeof queries[0]))
			return false;
	}
	return true;
}

/* ---- rows typed by hand ---- */

/* false: no row was left without a key, or an error (*ret_ok). */
static bool
fill_one(struct lists *lists, struct lists_network_index *x, bool *ret_ok)
{
	enum query_step step = query_step(x->missing);
	uint8_t key[NETWORK_KEY_MAX];
	char network[LISTS_VALUE_SIZE];
	struct netblock block;

	*ret_ok = step == QUERY_DONE;
	if (step != QUERY_ROW)
		return false;
	query_bind_number(x->set, 1, query_number(x->missing, 0));
	snprintf(network, sizeof network, "%s", query_text(x->missing, 1));
	query_reset(x->missing);
	query_bind_bytes(x->set, 2, key, netblock_parse(network, &block) ?
	    network_key(&block, key) : 0);
	return query_step(x->set) == QUERY_DONE &&
	    lists_db_changes(lists->db) > 0;
}

static bool
fill_missing(struct lists *lists, struct lists_network_index *x)
{
	enum query_step step = query_step(x->missing);
	bool ok;

	if (step != QUERY_ROW)
		return step == QUERY_DONE;
	query_reset(x->missing);
	if (!lists_db_run(lists->db, "BEGIN IMMEDIATE"))
		return false;
	while (fill_one(lists, x, &ok))
		;
	if (ok && lists_db_run(lists->db, "COMMIT"))
		return true;
	lists_db_run(lists->db, "ROLLBACK");
	return false;
}

/* ---- prefix lengths ---- */

/* From one (family, bits) group of the index to the next. */
static bool
note_prefixes(struct lists_network_index *x)
{
	uint8_t key[NETWORK_KEY_MAX] = { 0 };
	uint8_t lengths[2][129];
	size_t counts[2] = { 0, 0 };
	size_t key_size = 1, n;
	enum query_step step;

	for (;;) {
		const uint8_t *found;
		unsigned six;

		query_bind_bytes(x->next, 1, key, key_size);
		step = query_step(x->next);
		if (step != QUERY_ROW)
			break;
		found = query_bytes(x->next, 0, &n);
		if (n != 6 && n != 18) {
			query_reset(x->next);
			return false;
		}
		memset(key, 0xff, sizeof key);
		key_size = sizeof key;
		memcpy(key, found, 2);
		query_reset(x->next);
		six = n == 18;
		if (key[1] > (six ? 128 : 32) ||
		    counts[six] == sizeof lengths[0])
			return false;
		lengths[six][counts[six]++] = key[1];
	}
	x->bits4_count = counts[0];
	x->bits6_count = counts[1];
	for (size_t i = 0; i < counts[0] && i < sizeof x->bits4; i++)
		x->bits4[i] = lengths[0][counts[0] - 1 - i];
	for (size_t i = 0; i < counts[1]; i++)
		x->bits6[i] = lengths[1][counts[1] - 1 - i];
	return step == QUERY_DONE;
}

bool
lists_networks_refresh(struct lists *lists)
{
	bool ok = true;

	for (size_t t = 0; t < NETWORKS; t++)
		ok = fill_missing(lists, &lists->networks[t]) &&
		    note_prefixes(&lists->networks[t]) && ok;
	return ok;
}

enum lists_status
lists_each_misfit(struct lists *lists,
    void (*misfit)(void *arg, const char *network), void *arg)
{
	enum query_step step = QUERY_DONE;

	for (size_t t = 0; t < NETWORKS && step == QUERY_DONE; t++) {
		struct lists_query *q = lists->networks[t].misfits;

		while ((step = query_step(q)) == QUERY_ROW)
			misfit(arg, query_text(q, 0));
	}
	return step == QUERY_DONE ? LISTS_OK : LISTS_TROUBLE;
}

/* ---- lookups ---- */

enum lists_status
lists_networks_find(struct lists *lists, enum lists_networks table,
    struct lists_query *find, const struct netaddr *addr)
{
	const struct lists_network_index *x = &lists->networks[table];
	bool six = netaddr_is_ipv6(addr);
	const uint8_t *bits = six ? x->bits6 : x->bits4;
	size_t count = six ? x->bits6_count : x->bits4_count;
	enum query_step step = QUERY_DONE;

	if (addr->family == NETADDR_NONE || count == 0)
		return LISTS_ABSENT;
	lists_begin(lists);
	for (size_t i = 0; i < count && step == QUERY_DONE; i++) {
		struct netblock block = netblock_of(addr, bits[i]);
		uint8_t key[NETWORK_KEY_MAX];

		query_bind_bytes(find, 1, key, network_key(&block, key));
		step = query_step(find);
	}
	lists_end(lists);
	return step == QUERY_ROW ? LISTS_OK :
	    step == QUERY_DONE ? LISTS_ABSENT : LISTS_TROUBLE;
}
