/* SPDX-License-Identifier: ISC */
/* The session's question to mx6d-filter. */
#include "smtpd/smtp.h"

#include <stdlib.h>
#include <string.h>

#include "policy/filter_ipc.h"
#include "policy/policy.h"
#include "queue/queue_words.h"
#include "util/xalloc.h"

/* Four times the longest timeout that a filter can have, and more. */
#define FILTER_MS	500000

static struct header_edit *
edits_of(const struct filter_message_answer *answer)
{
	struct header_edit *edits = xcalloc(answer->edits_count + 1,
	    sizeof *edits);

	for (uint32_t i = 0; i < answer->edits_count; i++)
		edits[i] = (struct header_edit){ answer->edits[i].kind,
		    answer->edits[i].index, answer->edits[i].name,
		    answer->edits[i].value };
	return edits;
}

/* Who hangs up before a filter has spoken is not better off: what it says
 * counts, and the message is nobody's. */
static void
filter_done(void *arg, enum ipc_status status,
    const struct filter_message_answer *answer)
{
	struct visit *v = arg;
	struct header_edit *edits = NULL;
	struct session_filtered f, *heard = NULL;

	if (status == IPC_OK) {
		edits = edits_of(answer);
		f = (struct session_filtered){ answer->status, answer->filter,
		    answer->code, answer->enhanced, answer->text,
		    answer->malware != 0, answer->quarantine != 0,
		    answer->passable != 0, answer->unscanned != 0, edits,
		    answer->edits_count };
		heard = &f;
	}
	if (visit_is_left(v)) {
		session_filter_noted(v->session, heard);
		log_unheard(v, false);
	}
	if (visit_answered(v)) {
		session_filter_answer(v->session, heard, smtp_now_ms());
		visit_run(v);
	}
	free(edits);
}

/* The header section as it will be kept is in memory. */
void
ask_filter(struct visit *v)
{
	const struct transaction *t = session_transaction(v->session);
	struct filter_rcpt *rcpts = xcalloc(t->rcpt_count, sizeof *rcpts);
	struct filter_message_ask ask = {
		.message = t->id,
		.hostname = smtp.hostname,
		.peer = session_place(v->session)->peer,
		.rdns = session_rdns(v->session),
		.helo = session_client_name(v->session),
		.sender = t->sender,
		.tls = session_tls(v->session),
		.rcpts = rcpts,
		.body = { body_bytes(&t->body), body_len(&t->body) },
		.file = -1,
		.content = t->action == VERDICT_FILTER,
		.malware = 1,
	};

	for (size_t i = 0; i < t->rcpt_count; i++)
		if (!t->rcpts[i].refused)
			rcpts[ask.rcpts_count++].address =
			    t->rcpts[i].address;
	if (t->spool_id != 0) {
		ask.file = v->reader_fd;
		ask.offset = SPOOL_ROOM + t->replaced;
		ask.size_bytes = t->saved_bytes - t->replaced;
	}
	v->calls++;
	filter_message(child_peer(PROCESS_FILTER), &ask, FILTER_MS,
	    filter_done, v);
	free(rcpts);
}
