/* SPDX-License-Identifier: ISC */
/* mx6ctl pushback and greenlist suggest: who was pushed back, who returned,
 * who guesses. */
#include <stdlib.h>
#include <unistd.h>

#include "policy/policy_admin_ipc.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"
#include "util/number.h"

#define COUNT(array)	(sizeof array / sizeof array[0])
#define LIST_ROWS	200	/* unless --limit says otherwise */

static const struct report_column pushback_columns[] = {
	{ "reference", "REFERENCE", REPORT_TEXT },
	{ "at", "PUSHED BACK", REPORT_TIME },
	{ "sender", "SENDER", REPORT_TEXT },
	{ "recipients", "RECIPIENTS", REPORT_TEXT },
	{ "network", "NETWORK", REPORT_TEXT },
	{ "authenticated", "AUTHENTICATED", REPORT_YESNO },
	{ "returned_at", "OVER IPV4", REPORT_TIME },
	{ "returned_as", "AS", REPORT_TEXT },
	{ "returned_from", "FROM", REPORT_TEXT },
	{ "same_name", "SAME NAME", REPORT_YESNO },
};

static const struct report_column sender_columns[] = {
	{ "sender", "SENDER", REPORT_TEXT },
	{ "network", "NETWORK", REPORT_TEXT },
	{ "pushed_back", "PUSHED BACK", REPORT_NUMBER },
	{ "returned", "RETURNED", REPORT_NUMBER },
	{ "lost", "LOST", REPORT_NUMBER },
	{ "delay_s", "DELAY", REPORT_SECONDS },
	{ "same_name", "SAME NAME", REPORT_NUMBER },
	{ "last_at", "LAST", REPORT_TIME },
};

static const struct report_column suggestion_columns[] = {
	{ "domain", "DOMAIN", REPORT_TEXT },
	{ "pushed_back", "PUSHED BACK", REPORT_NUMBER },
	{ "first_at", "FIRST", REPORT_TIME },
	{ "last_at", "LAST", REPORT_TIME },
	{ "accepted", "OVER IPV4", REPORT_NUMBER },
	{ "in_books", "IN BOOKS", REPORT_NUMBER },
};

static const struct report_column guesser_columns[] = {
	{ "network", "NETWORK", REPORT_TEXT },
	{ "messages", "MESSAGES", REPORT_NUMBER },
	{ "misses", "MISSES", REPORT_NUMBER },
	{ "first_at", "FIRST", REPORT_TIME },
	{ "last_at", "LAST", REPORT_TIME },
};

struct listing {
	const struct ctl	*ctl;
	enum ctl_exit		 ended;
};

/* The report of a listing, or NULL if there is nothing in it. */
static struct report *
begin(struct listing *l, enum ipc_status status, const uint32_t *count,
    const struct report_column *columns, size_t column_count)
{
	struct report *r;

	l->ended = ctl_answered(status);
	if (l->ended != CTL_DONE)
		return NULL;
	if (*count == 0)
		l->ended = CTL_NOTHING;
	if (*count == 0 && !l->ctl->json) {
		ctl_error("nothing of that kind is known");
		return NULL;
	}
	r = report_new(l->ctl->json);
	report_table(r, "rows", columns, column_count);
	return r;
}

static void
pushbacks_listed(void *arg, enum ipc_status status,
    const struct policy_admin_pushbacks_answer *answer)
{
	struct report *r = begin(arg, status, answer == NULL ? NULL :
	    &answer->rows_count, pushback_columns, COUNT(pushback_columns));

	for (uint32_t i = 0; r != NULL && i < answer->rows_count; i++) {
		const struct policy_admin_pushback *p = &answer->rows[i];

		report_text(r, p->message);
		report_number(r, p->at);
		report_text(r, p->sender[0] == '\0' ? "<>" : p->sender);
		report_text(r, p->recipients);
		report_text(r, p->network);
		report_number(r, p->authenticated);
		report_number(r, p->closed_at);
		report_text(r, p->closed_by);
		report_text(r, p->closed_from);
		report_number(r, p->same_helo);
	}
	if (r != NULL)
		report_end(r);
}

