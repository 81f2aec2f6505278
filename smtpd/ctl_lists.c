/* SPDX-License-Identifier: ISC */
/*
 * mx6ctl whitelist, domain, mailbox and alias: the tables of policy/lists.h.
 * They are edited in the database itself, so this works without the daemon
 * too; a running one is told.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/lists.h"
#include "smtpd/control_ipc.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"
#include "util/buf.h"
#include "util/fdio.h"
#include "util/xalloc.h"

#define BUSY_MS		5000
#define IMPORT_MAX	(1024UL * 1024 * 1024)

/* The names that the commands' syntax gives to the columns. */
static const char *const arguments[LISTS_TABLES][LISTS_COLUMNS_MAX] = {
	[LISTS_WHITELIST] = { "NETWORK", "NOTE" },
	[LISTS_DOMAIN] = { "DOMAIN", "TRANSPORT" },
	[LISTS_MAILBOX] = { "ADDRESS", "--user", "MAILDIR", "--lmtp" },
	[LISTS_ALIAS] = { "ADDRESS", "TARGET" },
};

static const char *const headings[LISTS_TABLES][LISTS_COLUMNS_MAX] = {
	[LISTS_WHITELIST] = { "NETWORK", "NOTE" },
	[LISTS_DOMAIN] = { "DOMAIN", "TRANSPORT" },
	[LISTS_MAILBOX] = { "ADDRESS", "USER", "MAILDIR", "LMTP" },
	[LISTS_ALIAS] = { "ADDRESS", "TARGET" },
};

static struct lists *
open_lists(struct ctl *ctl)
{
	const struct config *config = ctl_config(ctl);
	char why[LISTS_WHY_SIZE];
	struct lists *lists;
	char *path;

	if (config == NULL)
		return NULL;
	path = xasprintf("%s/" LISTS_FILE, config->state_directory);
	lists = lists_open(path, BUSY_MS, why);
	if (lists == NULL && access(path, F_OK) == -1 && errno == EACCES)
		ctl_error("%s: %s; run mx6ctl as root, or as the user who "
		    "started mx6d", path, strerror(errno));
	else if (lists == NULL)
		ctl_error("%s", why);
	free(path);
	return lists;
}

static void
told(void *arg, enum ipc_status status,
    const struct control_lists_changed_answer *answer)
{
	(void)arg;
	(void)status;
	(void)answer;
}

/* A daemon that does not run, or that we may not speak to, looks for
 * changes itself: it is only told to look now. */
static void
tell_daemon(struct ctl *ctl)
{
	struct control_lists_changed_ask ask = { 0 };
	int fd;

	if (ctl_control_quietly(ctl, &fd))
		control_lists_changed_wait(fd, &ask, CTL_TIMEOUT_MS, told,
		    NULL);
}

/* What a command that changed one row says in the end. */
static enum ctl_exit
changed(struct ctl *ctl, enum lists_status status, const char *why,
    const char *key, const char *done)
{
	enum lists_table table = (enum lists_table)ctl->what;
	enum ctl_exit ended = CTL_FAILED;
	struct report *r;

	switch (status) {
	case LISTS_OK:
		tell_daemon(ctl);
		r = report_new(ctl->json);
		if (ctl->json)
			report_fact_text(r, "result", "", done);
		report_say(r, "%s %s: %s.", lists_table_name(table), key,
		    done);
		report_end(r);
		return CTL_DONE;
	case LISTS_ABSENT:
		ended = CTL_NOTHING;
		break;
	case LISTS_REFUSED:
		ended = CTL_USAGE;
		break;
	case LISTS_EXISTS:
	case LISTS_TROUBLE:
		break;
	}
	ctl_error("%s %s: %s", lists_table_name(table), key, why);
	return ended;
}

enum ctl_exit
ctl_list_add(struct ctl *ctl)
{
	enum lists_table table = (enum lists_table)ctl->what;
	size_t count = lists_column_count(table);
	const char *values[LISTS_COLUMNS_MAX];
	char why[LISTS_WHY_SIZE] = "";
	struct lists *lists = open_lists(ctl);
	enum lists_status status;

	if (lists == NULL)
		return CTL_FAILED;
	for (size_t i = 0; i < count; i++) {
		values[i] = ctl_value(&ctl->values, arguments[table][i]);
		if (values[i] == NULL)
			values[i] = "";
	}
	status = lists_add(lists, table, values, count, why);
	lists_close(lists);
	return changed(ctl, status, why, values[0], "added");
}

