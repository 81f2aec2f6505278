/* SPDX-License-Identifier: ISC */
/* mx6ctl: the lists from files and into files. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/csv.h"
#include "policy/lists_values.h"
#include "smtpd/ctl_lists.h"
#include "smtpd/ctl_report.h"
#include "util/buf.h"
#include "util/fdio.h"
#include "util/xalloc.h"

#define IMPORT_MAX	(1024UL * 1024 * 1024)

/* ---- import ---- */

/* All of standard input; NULL and errno. */
static char *
read_input(size_t *ret_size)
{
	char piece[65536];
	struct buf all;
	char *text;
	size_t n;

	buf_init(&all, IMPORT_MAX);
	while ((n = fread(piece, 1, sizeof piece, stdin)) > 0)
		buf_add(&all, piece, n);
	if (all.overflow)
		errno = EFBIG;
	text = ferror(stdin) || all.overflow ? NULL :
	    xmemdup(buf_bytes(&all), buf_len(&all));
	*ret_size = buf_len(&all);
	buf_done(&all);
	return text;
}

static char *
read_file(const char *file, size_t *ret_size)
{
	char *text = strcmp(file, "-") == 0 ? read_input(ret_size) :
	    fdio_read_file(file, IMPORT_MAX, ret_size);

	if (text == NULL)
		ctl_error("%s: %s", file, strerror(errno));
	return text;
}

static void
problem(void *arg, uint64_t line, const char *why)
{
	ctl_error("%s:%" PRIu64 ": %s", (const char *)arg, line, why);
}

static enum ctl_exit
imported(struct ctl *ctl, struct lists *lists, enum lists_status status,
    const struct lists_imported *n, const char *file)
{
	struct report *r;

	if (status == LISTS_TROUBLE) {
		ctl_error("%s", lists_why(lists));
		return CTL_FAILED;
	}
	if (status != LISTS_OK) {
		ctl_error("%s: %" PRIu64 " bad line%s, so nothing was "
		    "changed; mend them, or say --skip-bad", file, n->bad,
		    n->bad == 1 ? "" : "s");
		return CTL_FAILED;
	}
	ctl_lists_tell(ctl);
	r = report_new(ctl->json);
	report_fact(r, "added", "Added", REPORT_NUMBER, n->added);
	report_fact(r, "known", "There already", REPORT_NUMBER, n->known);
	if (n->own > 0)
		report_fact(r, "own", "In the user's own domain, passed over",
		    REPORT_NUMBER, n->own);
	report_fact(r, "bad", "Bad lines passed over", REPORT_NUMBER, n->bad);
	report_end(r);
	return CTL_DONE;
}

/* mailbox: NULL, or into whose addressbook the contacts go. */
static enum ctl_exit
import(struct ctl *ctl, const char *mailbox)
{
	const char *file = ctl_value(&ctl->values, "FILE");
	bool skip_bad = ctl_value(&ctl->values, "--skip-bad") != NULL;
	void *name = (void *)(uintptr_t)file;
	struct lists_imported counts = { 0 };
	enum ctl_exit ended = CTL_FAILED;
	enum lists_status status;
	struct lists *lists;
	size_t size;
	char *text;

	text = read_file(file, &size);
	lists = text == NULL ? NULL : ctl_lists_open(ctl);
	if (lists != NULL) {
		status = mailbox == NULL ?
		    lists_import(lists, (enum lists_table)ctl->what, text,
		    size, skip_bad, problem, name, &counts) :
		    lists_import_contacts(lists, mailbox, text, size,
		    skip_bad, problem, name, &counts);
		ended = imported(ctl, lists, status, &counts, file);
	}
	lists_close(lists);
	free(text);
	return ended;
}

enum ctl_exit
ctl_list_import(struct ctl *ctl)
{
	return import(ctl, NULL);
}

enum ctl_exit
ctl_book_import(struct ctl *ctl)
{
	const char *address = ctl_value(&ctl->values, "ADDRESS");
	char mailbox[LISTS_VALUE_SIZE];
	const char *right = value_mailbox(address, mailbox);

	if (right != NULL) {
		ctl_error("\"%s\" is not %s", address, right);
		return CTL_USAGE;
	}
	return import(ctl, mailbox);
}

/* ---- export ---- */

static bool
write_row(void *arg, const char *const *values, size_t count)
{
	uint64_t *rows = arg;

	csv_write(stdout, values, count);
	(*rows)++;
	return !ferror(stdout);
}

static enum lists_status
export(struct lists *lists, enum lists_table table, uint64_t *rows)
{
	const char *names[LISTS_COLUMNS_MAX];
	size_t count = lists_column_count(table);

	for (size_t i = 0; i < count; i++)
		names[i] = lists_column_name(table, i);
	csv_write(stdout, names, count);
	return lists_each(lists, table, "", write_row, rows);
}

enum ctl_exit
ctl_list_export(struct ctl *ctl)
{
	enum lists_table table = (enum lists_table)ctl->what;
	struct lists *lists = ctl_lists_open(ctl);
	enum lists_status status;
	uint64_t rows = 0;

	if (lists == NULL)
		return CTL_FAILED;
	status = export(lists, table, &rows);
	if (status != LISTS_TROUBLE && table == LISTS_DOMAIN_FACTS)
		status = export(lists, LISTS_NETWORK_FACTS, &rows);
	if (status == LISTS_TROUBLE)
		ctl_error("%s", lists_why(lists));
	lists_close(lists);
	return status == LISTS_TROUBLE ? CTL_FAILED :
	    rows == 0 ? CTL_NOTHING : CTL_DONE;
}