static void
senders_listed(void *arg, enum ipc_status status,
    const struct policy_admin_senders_answer *answer)
{
	struct report *r = begin(arg, status, answer == NULL ? NULL :
	    &answer->rows_count, sender_columns, COUNT(sender_columns));

	for (uint32_t i = 0; r != NULL && i < answer->rows_count; i++) {
		const struct policy_admin_sender *s = &answer->rows[i];

		report_text(r, s->sender[0] == '\0' ? "<>" : s->sender);
		report_text(r, s->network);
		report_number(r, s->pushed_back);
		report_number(r, s->returned);
		report_number(r, s->lost);
		report_number(r, s->delay_s);
		report_number(r, s->same_helo);
		report_number(r, s->last_at);
	}
	if (r != NULL)
		report_end(r);
}

static void
suggestions_listed(void *arg, enum ipc_status status,
    const struct policy_admin_suggest_answer *answer)
{
	struct report *r = begin(arg, status, answer == NULL ? NULL :
	    &answer->rows_count, suggestion_columns, COUNT(suggestion_columns));

	for (uint32_t i = 0; r != NULL && i < answer->rows_count; i++) {
		const struct policy_admin_suggestion *s = &answer->rows[i];

		report_text(r, s->domain);
		report_number(r, s->pushed_back);
		report_number(r, s->first_at);
		report_number(r, s->last_at);
		report_number(r, s->accepted);
		report_number(r, s->in_books);
	}
	if (r != NULL)
		report_end(r);
}

static void
guesses_listed(void *arg, enum ipc_status status,
    const struct policy_admin_guesses_answer *answer)
{
	struct report *r = begin(arg, status, answer == NULL ? NULL :
	    &answer->rows_count, guesser_columns, COUNT(guesser_columns));

	for (uint32_t i = 0; r != NULL && i < answer->rows_count; i++) {
		const struct policy_admin_guesser *g = &answer->rows[i];

		report_text(r, g->network);
		report_number(r, g->messages);
		report_number(r, g->misses);
		report_number(r, g->first_at);
		report_number(r, g->last_at);
	}
	if (r != NULL)
		report_end(r);
}

/* Reads --limit and connects to the policy process.  false: l->ended says
 * why not. */
static bool
start(struct ctl *ctl, struct listing *l, uint64_t *ret_limit, int *ret_fd)
{
	const char *text = ctl_value(&ctl->values, "--limit");

	l->ctl = ctl;
	l->ended = CTL_USAGE;
	*ret_limit = LIST_ROWS;
	if (text != NULL && !number_parse(text, 1, 5000, ret_limit)) {
		ctl_error("--limit \"%s\": a number from 1 to 5000", text);
		return false;
	}
	l->ended = ctl_connect(ctl, "policy", 0, ret_fd);
	return l->ended == CTL_DONE;
}

static enum ctl_exit
finish(const struct listing *l, int fd)
{
	close(fd);
	return l->ended;
}

enum ctl_exit
ctl_pushback_list(struct ctl *ctl)
{
	const char *filter = ctl_value(&ctl->values, "TEXT");
	struct policy_admin_pushbacks_ask ask = {
		.filter = filter == NULL ? "" : filter,
	};
	struct listing l;
	int fd;

	if (!start(ctl, &l, &ask.limit, &fd))
		return l.ended;
	policy_admin_pushbacks_wait(fd, &ask, CTL_TIMEOUT_MS,
	    pushbacks_listed, &l);
	return finish(&l, fd);
}

enum ctl_exit
ctl_pushback_senders(struct ctl *ctl)
{
	struct policy_admin_senders_ask ask;
	struct listing l;
	int fd;

	if (!start(ctl, &l, &ask.limit, &fd))
		return l.ended;
	policy_admin_senders_wait(fd, &ask, CTL_TIMEOUT_MS, senders_listed, &l);
	return finish(&l, fd);
}

enum ctl_exit
ctl_greenlist_suggest(struct ctl *ctl)
{
	struct policy_admin_suggest_ask ask;
	struct listing l;
	int fd;

	if (!start(ctl, &l, &ask.limit, &fd))
		return l.ended;
	policy_admin_suggest_wait(fd, &ask, CTL_TIMEOUT_MS,
	    suggestions_listed, &l);
	return finish(&l, fd);
}

enum ctl_exit
ctl_pushback_guesses(struct ctl *ctl)
{
	struct policy_admin_guesses_ask ask;
	struct listing l;
	int fd;

	if (!start(ctl, &l, &ask.limit, &fd))
		return l.ended;
	policy_admin_guesses_wait(fd, &ask, CTL_TIMEOUT_MS, guesses_listed, &l);
	return finish(&l, fd);
}
