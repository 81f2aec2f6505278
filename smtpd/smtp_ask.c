/* SPDX-License-Identifier: ISC */
/*
 * The session's questions as calls to mx6d-policy and mx6d-queue, and their
 * answers back; those about a message are in smtp_verdict.c and
 * smtp_filter.c.  A visit whose connection closed meanwhile ends when its
 * last answer has come.
 */
#include "smtpd/smtp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "policy/policy.h"
#include "policy/policy_ipc.h"
#include "queue/queue_ipc.h"
#include "queue/queue_words.h"
#include "util/xalloc.h"

/* Longer than the other side's own limits; what is lost is told at once. */
#define CLIENT_MS	30000
#define RECIPIENT_MS	30000
#define QUEUE_MS	120000

static void
client_done(void *arg, enum ipc_status status,
    const struct policy_client_answer *answer)
{
	struct visit *v = arg;
	struct session_client client = { 0 };

	if (!visit_answered(v))
		return;
	if (status == IPC_OK) {
		client.relay = answer->relay != 0;
		client.whitelisted = answer->whitelisted != 0;
		client.turned_away = answer->turned_away != 0;
		client.iprev = answer->iprev;
		client.rdns = answer->rdns;
		v->guesses = answer->guesses != 0;
	}
	session_client_answer(v->session, status == IPC_OK ? &client : NULL,
	    smtp_now_ms());
	visit_run(v);
}

static void
ask_client(struct visit *v)
{
	const struct session_place *place = session_place(v->session);
	struct policy_client_ask ask = {
		.peer = place->peer,
		.role = place->role,
	};

	v->calls++;
	policy_client(child_peer(PROCESS_POLICY), &ask, CLIENT_MS, client_done,
	    v);
}

/* ---- recipients ---- */

struct recipient_question {
	struct visit	*v;
	size_t		 slot;
};

static struct target *
targets_of(const struct policy_recipient_answer *answer)
{
	struct target *targets = xcalloc(answer->targets_count + 1,
	    sizeof *targets);

	for (uint32_t i = 0; i < answer->targets_count; i++) {
		targets[i].kind = answer->targets[i].kind;
		targets[i].address = answer->targets[i].address;
		targets[i].user = answer->targets[i].user;
		targets[i].path = answer->targets[i].path;
	}
	return targets;
}

static void
recipient_done(void *arg, enum ipc_status status,
    const struct policy_recipient_answer *answer)
{
	struct recipient_question *q = arg;
	struct visit *v = q->v;
	size_t slot = q->slot;
	struct target *targets;

	free(q);
	if (!visit_answered(v))
		return;
	if (status != IPC_OK)
		session_recipient_answer(v->session, slot, false, 0, NULL, 0,
		    smtp_now_ms());
	else {
		targets = targets_of(answer);
		session_recipient_answer(v->session, slot, true,
		    answer->status, targets, answer->targets_count,
		    smtp_now_ms());
		free(targets);
	}
	visit_run(v);
}

static void
ask_recipient(struct visit *v, const struct session_request *request)
{
	struct policy_recipient_ask ask = {
		.address = request->address,
		.relay = session_relay(v->session),
	};
	struct recipient_question *q = xmalloc(sizeof *q);

	q->v = v;
	q->slot = request->slot;
	v->calls++;
	policy_recipient(child_peer(PROCESS_POLICY), &ask, RECIPIENT_MS,
	    recipient_done, q);
}

/* ---- spool files ---- */

static void
spool_done(void *arg, enum ipc_status status,
    const struct queue_spool_answer *answer)
{
	struct visit *v = arg;
	bool ok = status == IPC_OK;

	if (!visit_answered(v)) {
		if (ok && answer->file >= 0)
			close(answer->file);
		if (ok && answer->reader >= 0)
			close(answer->reader);
		return;
	}
	v->spool_fd = ok ? answer->file : -1;
	v->reader_fd = ok ? answer->reader : -1;
	session_spool_answer(v->session, ok && (v->spool_fd >= 0 ||
	    answer->status != 0), ok ? answer->status : 0,
	    ok ? answer->spool_id : 0, smtp_now_ms());
	visit_run(v);
}

static void
ask_spool(struct visit *v)
{
	struct queue_spool_ask ask = {
		.message = session_transaction(v->session)->id,
	};

	v->calls++;
	queue_spool(child_peer(PROCESS_QUEUE), &ask, QUEUE_MS, spool_done, v);
}

