/* SPDX-License-Identifier: ISC */
/* The lists as mx6ctl edits them: written once, for the tables of
 * lists_tables.c. */

#include "policy/lists_inner.h"

const char *
lists_table_name(enum lists_table table)
{
	return lists_tables[table].name;
}

size_t
lists_column_count(enum lists_table table)
{
	return lists_tables[table].count;
}

const char *
lists_column_name(enum lists_table table, size_t column)
{
	return lists_tables[table].columns[column].name;
}

size_t
lists_key_count(enum lists_table table)
{
	return lists_tables[table].keys;
}

bool
lists_edit_prepare(struct lists *lists)
{
	for (unsigned t = 0; t < LISTS_TABLES; t++) {
		const struct lists_table_spec *spec = &lists_tables[t];
		const struct lists_sql queries[] = {
			{ &lists->add[t], spec->add },
			{ &lists->remove[t], spec->remove },
			{ &lists->each[t], spec->each },
			{ &lists->remove_all[t], spec->remove_all },
		};

		if (!lists_prepare(lists, queries,
		    spec->remove_all == NULL ? 3 : 4))
			return false;
	}
	return true;
}

/* The first n columns in canonical form, missing texts as "".  false: why
 * says what is wrong. */
static bool
canonical(const struct lists_table_spec *spec, const char *const *texts,
    size_t count, size_t n, char (*values)[LISTS_VALUE_SIZE], char *why)
{
	const char *right;

	for (size_t i = n; i < spec->count; i++)
		values[i][0] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *text = i < count ? texts[i] : "";

		right = spec->columns[i].canonical(text, values[i]);
		if (right != NULL) {
			snprintf(why, LISTS_WHY_SIZE, "%s \"%.60s\" is not %s",
			    spec->columns[i].name, text, right);
			return false;
		}
	}
	right = spec->row == NULL || n < spec->keys ? NULL : spec->row(values);
	if (right != NULL)
		snprintf(why, LISTS_WHY_SIZE, "\"%.60s\" is not %s",
		    values[spec->keys - 1], right);
	return right == NULL;
}

static void
bind_value(struct lists_query *q, const struct lists_table_spec *spec,
    size_t column, const char *value)
{
	uint8_t key[NETWORK_KEY_MAX];
	struct netblock block;

	query_bind_text(q, (int)column + 1, value);
	if (spec->network == column + 1)
		query_bind_bytes(q, KEY_PARAMETER, key,
		    netblock_parse(value, &block) ?
		    network_key(&block, key) : 0);
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
	const struct lists_table_spec *spec = &lists_tables[table];
	char row[LISTS_COLUMNS_MAX][LISTS_VALUE_SIZE];
	enum lists_status status;

	if (count > spec->count) {
		snprintf(why, LISTS_WHY_SIZE, "%zu values, but %s has %zu "
		    "columns", count, spec->name, spec->count);
		return LISTS_REFUSED;
	}
	if (!canonical(spec, values, count, spec->count, row, why))
		return LISTS_REFUSED;
	for (size_t i = 0; i < spec->count; i++)
		bind_value(lists->add[table], spec, i, row[i]);
	status = change(lists, lists->add[table], LISTS_EXISTS, why);
	if (status == LISTS_OK && spec->network != 0)
		lists->version = 0;	/* a new prefix length, perhaps */
	return status;
}

enum lists_status
lists_remove(struct lists *lists, enum lists_table table,
    const char *const *keys, size_t count, char why[static LISTS_WHY_SIZE])
{
	const struct lists_table_spec *spec = &lists_tables[table];
	char values[LISTS_COLUMNS_MAX][LISTS_VALUE_SIZE];
	struct lists_query *q = lists->remove[table];
	size_t wanted = spec->keys;
	bool found;

	if (spec->remove_all != NULL && count == 1) {
		q = lists->remove_all[table];
		wanted = 1;
	}
	if (count != wanted) {
		snprintf(why, LISTS_WHY_SIZE, "a row of %s is named by %zu "
		    "value%s", spec->name, wanted, wanted == 1 ? "" : "s");
		return LISTS_REFUSED;
	}
	/* What is not canonical may still be there, typed by hand. */
	found = canonical(spec, keys, count, wanted, values, why);
	for (size_t i = 0; i < wanted; i++)
		bind_value(q, spec, i, found ? values[i] : keys[i]);
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
		for (size_t i = 0; i < lists_tables[table].count; i++)
			values[i] = query_text(q, (int)i);
		if (!row(arg, values, lists_tables[table].count)) {
			query_reset(q);
			return LISTS_OK;
		}
	}
	return step == QUERY_DONE ? LISTS_OK : LISTS_TROUBLE;
}
