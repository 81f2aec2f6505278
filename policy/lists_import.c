/* SPDX-License-Identifier: ISC */
/* Whole files of rows, in one transaction: all of them or none. */

#include <strings.h>

#include "policy/csv.h"
#include "policy/lists_inner.h"

/* The columns' own names, in order.  One alone could be a row, too, unless
 * it is the first. */
static bool
is_heading(const struct csv *csv, enum lists_table table, bool first)
{
	if (csv->count < (first ? 1u : 2u) ||
	    csv->count > lists_column_count(table))
		return false;
	for (size_t i = 0; i < csv->count; i++)
		if (strcasecmp(csv->fields[i],
		    lists_column_name(table, i)) != 0)
			return false;
	return true;
}

/* Facts come as one file: what a row is about says which table it is for. */
static enum lists_table
table_of(enum lists_table table, const struct csv *csv)
{
	struct netblock block;

	if (table != LISTS_DOMAIN_FACTS || csv->fault != NULL ||
	    csv->count == 0)
		return table;
	return netblock_parse(csv->fields[0], &block) ||
	    strcasecmp(csv->fields[0], "network") == 0 ?
	    LISTS_NETWORK_FACTS : LISTS_DOMAIN_FACTS;
}

/* false: the database failed, there is no point in going on. */
static bool
import_record(struct lists *lists, enum lists_table table,
    const struct csv *csv, char *why, struct lists_imported *imported)
{
	why[0] = '\0';
	if (csv->fault != NULL) {
		snprintf(why, LISTS_WHY_SIZE, "%s", csv->fault);
		imported->bad++;
		return true;
	}
	switch (lists_add(lists, table, csv->fields, csv->count, why)) {
	case LISTS_OK:
		imported->added++;
		why[0] = '\0';
		return true;
	case LISTS_EXISTS:
		imported->known++;
		why[0] = '\0';
		return true;
	case LISTS_ABSENT:
	case LISTS_REFUSED:
		imported->bad++;
		return true;
	case LISTS_TROUBLE:
		return false;
	}
	abort();
}

static enum lists_status
import_all(struct lists *lists, enum lists_table table, struct csv *csv,
    void (*problem)(void *arg, uint64_t line, const char *why), void *arg,
    struct lists_imported *imported)
{
	char why[LISTS_WHY_SIZE];
	bool first = true;

	for (; csv_next(csv); first = false) {
		enum lists_table for_row = table_of(table, csv);

		if (csv->fault == NULL && is_heading(csv, for_row, first))
			continue;
		if (!import_record(lists, for_row, csv, why, imported))
			return LISTS_TROUBLE;
		if (why[0] != '\0')
			problem(arg, csv->line, why);
	}
	return LISTS_OK;
}

bool
lists_import_begin(struct lists *lists)
{
	/* Without cache_spill the daemon can read until the commit. */
	return lists_db_run(lists->db, "PRAGMA cache_spill = 0; "
	    "BEGIN IMMEDIATE");
}

enum lists_status
lists_import_end(struct lists *lists, enum lists_status status,
    const struct lists_imported *imported, bool skip_bad)
{
	if (status == LISTS_OK && imported->bad > 0 && !skip_bad)
		status = LISTS_REFUSED;
	if (status == LISTS_OK && !lists_db_run(lists->db, "COMMIT"))
		status = LISTS_TROUBLE;
	if (status != LISTS_OK)
		lists_db_run(lists->db, "ROLLBACK");
	return status;
}

enum lists_status
lists_import(struct lists *lists, enum lists_table table, const char *text,
    size_t n, bool skip_bad,
    void (*problem)(void *arg, uint64_t line, const char *why), void *arg,
    struct lists_imported *ret_imported)
{
	struct lists_imported imported = { 0 };
	enum lists_status status;
	struct csv csv;

	if (!lists_import_begin(lists))
		return LISTS_TROUBLE;
	csv_init(&csv, text, n);
	status = import_all(lists, table, &csv, problem, arg, &imported);
	status = lists_import_end(lists, status, &imported, skip_bad);
	if (status != LISTS_TROUBLE)
		*ret_imported = imported;
	return status;
}
