/* SPDX-License-Identifier: ISC */
/*
 * The lists as mx6ctl edits them.  Each table is one row here: its columns,
 * how many of them are the key, and its statements; adding, removing and
 * listing are written once.
 */

#include "policy/lists_inner.h"
#include "policy/lists_values.h"

static const struct {
	const char	*name;
	struct {
		const char	*name;
		lists_value	*canonical;
	} columns[LISTS_COLUMNS_MAX];
	size_t		 count;
	size_t		 keys;		/* the first of the columns */
	const char	*add;
	const char	*remove;
	const char	*each;
} tables[LISTS_TABLES] = {
	[LISTS_WHITELIST] = { "whitelist",
	    { { "network", value_network }, { "note", value_note } }, 2, 1,
	    "INSERT INTO whitelist_address(network, note, key) "
	    "VALUES (?1, ?2, ?5) ON CONFLICT(network) DO NOTHING",
	    "DELETE FROM whitelist_address WHERE network = ?1 OR "
	    "(key <> x'' AND key = ?5)",
	    "SELECT network, note FROM whitelist_address WHERE ?1 = '' OR "
	    "instr(network, ?1) OR instr(note, ?1) ORDER BY network" },
	[LISTS_DOMAIN] = { "domain",
	    { { "name", value_domain }, { "transport", value_transport } },
	    2, 1,
	    "INSERT INTO domain(name, transport) VALUES (?1, ?2) "
	    "ON CONFLICT(name) DO NOTHING",
	    "DELETE FROM domain WHERE name = ?1",
	    "SELECT name, transport FROM domain WHERE ?1 = '' OR "
	    "instr(name, ?1) OR instr(transport, ?1) ORDER BY name" },
	[LISTS_MAILBOX] = { "mailbox",
	    { { "address", value_mailbox }, { "user", value_user },
	    { "maildir", value_path }, { "lmtp", value_lmtp } }, 4, 1,
	    "INSERT INTO mailbox(address, user, maildir, lmtp) "
	    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT(address) DO NOTHING",
	    "DELETE FROM mailbox WHERE address = ?1",
	    "SELECT address, user, maildir, lmtp FROM mailbox WHERE ?1 = '' "
	    "OR instr(address, ?1) OR instr(user, ?1) ORDER BY address" },
	[LISTS_ALIAS] = { "alias",
	    { { "address", value_alias }, { "target", value_target } }, 2, 2,
	    "INSERT INTO alias(address, target) VALUES (?1, ?2) "
	    "ON CONFLICT(address, target) DO NOTHING",
	    "DELETE FROM alias WHERE address = ?1 AND target = ?2",
	    "SELECT address, target FROM alias WHERE ?1 = '' OR "
	    "instr(address, ?1) OR instr(target, ?1) "
	    "ORDER BY address, target" },
};

const char *
lists_table_name(enum lists_table table)
{
	return tables[table].name;
}

size_t
lists_column_count(enum lists_table table)
{
	return tables[table].count;
}

const char *
lists_column_name(enum lists_table table, size_t column)
{
	return tables[table].columns[column].name;
}

bool
lists_edit_prepare(struct lists *lists)
{
	for (unsigned t = 0; t < LISTS_TABLES; t++) {
		lists->add[t] = lists_db_query(lists->db, tables[t].add);
		lists->remove[t] = lists_db_query(lists->db, tables[t].remove);
		lists->each[t] = lists_db_query(lists->db, tables[t].each);
		if (lists->add[t] == NULL || lists->remove[t] == NULL ||
		    lists->each[t] == NULL)
			return false;
	}
	lists->remove_alias = lists_db_query(lists->db,
	    "DELETE FROM alias WHERE address = ?1");
	return lists->remove_alias != NULL;
}

/* Binds one canonical value; for a network also its key, as KEY_PARAMETER. */
static void
bind_value(struct lists_query *q, enum lists_table table, size_t column,
    const char *value)
{
	uint8_t key[NETWORK_KEY_MAX];
	struct netblock block;

	query_bind_text(q, (int)column + 1, value);
	if (table == LISTS_WHITELIST && column == 0)
		query_bind_bytes(q, 5, key, netblock_parse(value, &block) ?
		    network_key(&block, key) : 0);
}

