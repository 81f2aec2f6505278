/* SPDX-License-Identifier: ISC */
/*
 * What is asked about a message: SPF of its sender at MAIL, the rest of
 * authentication at the end of data, and then the verdict, with all that was
 * found.
 */
#include "smtpd/smtp.h"

#include <stdlib.h>

#include "policy/auth.h"
#include "policy/auth_ipc.h"
#include "policy/policy.h"
#include "policy/policy_ipc.h"
#include "queue/queue_words.h"
#include "util/xalloc.h"

/* Longer than the other side's own limits; what is lost is told at once. */
#define SENDER_MS	30000
#define GUESS_MS	10000
#define EXAMINE_MS	30000
#define JUDGE_MS	120000

#define LINES_MAX	32

/* ---- the sender ---- */

/*
 *	ask_auth -> sender_done -> its domain publishes no record?
 *	   ^				|no	|yes, and policy may know one
 *	   |				v	v
 *	   |			  the session  ask_guess -> guess_done
 *	   `------------------------------------------------'
 */
struct sender_question {
	struct visit	*v;
	uint64_t	 transaction;
	bool		 guessed;	/* policy was asked */
};

/* No RSET came meanwhile. */
static bool
is_current(const struct sender_question *q)
{
	const struct transaction *t = session_transaction(q->v->session);

	return t != NULL && t->number == q->transaction;
}

static void sender_done(void *, enum ipc_status,
    const struct auth_sender_answer *);

static void
ask_auth(struct sender_question *q, const char *best_guess)
{
	struct visit *v = q->v;
	struct auth_sender_ask ask = {
		.peer = session_place(v->session)->peer,
		.helo = session_client_name(v->session),
		.sender = session_transaction(v->session)->sender,
		.best_guess = best_guess,
	};

	v->calls++;
	auth_sender(child_peer(PROCESS_AUTH), &ask, SENDER_MS, sender_done, q);
}

/* Without a guess the first answer of mx6d-auth would do; it is got again
 * from its cache, which spares us keeping it. */
static void
guess_done(void *arg, enum ipc_status status,
    const struct policy_best_guess_answer *answer)
{
	struct sender_question *q = arg;

	if (!visit_answered(q->v) || !is_current(q)) {
		free(q);
		return;
	}
	ask_auth(q, status == IPC_OK ? answer->record : "");
}

static void
ask_guess(struct sender_question *q, const char *domain)
{
	struct policy_best_guess_ask ask = { .domain = domain };

	q->guessed = true;
	q->v->calls++;
	policy_best_guess(child_peer(PROCESS_POLICY), &ask, GUESS_MS,
	    guess_done, q);
}

static void
sender_done(void *arg, enum ipc_status status,
    const struct auth_sender_answer *answer)
{
	struct sender_question *q = arg;
	struct visit *v = q->v;
	uint64_t transaction = q->transaction;
	struct sender_facts facts;

	if (!visit_answered(v)) {
		free(q);
		return;
	}
	if (status == IPC_OK && v->guesses && !q->guessed &&
	    (answer->result == SPF_RESULT_NONE || answer->best_guess) &&
	    is_current(q)) {
		ask_guess(q, answer->domain);
		return;
	}
	free(q);
	if (status == IPC_OK)
		facts = (struct sender_facts){ answer->helo_result,
		    answer->result, answer->best_guess != 0, answer->domain,
		    answer->record, answer->why };
	session_sender_answer(v->session, transaction,
	    status == IPC_OK ? &facts : NULL, smtp_now_ms());
	visit_run(v);
}

void
ask_sender(struct visit *v, const struct session_request *request)
{
	struct sender_question *q = xcalloc(1, sizeof *q);

	q->v = v;
	q->transaction = request->transaction;
	ask_auth(q, "");
}

/* ---- the message ---- */

/* MX6.md, Sender 8. */
static bool
signed_aligned(const struct auth_message_answer *answer)
{
	for (uint32_t i = 0; i < answer->signatures_count; i++) {
		const struct auth_signature *s = &answer->signatures[i];

		if (s->result == DKIM_RESULT_PASS && s->aligned &&
		    s->same_registrable)
			return true;
	}
	return false;
}

static void
examine_done(void *arg, enum ipc_status status,
    const struct auth_message_answer *answer)
{
	struct visit *v = arg;
	struct session_findings findings;

	if (!visit_answered(v))
		return;
	if (status == IPC_OK) {
		findings.signed_aligned = signed_aligned(answer);
		findings.prepend = answer->prepend;
	}
	v->found = answer;	/* until ask_judge, called from visit_run */
	session_examine_answer(v->session,
	    status == IPC_OK ? &findings : NULL, smtp_now_ms());
	visit_run(v);
}

void
ask_examine(struct visit *v)
{
	const struct transaction *t = session_transaction(v->session);
	struct auth_message_ask ask = {
		.peer = session_place(v->session)->peer,
		.helo = session_client_name(v->session),
		.sender = t->sender,
		.spf_helo = SPF_RESULT_TEMPERROR,
		.spf = SPF_RESULT_TEMPERROR,
		.iprev = session_iprev(v->session),
		.rdns = session_rdns(v->session),
		.file = -1,
	};

	if (t->spf != NULL) {
		ask.spf_helo = t->spf->helo_result;
		ask.spf = t->spf->result;
		ask.spf_best_guess = t->spf->best_guess;
		ask.spf_domain = t->spf->domain;
		ask.spf_why = t->spf->why;
	}
	if (t->spool_id == 0)
		ask.body.data = transaction_text(t, &ask.body.size);
	else {
		ask.file = v->reader_fd;
		ask.offset = SPOOL_ROOM + t->data.header_start;
		ask.size_bytes = t->saved_bytes - t->data.header_start;
	}
	v->calls++;
	auth_message(child_peer(PROCESS_AUTH), &ask, EXAMINE_MS, examine_done,
	    v);
}

