/* SPDX-License-Identifier: ISC */
/* mx6ctl status: the whole daemon on one screen. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "queue/queue_admin_ipc.h"
#include "queue/queue_words.h"
#include "smtpd/control_ipc.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"
#include "smtpd/smtp_admin_ipc.h"

static const struct report_column process_columns[] = {
	{ "name", "PROCESS", REPORT_TEXT },
	{ "index", "NUMBER", REPORT_NUMBER },
	{ "pid", "PID", REPORT_NUMBER },
	{ "up_s", "UP", REPORT_SECONDS },
	{ "restarts", "RESTARTS", REPORT_NUMBER },
	{ "memory_bytes", "MEMORY", REPORT_BYTES },
};

static const struct report_column listener_columns[] = {
	{ "address", "LISTENER", REPORT_TEXT },
	{ "role", "ROLE", REPORT_TEXT },
	{ "switched", "SWITCHED", REPORT_YESNO },
};

struct gathering {
	struct report				*report;
	enum ctl_exit				 ended;
	uint32_t				 smtp_count;
	struct smtp_admin_status_answer		 sum;
};

static uint64_t
since(uint64_t when)
{
	uint64_t now = (uint64_t)time(NULL);

	return when == 0 || when > now ? 0 : now - when;
}

/* 0 stands for what the parent could not find out. */
static void
report_known(struct report *r, uint64_t value)
{
	if (value == 0)
		report_unknown(r);
	else
		report_number(r, value);
}

static void
report_processes(struct report *r, const struct control_status_answer *a)
{
	report_table(r, "processes", process_columns,
	    sizeof process_columns / sizeof process_columns[0]);
	for (uint32_t i = 0; i < a->processes_count; i++) {
		const struct control_process *p = &a->processes[i];

		report_text(r, p->name);
		report_number(r, p->index);
		report_known(r, p->pid);
		if (p->pid == 0)	/* down, waiting for its restart */
			report_unknown(r);
		else
			report_number(r, since(p->started_at));
		report_number(r, p->restarts);
		report_known(r, p->memory_bytes);
	}
}

static void
report_listeners(struct report *r, const struct control_status_answer *a)
{
	report_table(r, "listeners", listener_columns,
	    sizeof listener_columns / sizeof listener_columns[0]);
	for (uint32_t i = 0; i < a->listeners_count; i++) {
		const struct control_listener *l = &a->listeners[i];

		report_text(r, l->address);
		report_text(r, l->role > ROLE_DEFENSIVE ? "?" :
		    listener_role_name((enum listener_role)l->role));
		report_number(r, l->switched);
	}
}

static void
parent_said(void *arg, enum ipc_status status,
    const struct control_status_answer *answer)
{
	struct gathering *g = arg;
	struct report *r = g->report;

	g->ended = ctl_answered(status);
	if (g->ended != CTL_DONE)
		return;
	report_fact_text(r, "version", "Version", answer->version);
	report_fact_text(r, "hostname", "Host name", answer->hostname);
	report_fact_text(r, "configuration", "Configuration",
	    answer->configuration);
	report_fact(r, "up_s", "Running for", REPORT_SECONDS,
	    since(answer->started_at));
	if (*answer->last_reload != '\0')
		report_fact_text(r, "last_reload", "Last reload failed",
		    answer->last_reload);
	for (uint32_t i = 0; i < answer->processes_count; i++)
		g->smtp_count += strcmp(answer->processes[i].name, "smtp") == 0;
	report_processes(r, answer);
	report_listeners(r, answer);
}

static void
smtp_said(void *arg, enum ipc_status status,
    const struct smtp_admin_status_answer *answer)
{
	struct gathering *g = arg;

	g->ended = ctl_answered(status);
	if (g->ended != CTL_DONE)
		return;
	g->sum.sessions += answer->sessions;
	g->sum.connections += answer->connections;
	g->sum.refused += answer->refused;
	g->sum.accepted += answer->accepted;
	g->sum.pushed_back += answer->pushed_back;
	g->sum.rejected += answer->rejected;
	g->sum.deferred += answer->deferred;
}

