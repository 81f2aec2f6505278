/* SPDX-License-Identifier: ISC */
/*
 * mx6ctl whitelist, domain, mailbox, alias, addressbook, greenlist, facts and
 * best-guess: the tables of policy/lists.h.  They are edited in the database
 * itself, so this works without the daemon too; a running one is told.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smtpd/control_ipc.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_lists.h"
#include "smtpd/ctl_report.h"
#include "util/number.h"
#include "util/xalloc.h"

#define BUSY_MS		5000

/* The names that the commands' syntax gives to the columns; NULL: a column
 * that no command sets. */
static const char *const arguments[LISTS_TABLES][LISTS_COLUMNS_MAX] = {
	[LISTS_WHITELIST] = { "NETWORK", "NOTE" },
	[LISTS_DOMAIN] = { "DOMAIN", "TRANSPORT" },
	[LISTS_MAILBOX] = { "ADDRESS", "--user", "MAILDIR", "--lmtp" },
	[LISTS_ALIAS] = { "ADDRESS", "TARGET" },
	[LISTS_WHITELIST_DOMAIN] = { "DOMAIN", "--subdomains", "--auth",
	    "NOTE" },
	[LISTS_ADDRESSBOOK] = { "ADDRESS", "SENDER" },
	[LISTS_OPT_OUT] = { "ADDRESS" },
	[LISTS_GREENLIST] = { "KIND", "VALUE", "NOTE" },
	[LISTS_BEST_GUESS] = { "DOMAIN", "RECORD" },
};

static const char *const headings[LISTS_TABLES][LISTS_COLUMNS_MAX] = {
	[LISTS_WHITELIST] = { "NETWORK", "NOTE" },
	[LISTS_DOMAIN] = { "DOMAIN", "TRANSPORT" },
	[LISTS_MAILBOX] = { "ADDRESS", "USER", "MAILDIR", "LMTP" },
	[LISTS_ALIAS] = { "ADDRESS", "TARGET" },
	[LISTS_WHITELIST_DOMAIN] = { "DOMAIN", "SUBDOMAINS", "AUTH", "NOTE" },
	[LISTS_ADDRESSBOOK] = { "RECIPIENT", "SENDER", "SOURCE", "COUNT",
	    "FIRST SEEN", "LAST SEEN" },
	[LISTS_OPT_OUT] = { "RECIPIENT" },
	[LISTS_GREENLIST] = { "KIND", "VALUE", "NOTE", "SOURCE", "EXPIRES" },
	[LISTS_DOMAIN_FACTS] = { "DOMAIN", "REGISTRAR", "WHOIS" },
	[LISTS_NETWORK_FACTS] = { "NETWORK", "AS", "WHOIS" },
	[LISTS_BEST_GUESS] = { "DOMAIN", "RECORD" },
};

struct lists *
ctl_lists_open(struct ctl *ctl)
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
void
ctl_lists_tell(struct ctl *ctl)
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
		ctl_lists_tell(ctl);
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

/* What the command line gives for a column; NULL if nothing. */
static const char *
given(struct ctl *ctl, size_t column)
{
	const char *name = arguments[ctl->what][column];
	const char *value = name == NULL ? NULL :
	    ctl_value(&ctl->values, name);

	/* The one column that is an option without a value. */
	return value != NULL && strcmp(name, "--subdomains") == 0 ? "yes" :
	    value;
}

/* How messages call a row: its key. */
static char *
name_of_row(enum lists_table table, const char *const *keys)
{
	return lists_key_count(table) == 2 && keys[1] != NULL ?
	    xasprintf("%s %s", keys[0], keys[1]) : xstrdup(keys[0]);
}

enum ctl_exit
ctl_list_add(struct ctl *ctl)
{
	enum lists_table table = (enum lists_table)ctl->what;
	size_t count = lists_column_count(table);
	const char *values[LISTS_COLUMNS_MAX];
	char why[LISTS_WHY_SIZE] = "";
	struct lists *lists = ctl_lists_open(ctl);
	enum lists_status status;
	enum ctl_exit ended;
	char *name;

	if (lists == NULL)
		return CTL_FAILED;
	for (size_t i = 0; i < count; i++) {
		values[i] = given(ctl, i);
		if (values[i] == NULL)
			values[i] = "";
	}
	status = lists_add(lists, table, values, count, why);
	lists_close(lists);
	name = name_of_row(table, values);
	ended = changed(ctl, status, why, name, "added");
	free(name);
	return ended;
}

enum ctl_exit
ctl_list_remove(struct ctl *ctl)
{
	enum lists_table table = (enum lists_table)ctl->what;
	const char *keys[2] = { given(ctl, 0),
	    lists_key_count(table) == 1 ? NULL : given(ctl, 1) };
	char why[LISTS_WHY_SIZE] = "";
	struct lists *lists = ctl_lists_open(ctl);
	enum lists_status status;
	enum ctl_exit ended;
	char *name;

	if (lists == NULL)
		return CTL_FAILED;
	status = lists_remove(lists, table, keys, keys[1] == NULL ? 1 : 2,
	    why);
	lists_close(lists);
	name = name_of_row(table, keys);
	ended = changed(ctl, status, why, name, "removed");
	free(name);
	return ended;
}

/* ---- list ---- */

struct listing {
	struct report		*report;
	struct report_column	 columns[LISTS_COLUMNS_MAX];
	uint64_t		 rows;
};

static bool
report_row(void *arg, const char *const *values, size_t count)
{
	struct listing *l = arg;
	uint64_t number;

	for (size_t i = 0; i < count; i++) {
		if (l->columns[i].kind != REPORT_NUMBER)
			report_text(l->report, values[i]);
		else if (number_parse(values[i], 0, UINT64_MAX, &number))
			report_number(l->report, number);
		else
			report_unknown(l->report);
	}
	l->rows++;
	return true;
}

static enum lists_status
list_table(struct lists *lists, enum lists_table table, const char *key,
    const char *filter, struct listing *l)
{
	size_t count = lists_column_count(table);

	for (size_t i = 0; i < count; i++) {
		const char *name = lists_column_name(table, i);

		l->columns[i] = (struct report_column){
			.key = name,
			.heading = headings[table][i],
			.kind = strcmp(name, "count") == 0 ||
			    strcmp(name, "asn") == 0 ? REPORT_NUMBER :
			    REPORT_TEXT,
		};
	}
	report_table(l->report, key, l->columns, count);
	return lists_each(lists, table, filter, report_row, l);
}

enum ctl_exit
ctl_list_show(struct ctl *ctl)
{
	enum lists_table table = (enum lists_table)ctl->what;
	const char *filter = ctl_value(&ctl->values, "TEXT");
	bool facts = table == LISTS_DOMAIN_FACTS;
	struct listing listing = { 0 };
	struct lists *lists = ctl_lists_open(ctl);
	enum lists_status status;

	if (lists == NULL)
		return CTL_FAILED;
	if (filter == NULL)
		filter = "";
	listing.report = report_new(ctl->json);
	status = list_table(lists, table, facts ? "domains" : "rows", filter,
	    &listing);
	if (facts && status != LISTS_TROUBLE)
		status = list_table(lists, LISTS_NETWORK_FACTS, "networks",
		    filter, &listing);
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