static void
write_spool(struct visit *v, const struct session_request *request)
{
	const struct transaction *t = session_transaction(v->session);
	bool ok = spool_write(v->spool_fd, SPOOL_ROOM + t->saved_bytes,
	    request->data, request->size);

	session_written(v->session, ok, smtp_now_ms());
}

/* ---- the queue ---- */

static void
submit_done(void *arg, enum ipc_status status,
    const struct queue_submit_answer *answer)
{
	struct visit *v = arg;

	if (visit_is_left(v))
		log_unheard(v, status == IPC_OK && answer->status == QUEUE_OK);
	if (!visit_answered(v))
		return;
	session_submit_answer(v->session, status == IPC_OK,
	    status == IPC_OK ? answer->status : 0, smtp_now_ms());
	visit_run(v);
}

/* One row for each place that a recipient leads to. */
static struct queue_rcpt *
rows_of(const struct transaction *t, uint32_t *ret_count)
{
	struct queue_rcpt *rows = xcalloc(t->target_count + 1, sizeof *rows);
	uint32_t n = 0;

	for (size_t i = 0; i < t->rcpt_count; i++) {
		const struct rcpt *rcpt = &t->rcpts[i];

		if (rcpt->refused)
			continue;
		for (size_t k = 0; k < rcpt->target_count; k++, n++) {
			const struct target *target = &rcpt->targets[k];

			rows[n].original = rcpt->address;
			rows[n].kind = target->kind;
			rows[n].address = target->address;
			rows[n].user = target->user;
			rows[n].path = target->path;
			rows[n].forwarded = target->kind == TARGET_REMOTE &&
			    strcasecmp(target->address, rcpt->address) != 0;
		}
	}
	*ret_count = n;
	return rows;
}

/* The header section, as it is kept, ends where the one received ended; the
 * room before takes what is longer.  One without enough room overflows, to
 * an offset behind its end. */
static uint64_t
spool_start(const struct transaction *t)
{
	return SPOOL_ROOM + t->replaced - body_len(&t->body);
}

static void
ask_submit(struct visit *v)
{
	const struct session_place *place = session_place(v->session);
	const struct transaction *t = session_transaction(v->session);
	struct queue_submit_ask ask = {
		.message = t->id,
		.session = session_id(v->session),
		.sender = t->sender,
		.helo = session_client_name(v->session),
		.peer = place->peer,
		.role = place->role,
		.arrived_ms = t->arrived_ms,
		.ended_ms = t->ended_ms,
		.eightbit = t->eightbit,
		.utf8 = t->utf8,
		.quarantine = t->quarantine,
		.authenticated = t->signed_aligned,
		.spool_id = t->spool_id,
		.spool_start = t->spool_id == 0 ? 0 : spool_start(t),
		.size_bytes = transaction_size(t),
	};

	if (t->spool_id == 0)
		ask.body = (struct ipc_bytes){ body_bytes(&t->body),
		    body_len(&t->body) };
	else if (ask.spool_start > SPOOL_ROOM + t->replaced ||
	    !spool_write(v->spool_fd, ask.spool_start, body_bytes(&t->body),
	    body_len(&t->body))) {
		session_submit_answer(v->session, false, 0, smtp_now_ms());
		return;
	}
	v->calls++;
	ask.rcpts = rows_of(t, &ask.rcpts_count);
	queue_submit(child_peer(PROCESS_QUEUE), &ask, QUEUE_MS, submit_done,
	    v);
	free((void *)ask.rcpts);
}

void
visit_ask(struct visit *v, const struct session_request *request)
{
	if (v->dry != NULL && dry_answers(v, request))
		return;
	switch (request->what) {
	case SESSION_CLIENT:
		ask_client(v);
		break;
	case SESSION_RECIPIENTS:
		ask_recipient(v, request);
		break;
	case SESSION_SPOOL:
		ask_spool(v);
		break;
	case SESSION_WRITE:
		write_spool(v, request);
		break;
	case SESSION_SENDER:
		ask_sender(v, request);
		break;
	case SESSION_EXAMINE:
		ask_examine(v);
		break;
	case SESSION_JUDGE:
		ask_judge(v);
		break;
	case SESSION_FILTER:
		ask_filter(v);
		break;
	case SESSION_SUBMIT:
		ask_submit(v);
		break;
	case SESSION_TLS:
		v->start_tls = true;
		break;
	case SESSION_INPUT:
	case SESSION_CLOSED:
		break;
	}
}
