/* SPDX-License-Identifier: ISC */
/*
 * mx6ctl trace: the dialogue of sessions as it happens, of every mx6d-smtp
 * (we are the server) and of mx6d-deliver (we are the client).  Each process
 * is a source with one question under way; an answer is printed and the next
 * question asked.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "queue/deliver_admin_ipc.h"
#include "smtpd/control_ipc.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"
#include "smtpd/smtp_admin_ipc.h"
#include "util/number.h"
#include "util/table.h"

#define SOURCES_MAX	65		/* 64 mx6d-smtp and mx6d-deliver */
#define ASK_MS		10000		/* the process answers by then */
#define RECONNECT_MS	2000
#define TEXT_MAX	65536

static const struct report_column columns[] = {
	{ "at_ms", NULL, REPORT_NUMBER },
	{ "process", NULL, REPORT_TEXT },
	{ "session", NULL, REPORT_TEXT },
	{ "peer", NULL, REPORT_TEXT },
	{ "direction", NULL, REPORT_TEXT },
	{ "text", NULL, REPORT_TEXT },
};

struct source {
	struct tracing	*tracing;
	const char	*process;
	uint32_t	 index;
	struct ipc_peer	*peer;
	uv_timer_t	 again;
	uint64_t	 after;		/* the last line seen */
};

struct tracing {
	struct ctl	*ctl;
	uv_loop_t	 loop;
	uv_signal_t	 interrupt;
	uv_timer_t	 end;
	char		 filter[NETADDR_TEXT_SIZE];
	struct source	 sources[SOURCES_MAX];
	size_t		 count;
	size_t		 alive;
	int		 peer_width;	/* the widest so far */
	enum ctl_exit	 ended;
};

struct line {
	uint64_t	 at_ms;
	const char	*session, *peer, *direction, *text;
};

static void ask(struct source *s);

static void
print_for_people(struct tracing *t, const struct source *s,
    const struct line *l)
{
	time_t seconds = (time_t)(l->at_ms / 1000);
	int width = (int)strlen(l->peer);
	char at[20] = "";
	struct buf line, safe;
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		strftime(at, sizeof at, "%H:%M:%S", &tm);
	if (width > t->peer_width)
		t->peer_width = width;
	buf_init(&line, TEXT_MAX);
	buf_addf(&line, "%s.%03u %-7s %s ", at, (unsigned)(l->at_ms % 1000),
	    s->process, l->session);
	buf_addf(&line, "%-*s %s %s", t->peer_width, l->peer, l->direction,
	    l->text);
	buf_init(&safe, 4 * TEXT_MAX);
	table_add_safe(&safe, (const char *)buf_bytes(&line), buf_len(&line),
	    false);
	puts(buf_cstr(&safe));
	buf_done(&safe);
	buf_done(&line);
}

static void
print_line(const struct source *s, const struct line *l)
{
	const char *texts[] = {
		NULL, s->process, l->session, l->peer, l->direction, l->text,
	};
	const uint64_t numbers[] = { l->at_ms, 0, 0, 0, 0, 0 };

	if (s->tracing->ctl->json)
		report_stream_json(columns, texts, numbers,
		    sizeof columns / sizeof columns[0]);
	else
		print_for_people(s->tracing, s, l);
}

static void
print_missed(const struct source *s, uint64_t missed, uint64_t at_ms)
{
	char text[60];
	struct line l = { at_ms, "-", "-", "*", text };

	snprintf(text, sizeof text, "%" PRIu64 " lines were lost here",
	    missed);
	print_line(s, &l);
}

/* Both services have this call; only the names of the types differ. */
#define PRINT_ANSWER(s, answer) do {					\
	for (uint32_t i = 0; i < (answer)->lines_count; i++) {		\
		struct line l = {					\
			(answer)->lines[i].at_ms,			\
			(answer)->lines[i].session,			\
			(answer)->lines[i].peer,			\
			(answer)->lines[i].direction,			\
			(answer)->lines[i].text,			\
		};							\
		if (i == 0 && (answer)->missed > 0)			\
			print_missed((s), (answer)->missed, l.at_ms);	\
		print_line((s), &l);					\
	}								\
	(s)->after = (answer)->last;					\
	fflush(stdout);							\
} while (0)

static void
smtp_said(void *arg, enum ipc_status status,
    const struct smtp_admin_trace_answer *answer)
{
	struct source *s = arg;

	if (status == IPC_OK)
		PRINT_ANSWER(s, answer);
	if (status == IPC_OK || status == IPC_TIMEOUT)
		ask(s);
}

static void
deliver_said(void *arg, enum ipc_status status,
    const struct deliver_admin_trace_answer *answer)
{
	struct source *s = arg;

	if (status == IPC_OK)
		PRINT_ANSWER(s, answer);
	if (status == IPC_OK || status == IPC_TIMEOUT)
		ask(s);
}

