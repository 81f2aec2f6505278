/* SPDX-License-Identifier: ISC */
/* What mx6ctl may ask of this process: its counts, and the live dialogue. */
#include "smtpd/smtp.h"

#include <stdlib.h>
#include <string.h>

#include "smtpd/smtp_admin_ipc.h"
#include "util/trace.h"
#include "util/xalloc.h"

#define IPC_NAME smtp_admin
#define IPC_FILE "smtpd/smtp_admin.msg"
#include "util/ipc_serve.h"

const struct ipc_service *const smtp_admin = &smtp_admin_service;

#define TEXT_SIZE	1024

static uint64_t watched_until_ms;

/* Switches itself off when nobody has asked for a while. */
static void
trace_line(void *arg, const struct session *s, char direction,
    const char *text, size_t n)
{
	char copy[TEXT_SIZE];

	(void)arg;
	if (smtp_now_ms() > watched_until_ms) {
		smtp.env.trace = NULL;
		return;
	}
	if (n >= sizeof copy)
		n = sizeof copy - 1;
	memcpy(copy, text, n);
	copy[n] = '\0';
	trace_add(&session_place(s)->peer, session_id(s), direction, copy);
}

static void
trace_done(void *arg, struct trace_batch *batch)
{
	struct smtp_admin_line *rows = xcalloc(TRACE_BATCH_MAX,
	    sizeof *rows);
	struct smtp_admin_trace_answer answer = { .lines = rows };
	struct trace_line line;

	while (answer.lines_count < TRACE_BATCH_MAX &&
	    trace_batch_next(batch, &line)) {
		struct smtp_admin_line *row = &rows[answer.lines_count++];

		row->at_ms = line.at_ms;
		row->session = line.session;
		row->peer = line.peer;
		row->direction = line.direction;
		row->text = line.text;
	}
	answer.last = trace_batch_last(batch);
	answer.missed = trace_batch_missed(batch);
	smtp_admin_trace_reply(arg, &answer);
	free(rows);
}

void
serve_smtp_admin_trace(struct ipc_call *call,
    const struct smtp_admin_trace_ask *ask)
{
	watched_until_ms = smtp_now_ms() + ask->timeout_ms + TRACE_WATCH_MS;
	smtp.env.trace = trace_line;
	trace_read(ask->filter, ask->after, ask->timeout_ms, trace_done, call);
}

void
serve_smtp_admin_judge(struct ipc_call *call,
    const struct smtp_admin_judge_ask *ask)
{
	dry_begin(call, ask);
}

void
serve_smtp_admin_status(struct ipc_call *call,
    const struct smtp_admin_status_ask *ask)
{
	const struct smtp_counts *counts = &smtp.counts;
	struct smtp_admin_status_answer answer = {
		.sessions = smtp.visit_count,
		.connections = counts->connections,
		.refused = counts->refused,
		.accepted = counts->accepted,
		.pushed_back = counts->pushed_back,
		.rejected = counts->rejected,
		.deferred = counts->deferred,
	};

	(void)ask;
	smtp_admin_status_reply(call, &answer);
}