static void
gather_smtp(struct ctl *ctl, struct gathering *g)
{
	struct smtp_admin_status_ask ask = { 0 };
	struct report *r = g->report;
	int fd;

	for (uint32_t i = 0; i < g->smtp_count && g->ended == CTL_DONE; i++) {
		g->ended = ctl_connect(ctl, "smtp", i, &fd);
		if (g->ended != CTL_DONE)
			return;
		smtp_admin_status_wait(fd, &ask, CTL_TIMEOUT_MS, smtp_said, g);
		close(fd);
	}
	if (g->ended != CTL_DONE)
		return;
	report_fact(r, "sessions", "Sessions now", REPORT_NUMBER,
	    g->sum.sessions);
	report_fact(r, "connections", "Connections since the start",
	    REPORT_NUMBER, g->sum.connections);
	report_fact(r, "connections_refused", "  refused, over a limit",
	    REPORT_NUMBER, g->sum.refused);
	report_fact(r, "messages_accepted", "Messages accepted", REPORT_NUMBER,
	    g->sum.accepted);
	report_fact(r, "messages_pushed_back", "  pushed back to IPv4",
	    REPORT_NUMBER, g->sum.pushed_back);
	report_fact(r, "messages_rejected", "  rejected", REPORT_NUMBER,
	    g->sum.rejected);
	report_fact(r, "messages_deferred", "  deferred", REPORT_NUMBER,
	    g->sum.deferred);
}

static uint64_t
count_of(const struct queue_admin_status_answer *a, enum queue_state state)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < a->counts_count; i++)
		if (a->counts[i].state == (uint32_t)state)
			sum += a->counts[i].recipients;
	return sum;
}

static void
queue_said(void *arg, enum ipc_status status,
    const struct queue_admin_status_answer *a)
{
	struct gathering *g = arg;
	struct report *r = g->report;

	g->ended = ctl_answered(status);
	if (g->ended != CTL_DONE)
		return;
	report_fact(r, "queue_messages", "Messages in the queue",
	    REPORT_NUMBER, a->messages);
	report_fact(r, "queue_bytes", "  their size", REPORT_BYTES, a->bytes);
	report_fact(r, "queue_oldest_s", "  age of the oldest", REPORT_SECONDS,
	    since(a->oldest_ms / 1000));
	report_fact(r, "queue_waiting", "Recipients waiting", REPORT_NUMBER,
	    count_of(a, STATE_WAITING));
	report_fact(r, "queue_active", "  being delivered to", REPORT_NUMBER,
	    count_of(a, STATE_ACTIVE));
	report_fact(r, "queue_held", "  held", REPORT_NUMBER,
	    count_of(a, STATE_HELD));
	report_fact(r, "queue_damaged", "Messages set aside as damaged",
	    REPORT_NUMBER, a->damaged);
	report_fact(r, "queued", "Taken into the queue", REPORT_NUMBER,
	    a->accepted);
	report_fact(r, "delivered", "  delivered", REPORT_NUMBER,
	    a->delivered);
	report_fact(r, "deferred", "  deferred", REPORT_NUMBER, a->deferred);
	report_fact(r, "bounced", "  bounced", REPORT_NUMBER, a->bounced);
	report_fact(r, "pushed_back", "  pushed back by the receiver",
	    REPORT_NUMBER, a->pushed_back);
	report_fact(r, "commits", "Commits to disk", REPORT_NUMBER,
	    a->commits);
}

static void
gather_queue(struct ctl *ctl, struct gathering *g)
{
	struct queue_admin_status_ask ask = { 0 };
	int fd;

	g->ended = ctl_connect(ctl, "queue", 0, &fd);
	if (g->ended != CTL_DONE)
		return;
	queue_admin_status_wait(fd, &ask, CTL_TIMEOUT_MS, queue_said, g);
	close(fd);
}

/* What can be told is told, though a process may be down just now. */
enum ctl_exit
ctl_status(struct ctl *ctl)
{
	struct gathering g = { 0 };
	struct control_status_ask ask = { 0 };
	enum ctl_exit smtp;
	int fd;

	g.ended = ctl_control(ctl, &fd);
	if (g.ended != CTL_DONE)
		return g.ended;
	g.report = report_new(ctl->json);
	control_status_wait(fd, &ask, CTL_TIMEOUT_MS, parent_said, &g);
	if (g.ended == CTL_DONE) {
		gather_smtp(ctl, &g);
		smtp = g.ended;
		gather_queue(ctl, &g);
		if (smtp != CTL_DONE)
			g.ended = smtp;
	}
	report_end(g.report);
	return g.ended;
}
