/* SPDX-License-Identifier: ISC */
/* mx6ctl queue: what waits, why, and what to do with it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "queue/queue_admin_ipc.h"
#include "queue/queue_words.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"
#include "util/number.h"
#include "util/xalloc.h"

#define PAGE_ROWS	500
#define LIST_ROWS	1000	/* unless --limit says otherwise */

static const struct report_column row_columns[] = {
	{ "message", "MESSAGE", REPORT_TEXT },
	{ "recipient", "RECIPIENT", REPORT_TEXT },
	{ "sender", "SENDER", REPORT_TEXT },
	{ "destination", "DESTINATION", REPORT_TEXT },
	{ "state", "STATE", REPORT_TEXT },
	{ "age_s", "AGE", REPORT_SECONDS },
	{ "due_at", "NEXT TRY", REPORT_TIME },
	{ "attempts", "TRIES", REPORT_NUMBER },
	{ "size_bytes", "SIZE", REPORT_BYTES },
	{ "pushed_back", "PUSHED BACK", REPORT_YESNO },
	{ "last", "LAST REPLY", REPORT_TEXT },
};

#define COUNT(array)	(sizeof array / sizeof array[0])

static const char *const state_names[] = {
	[STATE_ANY] = "any",
	[STATE_WAITING] = "waiting",
	[STATE_ACTIVE] = "active",
	[STATE_HELD] = "held",
	[STATE_DAMAGED] = "damaged",
};

static const char *
state_name(uint32_t state)
{
	return state < COUNT(state_names) ? state_names[state] : "?";
}

/* The filters that list and the actions have in common. */
struct filter {
	const char	*message;
	const char	*sender;
	const char	*domain;
	uint32_t	 state;
};

static const char *
or_empty(const char *value)
{
	return value == NULL ? "" : value;
}

static bool
read_filter(const struct ctl *ctl, struct filter *ret_filter)
{
	const char *state = ctl_value(&ctl->values, "--state");
	struct filter f = {
		.message = or_empty(ctl_value(&ctl->values, "ID")),
		.sender = or_empty(ctl_value(&ctl->values, "--sender")),
		.domain = or_empty(ctl_value(&ctl->values, "--domain")),
	};

	if (state != NULL) {
		for (f.state = 0; f.state < COUNT(state_names); f.state++)
			if (strcmp(state, state_names[f.state]) == 0)
				break;
		if (f.state == COUNT(state_names)) {
			ctl_error("there is no state \"%s\": waiting, active, "
			    "held or damaged", state);
			return false;
		}
	}
	*ret_filter = f;
	return true;
}

/* ---- list ---- */

struct page {
	struct report	*report;
	enum ctl_exit	 ended;
	char		*after_message;		/* where the next page begins */
	uint64_t	 after_recipient;
	uint64_t	 rows;			/* so far */
	bool		 more;
};

static uint64_t
age_of(uint64_t arrived_ms)
{
	uint64_t now = (uint64_t)time(NULL), then = arrived_ms / 1000;

	return then == 0 || then > now ? 0 : now - then;
}

static void
report_row(struct report *r, const struct queue_admin_row *row)
{
	report_text(r, row->message);
	report_text(r, row->address);
	report_text(r, *row->sender == '\0' ? "<>" : row->sender);
	report_text(r, row->destination);
	report_text(r, state_name(row->state));
	report_number(r, age_of(row->arrived_ms));
	report_number(r, row->due_at);
	report_number(r, row->attempts);
	report_number(r, row->size_bytes);
	report_number(r, row->pushed_back);
	report_text(r, row->last);
}

static void
listed(void *arg, enum ipc_status status,
    const struct queue_admin_list_answer *answer)
{
	struct page *p = arg;

	p->ended = ctl_answered(status);
	if (p->ended != CTL_DONE)
		return;
	for (uint32_t i = 0; i < answer->rows_count; i++)
		report_row(p->report, &answer->rows[i]);
	p->rows += answer->rows_count;
	p->more = answer->more && answer->rows_count > 0;
	if (answer->rows_count == 0)
		return;
	free(p->after_message);
	p->after_message = xstrdup(
	    answer->rows[answer->rows_count - 1].message);
	p->after_recipient = answer->rows[answer->rows_count - 1].recipient;
}

static void
list_pages(int fd, const struct filter *f, uint64_t limit, struct page *p)
{
	do {
		uint64_t left = limit - p->rows;
		struct queue_admin_list_ask ask = {
			.after_message = or_empty(p->after_message),
			.after_recipient = p->after_recipient,
			.limit = left < PAGE_ROWS ? (uint32_t)left : PAGE_ROWS,
			.message = f->message,
			.sender = f->sender,
			.domain = f->domain,
			.state = f->state,
		};

		queue_admin_list_wait(fd, &ask, CTL_TIMEOUT_MS, listed, p);
	} while (p->ended == CTL_DONE && p->more && p->rows < limit);
}

static enum ctl_exit
end_list(const struct ctl *ctl, struct page *p, bool filtered)
{
	if (ctl->json)
		report_fact(p->report, "more", "", REPORT_YESNO, p->more);
	else if (p->more)
		report_say(p->report, "More than %" PRIu64 " rows: --limit "
		    "shows more, filters show fewer.", p->rows);
	report_end(p->report);
	free(p->after_message);
	if (p->ended != CTL_DONE || p->rows > 0)
		return p->ended;
	if (!ctl->json)
		ctl_error(filtered ? "nothing in the queue matches" :
		    "the queue is empty");
	return CTL_NOTHING;
}