enum ctl_exit
ctl_list_remove(struct ctl *ctl)
{
	enum lists_table table = (enum lists_table)ctl->what;
	const char *keys[2] = {
		ctl_value(&ctl->values, arguments[table][0]),
		table != LISTS_ALIAS ? NULL :
		    ctl_value(&ctl->values, arguments[table][1]),
	};
	char why[LISTS_WHY_SIZE] = "";
	struct lists *lists = open_lists(ctl);
	enum lists_status status;

	if (lists == NULL)
		return CTL_FAILED;
	status = lists_remove(lists, table, keys, keys[1] == NULL ? 1 : 2,
	    why);
	lists_close(lists);
	return changed(ctl, status, why, keys[0], "removed");
}

/* ---- list ---- */

struct listing {
	struct report	*report;
	uint64_t	 rows;
};

static bool
report_row(void *arg, const char *const *values, size_t count)
{
	struct listing *l = arg;

	for (size_t i = 0; i < count; i++)
		report_text(l->report, values[i]);
	l->rows++;
	return true;
}

enum ctl_exit
ctl_list_show(struct ctl *ctl)
{
	enum lists_table table = (enum lists_table)ctl->what;
	const char *filter = ctl_value(&ctl->values, "TEXT");
	struct report_column columns[LISTS_COLUMNS_MAX];
	struct listing listing = { 0 };
	struct lists *lists = open_lists(ctl);
	enum lists_status status;

	if (lists == NULL)
		return CTL_FAILED;
	for (size_t i = 0; i < lists_column_count(table); i++)
		columns[i] = (struct report_column){
			.key = lists_column_name(table, i),
			.heading = headings[table][i],
		};
	listing.report = report_new(ctl->json);
	report_table(listing.report, "rows", columns,
	    lists_column_count(table));
	status = lists_each(lists, table, filter == NULL ? "" : filter,
	    report_row, &listing);
	report_end(listing.report);
	if (status == LISTS_TROUBLE)
		ctl_error("%s", lists_why(lists));
	lists_close(lists);
	if (status == LISTS_TROUBLE)
		return CTL_FAILED;
	if (listing.rows > 0)
		return CTL_DONE;
	if (!ctl->json)
		ctl_error("%s: no rows", lists_table_name(table));
	return CTL_NOTHING;
}

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

static void
problem(void *arg, uint64_t line, const char *why)
{
	ctl_error("%s:%" PRIu64 ": %s", (const char *)arg, line, why);
}

static enum ctl_exit
imported(struct ctl *ctl, enum lists_status status,
    const struct lists_imported *n, const char *file)
{
	struct report *r;

	if (status != LISTS_OK) {
		ctl_error("%s: %" PRIu64 " bad line%s, so nothing was "
		    "changed; mend them, or say --skip-bad", file, n->bad,
		    n->bad == 1 ? "" : "s");
		return CTL_FAILED;
	}
	tell_daemon(ctl);
	r = report_new(ctl->json);
	report_fact(r, "added", "Added", REPORT_NUMBER, n->added);
	report_fact(r, "known", "There already", REPORT_NUMBER, n->known);
	report_fact(r, "bad", "Bad lines passed over", REPORT_NUMBER, n->bad);
	report_end(r);
	return CTL_DONE;
}

enum ctl_exit
ctl_list_import(struct ctl *ctl)
{
	const char *file = ctl_value(&ctl->values, "FILE");
	bool skip_bad = ctl_value(&ctl->values, "--skip-bad") != NULL;
	struct lists_imported counts = { 0 };
	struct lists *lists;
	enum lists_status status;
	enum ctl_exit ended;
	size_t size;
	char *text;

	text = strcmp(file, "-") == 0 ? read_input(&size) :
	    fdio_read_file(file, IMPORT_MAX, &size);
	if (text == NULL) {
		ctl_error("%s: %s", file, strerror(errno));
		return CTL_FAILED;
	}
	lists = open_lists(ctl);
	if (lists == NULL) {
		free(text);
		return CTL_FAILED;
	}
	status = lists_import(lists, (enum lists_table)ctl->what, text, size,
	    skip_bad, problem, (void *)(uintptr_t)file, &counts);
	if (status == LISTS_TROUBLE) {
		ctl_error("%s", lists_why(lists));
		ended = CTL_FAILED;
	} else
		ended = imported(ctl, status, &counts, file);
	lists_close(lists);
	free(text);
	return ended;
}