/* ---- the verdict ---- */

static uint32_t *
opinions_of(const struct policy_judge_answer *answer)
{
	uint32_t *opinions = xcalloc(answer->opinions_count + 1,
	    sizeof *opinions);

	for (uint32_t i = 0; i < answer->opinions_count; i++)
		opinions[i] = answer->opinions[i].action;
	return opinions;
}

static void
judge_done(void *arg, enum ipc_status status,
    const struct policy_judge_answer *answer)
{
	struct visit *v = arg;
	const char *lines[LINES_MAX];
	uint32_t *opinions = NULL;
	struct session_verdict verdict = { .lines = lines };

	if (visit_is_left(v))
		log_unheard(v, false);
	if (!visit_answered(v))
		return;
	if (status == IPC_OK) {
		verdict.action = answer->action;
		verdict.rule = answer->rule;
		verdict.code = answer->code;
		verdict.enhanced = answer->enhanced;
		verdict.prepend = answer->prepend;
		verdict.opinions = opinions = opinions_of(answer);
		verdict.opinion_count = answer->opinions_count;
		for (uint32_t i = 0; i < answer->reply_count &&
		    i < LINES_MAX; i++)
			lines[verdict.line_count++] = answer->reply[i].line;
	}
	if (v->dry != NULL && status == IPC_OK)
		dry_explained(v, answer);
	session_judge_answer(v->session, status == IPC_OK ? &verdict : NULL,
	    smtp_now_ms());
	free(opinions);
	visit_run(v);
}

static void
add_sender(struct policy_judge_ask *ask, const struct sender_facts *spf)
{
	ask->spf_helo = ask->spf = SPF_RESULT_TEMPERROR;
	if (spf == NULL)
		return;
	ask->spf_helo = spf->helo_result;
	ask->spf = spf->result;
	ask->spf_best_guess = spf->best_guess;
	ask->spf_domain = spf->domain;
	ask->spf_record = spf->record;
	ask->spf_why = spf->why;
}

/* The caller frees the rows, NULL if there are none. */
static struct policy_signature *
add_message(struct policy_judge_ask *ask,
    const struct auth_message_answer *found)
{
	struct policy_signature *rows;

	if (found == NULL)
		return NULL;
	ask->auth_known = 1;
	ask->spf_aligned = found->spf_aligned;
	ask->from_status = found->from_status;
	ask->from = found->from;
	ask->from_domain = found->from_domain;
	ask->organizational = found->organizational;
	ask->dmarc = found->dmarc;
	ask->dmarc_policy = found->dmarc_policy;
	ask->dmarc_testing = found->dmarc_testing;
	ask->dmarc_domain = found->dmarc_domain;
	ask->dmarc_record = found->dmarc_record;
	ask->authenticated = found->authenticated;
	ask->authenticated_by = found->authenticated_by;
	ask->auto_submitted = found->auto_submitted;
	ask->list = found->list;
	ask->forwarded = found->forwarded;
	ask->message_id_hash = found->message_id_hash;
	ask->results = found->results;
	rows = xcalloc(found->signatures_count + 1, sizeof *rows);
	for (uint32_t i = 0; i < found->signatures_count; i++) {
		const struct auth_signature *s = &found->signatures[i];

		rows[i] = (struct policy_signature){ s->result, s->domain,
		    s->selector, s->b, s->aligned, s->same_registrable,
		    s->why };
	}
	ask->signatures = rows;
	ask->signatures_count = found->signatures_count;
	return rows;
}

static struct policy_question *
add_questions(struct policy_judge_ask *ask,
    const struct auth_message_answer *found)
{
	struct policy_question *rows;

	if (found == NULL)
		return NULL;
	rows = xcalloc(found->questions_count + 1, sizeof *rows);
	for (uint32_t i = 0; i < found->questions_count; i++)
		rows[i] = (struct policy_question){
		    found->questions[i].question, found->questions[i].answer };
	ask->questions = rows;
	ask->questions_count = found->questions_count;
	return rows;
}

void
ask_judge(struct visit *v)
{
	const struct session_place *place = session_place(v->session);
	const struct transaction *t = session_transaction(v->session);
	struct policy_rcpt *rcpts = xcalloc(t->rcpt_count, sizeof *rcpts);
	size_t header_size;
	const uint8_t *header = transaction_header(t, &header_size);
	struct policy_signature *signatures;
	struct policy_question *questions;
	struct policy_judge_ask ask = {
		.session = session_id(v->session),
		.message = t->id,
		.peer = place->peer,
		.local = place->local,
		.role = place->role,
		.push_back = place->push_back,
		.helo = session_client_name(v->session),
		.sender = t->sender,
		.rcpts = rcpts,
		.rcpts_count = (uint32_t)t->rcpt_count,
		.size_bytes = t->data.size,
		.header = { header, header_size },
		.tls = session_is_tls(v->session),
		.each = t->prdr_begun,
		.dry = v->dry != NULL,
	};

	for (size_t i = 0; i < t->rcpt_count; i++)
		rcpts[i].address = t->rcpts[i].address;
	add_sender(&ask, t->spf);
	signatures = add_message(&ask, v->found);
	questions = add_questions(&ask, v->found);
	v->found = NULL;	/* it ends with the call that brought it */
	v->calls++;
	policy_judge(child_peer(PROCESS_POLICY), &ask, JUDGE_MS, judge_done, v);
	free(rcpts);
	free(signatures);
	free(questions);
}