enum ctl_exit
ctl_queue_list(struct ctl *ctl)
{
	const char *limit_text = ctl_value(&ctl->values, "--limit");
	uint64_t limit = LIST_ROWS;
	struct page p = { .ended = CTL_DONE };
	struct filter f;
	int fd;

	if (limit_text != NULL &&
	    !number_parse(limit_text, 1, UINT32_MAX, &limit)) {
		ctl_error("--limit %s: a number of rows, at least 1",
		    limit_text);
		return CTL_USAGE;
	}
	if (!read_filter(ctl, &f))
		return CTL_USAGE;
	p.ended = ctl_connect(ctl, "queue", 0, &fd);
	if (p.ended != CTL_DONE)
		return p.ended;
	p.report = report_new(ctl->json);
	report_table(p.report, "rows", row_columns, COUNT(row_columns));
	list_pages(fd, &f, limit, &p);
	close(fd);
	return end_list(ctl, &p, *f.message != '\0' || *f.sender != '\0' ||
	    *f.domain != '\0' || f.state != 0);
}

/* ---- show ---- */

struct showing {
	const struct ctl	*ctl;
	const char		*id;
	enum ctl_exit		 ended;
};

static void
report_shown(const struct showing *s, const struct queue_admin_show_answer *a)
{
	struct report *r = report_new(s->ctl->json);
	char peer[NETADDR_TEXT_SIZE];

	report_fact_text(r, "message", "Message", s->id);
	report_fact_text(r, "sender", "Sender",
	    *a->sender == '\0' ? "<>" : a->sender);
	report_fact_text(r, "session", "Session", a->session);
	report_fact_text(r, "peer", "Client", netaddr_format(&a->peer, peer));
	report_fact_text(r, "helo", "Called itself", a->helo);
	report_fact(r, "arrived_at", "Arrived", REPORT_TIME,
	    a->arrived_ms / 1000);
	report_fact(r, "expires_at", "Given up", REPORT_TIME, a->expires_at);
	report_fact(r, "size_bytes", "Size", REPORT_BYTES, a->size_bytes);
	report_table(r, "recipients", row_columns, COUNT(row_columns));
	for (uint32_t i = 0; i < a->rows_count; i++)
		report_row(r, &a->rows[i]);
	report_lines(r, "content", a->content.data, a->content.size);
	report_end(r);
}

static void
shown(void *arg, enum ipc_status status,
    const struct queue_admin_show_answer *answer)
{
	struct showing *s = arg;

	s->ended = ctl_answered(status);
	if (s->ended != CTL_DONE)
		return;
	if (!answer->found) {
		ctl_error("there is no message %s in the queue", s->id);
		s->ended = CTL_NOTHING;
	} else if (ctl_value(&s->ctl->values, "--raw") != NULL)
		fwrite(answer->content.data, 1, answer->content.size, stdout);
	else
		report_shown(s, answer);
}

enum ctl_exit
ctl_queue_show(struct ctl *ctl)
{
	struct showing s = {
		.ctl = ctl, .id = ctl_value(&ctl->values, "ID"),
	};
	struct queue_admin_show_ask ask = {
		.message = s.id,
		.body = ctl_value(&ctl->values, "--body") != NULL ||
		    ctl_value(&ctl->values, "--raw") != NULL,
	};
	int fd;

	s.ended = ctl_connect(ctl, "queue", 0, &fd);
	if (s.ended != CTL_DONE)
		return s.ended;
	queue_admin_show_wait(fd, &ask, CTL_TIMEOUT_MS, shown, &s);
	close(fd);
	return s.ended;
}

/* ---- retry, hold, release, remove ---- */

static const char *const done_words[] = {
	[ACTION_RETRY] = "due now",
	[ACTION_HOLD] = "held",
	[ACTION_RELEASE] = "released",
	[ACTION_REMOVE] = "removed",
};

struct acting {
	const struct ctl	*ctl;
	enum ctl_exit		 ended;
};

static void
acted(void *arg, enum ipc_status status,
    const struct queue_admin_act_answer *answer)
{
	struct acting *a = arg;
	struct report *r;

	a->ended = ctl_answered(status);
	if (a->ended != CTL_DONE)
		return;
	r = report_new(a->ctl->json);
	if (a->ctl->json)
		report_fact(r, "recipients", "", REPORT_NUMBER, answer->count);
	report_say(r, "%" PRIu32 " recipient%s %s.", answer->count,
	    answer->count == 1 ? "" : "s", done_words[a->ctl->what]);
	report_end(r);
	if (answer->count == 0)
		a->ended = CTL_NOTHING;
}

enum ctl_exit
ctl_queue_act(struct ctl *ctl)
{
	bool all = ctl_value(&ctl->values, "--all") != NULL;
	struct acting a = { .ctl = ctl };
	struct filter f;
	int fd;

	if (!read_filter(ctl, &f))
		return CTL_USAGE;
	if (!all && *f.message == '\0' && *f.sender == '\0' &&
	    *f.domain == '\0' && f.state == STATE_ANY) {
		ctl_error("this would be the whole queue: name a message or a "
		    "filter, or say --all");
		return CTL_USAGE;
	}
	a.ended = ctl_connect(ctl, "queue", 0, &fd);
	if (a.ended != CTL_DONE)
		return a.ended;
	struct queue_admin_act_ask ask = {
		.action = (uint32_t)ctl->what,
		.message = f.message,
		.sender = f.sender,
		.domain = f.domain,
		.state = f.state,
		.all = all,
	};
	queue_admin_act_wait(fd, &ask, CTL_TIMEOUT_MS, acted, &a);
	close(fd);
	return a.ended;
}