/* The value of a column, made canonical; false: why says what is wrong. */
static bool
canonical(enum lists_table table, size_t column, const char *text,
    char value[static LISTS_VALUE_SIZE], char *why)
{
	const char *right = tables[table].columns[column].canonical(text,
	    value);

	if (right != NULL)
		snprintf(why, LISTS_WHY_SIZE, "%s \"%.60s\" is not %s",
		    tables[table].columns[column].name, text, right);
	return right == NULL;
}

/* Runs q, which changes one row or none; `none` says what none means. */
static enum lists_status
change(struct lists *lists, struct lists_query *q, enum lists_status none,
    char *why)
{
	switch (query_step(q)) {
	case QUERY_DONE:
		break;
	case QUERY_REFUSED:
		snprintf(why, LISTS_WHY_SIZE, "%s", lists_why(lists));
		return LISTS_REFUSED;
	case QUERY_ROW:
	case QUERY_TROUBLE:
		snprintf(why, LISTS_WHY_SIZE, "%s", lists_why(lists));
		return LISTS_TROUBLE;
	}
	if (lists_db_changes(lists->db) > 0)
		return LISTS_OK;
	snprintf(why, LISTS_WHY_SIZE, none == LISTS_EXISTS ?
	    "it is there already" : "there is no such row");
	return none;
}

enum lists_status
lists_add(struct lists *lists, enum lists_table table,
    const char *const *values, size_t count, char why[static LISTS_WHY_SIZE])
{
	char value[LISTS_VALUE_SIZE];
	enum lists_status status;

	if (count > tables[table].count) {
		snprintf(why, LISTS_WHY_SIZE, "%zu values, but %s has %zu "
		    "columns", count, tables[table].name, tables[table].count);
		return LISTS_REFUSED;
	}
	for (size_t i = 0; i < tables[table].count; i++) {
		if (!canonical(table, i, i < count ? values[i] : "", value,
		    why))
			return LISTS_REFUSED;
		bind_value(lists->add[table], table, i, value);
	}
	status = change(lists, lists->add[table], LISTS_EXISTS, why);
	if (status == LISTS_OK && table == LISTS_WHITELIST)
		lists->version = 0;	/* a new prefix length, perhaps */
	return status;
}

enum lists_status
lists_remove(struct lists *lists, enum lists_table table,
    const char *const *keys, size_t count, char why[static LISTS_WHY_SIZE])
{
	struct lists_query *q = lists->remove[table];
	size_t wanted = tables[table].keys;
	char value[LISTS_VALUE_SIZE];

	if (table == LISTS_ALIAS && count == 1) {
		q = lists->remove_alias;
		wanted = 1;
	}
	if (count != wanted) {
		snprintf(why, LISTS_WHY_SIZE, "a row of %s is named by %zu "
		    "value%s", tables[table].name, wanted,
		    wanted == 1 ? "" : "s");
		return LISTS_REFUSED;
	}
	/* What is not canonical may still be there, typed by hand. */
	for (size_t i = 0; i < wanted; i++)
		bind_value(q, table, i, canonical(table, i, keys[i], value,
		    why) ? value : keys[i]);
	return change(lists, q, LISTS_ABSENT, why);
}

enum lists_status
lists_each(struct lists *lists, enum lists_table table, const char *filter,
    bool (*row)(void *arg, const char *const *values, size_t count), void *arg)
{
	struct lists_query *q = lists->each[table];
	const char *values[LISTS_COLUMNS_MAX];
	enum query_step step;

	query_bind_text(q, 1, filter);
	while ((step = query_step(q)) == QUERY_ROW) {
		for (size_t i = 0; i < tables[table].count; i++)
			values[i] = query_text(q, (int)i);
		if (!row(arg, values, tables[table].count)) {
			query_reset(q);
			return LISTS_OK;
		}
	}
	return step == QUERY_DONE ? LISTS_OK : LISTS_TROUBLE;
}