static void
ask(struct source *s)
{
	if (strcmp(s->process, "smtp") == 0) {
		struct smtp_admin_trace_ask question = {
			.filter = s->tracing->filter,
			.after = s->after,
			.timeout_ms = ASK_MS,
		};

		smtp_admin_trace(s->peer, &question, 2 * ASK_MS, smtp_said, s);
	} else {
		struct deliver_admin_trace_ask question = {
			.filter = s->tracing->filter,
			.after = s->after,
			.timeout_ms = ASK_MS,
		};

		deliver_admin_trace(s->peer, &question, 2 * ASK_MS,
		    deliver_said, s);
	}
}

/* ---- sources ---- */

/* Attaches to the process, new or restarted. */
static void
attach(struct source *s)
{
	struct tracing *t = s->tracing;
	enum ctl_exit ended;
	int fd;

	ended = ctl_connect(t->ctl, s->process, s->index, &fd);
	if (ended == CTL_DONE) {
		ipc_peer_attach(s->peer, fd);
		s->after = 0;
		ask(s);
		return;
	}
	t->ended = ended;
	if (--t->alive == 0)
		uv_stop(&t->loop);
}

static void
on_again(uv_timer_t *timer)
{
	attach(timer->data);
}

static void
on_lost(void *arg)
{
	struct source *s = arg;

	ctl_error("the process %s %" PRIu32 " has ended; it is being started "
	    "again", s->process, s->index);
	uv_timer_start(&s->again, on_again, RECONNECT_MS, 0);
}

static void
add_source(struct tracing *t, const char *process, uint32_t index)
{
	struct source *s = &t->sources[t->count];

	if (t->count == SOURCES_MAX)
		return;
	t->count++;
	t->alive++;
	s->tracing = t;
	s->process = process;
	s->index = index;
	s->peer = ipc_peer_new(&t->loop, process);
	ipc_peer_on_lost(s->peer, on_lost, s);
	uv_timer_init(&t->loop, &s->again);
	s->again.data = s;
}

static void
parent_said(void *arg, enum ipc_status status,
    const struct control_status_answer *answer)
{
	struct tracing *t = arg;

	t->ended = ctl_answered(status);
	if (t->ended != CTL_DONE)
		return;
	for (uint32_t i = 0; i < answer->processes_count; i++)
		if (strcmp(answer->processes[i].name, "smtp") == 0)
			add_source(t, "smtp", answer->processes[i].index);
	add_source(t, "deliver", 0);
}

/* ---- the command ---- */

static void
on_interrupt(uv_signal_t *handle, int number)
{
	(void)number;
	uv_stop(handle->loop);
}

static void
on_end(uv_timer_t *timer)
{
	uv_stop(timer->loop);
}

static bool
read_filter(struct tracing *t, const char *text)
{
	struct netblock block;

	if (text == NULL || strcmp(text, "all") == 0)
		return true;
	if (!netblock_parse(text, &block)) {
		ctl_error("\"%s\" is neither an address nor a network such as "
		    "192.0.2.0/24 or 2001:db8::/32", text);
		return false;
	}
	netblock_format(&block, t->filter);
	return true;
}

static void
run(struct tracing *t, uint64_t seconds)
{
	uv_signal_init(&t->loop, &t->interrupt);
	uv_signal_start(&t->interrupt, on_interrupt, SIGINT);
	uv_timer_init(&t->loop, &t->end);
	if (seconds > 0)
		uv_timer_start(&t->end, on_end, seconds * 1000, 0);
	for (size_t i = 0; i < t->count; i++)
		attach(&t->sources[i]);
	if (t->alive > 0)
		uv_run(&t->loop, UV_RUN_DEFAULT);
}

enum ctl_exit
ctl_trace(struct ctl *ctl)
{
	static struct tracing t;	/* large; the process ends with it */
	const char *length = ctl_value(&ctl->values, "--for");
	struct control_status_ask status = { 0 };
	uint64_t seconds = 0;
	int fd;

	t.ctl = ctl;
	if (length != NULL && !number_parse(length, 1, 31536000, &seconds)) {
		ctl_error("--for %s: a number of seconds", length);
		return CTL_USAGE;
	}
	if (!read_filter(&t, ctl_value(&ctl->values, "WHOM")))
		return CTL_USAGE;
	t.ended = ctl_control(ctl, &fd);
	if (t.ended != CTL_DONE)
		return t.ended;
	uv_loop_init(&t.loop);
	control_status_wait(fd, &status, CTL_TIMEOUT_MS, parent_said, &t);
	if (t.ended == CTL_DONE)
		run(&t, seconds);
	return t.alive > 0 ? CTL_DONE : t.ended;
}
