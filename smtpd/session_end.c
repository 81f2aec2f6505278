/* SPDX-License-Identifier: ISC */
/*
 * What becomes of the text: a spool file when it grows large, and at its end
 * the verdict, the queue, the reply.
 *
 *	text --too much for memory--> SPOOL --> WRITE --> more text
 *	end --[spooled]--> WRITE --> [SENDER] --> EXAMINE --> JUDGE
 *	JUDGE --accepted--> [FILTER] --passed--> SUBMIT --> reply, or replies
 *	  '--pushed back--> [FILTER, for malware] ----------> reply
 *	  '--refused----------------------------------------> reply
 */
#include "smtpd/session_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "queue/queue_words.h"
#include "util/xalloc.h"

/* With a spool file, text is handed to it in pieces of at least this. */
#define WRITE_PIECE	(64 * 1024)
#define WORDS_MAX	8192

void
session_finish(struct session *s, const char *code, const char *enhanced)
{
	const struct session_report report = { s->t, code, enhanced };

	if (s->env->report != NULL)
		s->env->report(s->env->arg, s, &report);
	session_reset(s);
	s->commands = 0;
	s->moved_ms = s->now_ms;
	if (code[0] == '2')	/* a list's long session has its share of both */
		s->errors = 0;
	if (s->waiting_for == SESSION_CLOSED)
		return;
	session_wait_for(s, SESSION_INPUT);
	if (s->stopping)
		session_end(s, REPLY_SHUTDOWN);
}

void
session_refuse_message(struct session *s, enum reply reply)
{
	session_prdr_each(s, reply_code(reply), reply_enhanced(reply),
	    reply_text(reply));
	session_say(s, reply, NULL);
	session_finish(s, reply_code(reply), reply_enhanced(reply));
}

/* ---- large messages ---- */

static size_t
unsaved(const struct transaction *t)
{
	return body_len(&t->body) - t->kept;
}

void
session_check_room(struct session *s)
{
	const struct transaction *t = s->t;

	if (t->data.fault != REPLY_NONE)
		return;
	if (t->spool_id != 0) {
		if (unsaved(t) >= WRITE_PIECE)
			session_wait_for(s, SESSION_WRITE);
	} else if (body_len(&t->body) > s->env->config->inline_body_max) {
		s->t->asked_ms = s->now_ms;
		session_wait_for(s, SESSION_SPOOL);
	}
}

/* The rest is read to its end, and then refused. */
static void
give_up_text(struct session *s, enum reply reply)
{
	s->t->data.fault = reply;
	s->t->kept = 0;
	body_done(&s->t->body);
}

/* Work on where the text stopped: amid it, or at its end. */
static void
text_goes_on(struct session *s, uint64_t now_ms)
{
	struct transaction *t = s->t;

	s->now_ms = now_ms;
	session_wait_for(s, SESSION_INPUT);
	if (t->complete)
		session_message_complete(s);
	else if (s->mode == MODE_CHUNK && t->chunk_left == 0)
		session_end_chunk(s);
	session_go_on(s, now_ms);
}

void
session_spool_answer(struct session *s, bool ok, uint32_t status,
    uint64_t spool_id, uint64_t now_ms)
{
	struct transaction *t = s->t;

	if (s->waiting_for != SESSION_SPOOL)
		return;
	if (now_ms > t->asked_ms)
		t->began_ms += now_ms - t->asked_ms;
	if (ok && status == QUEUE_OK && spool_id != 0) {
		t->spool_id = spool_id;
		session_wait_for(s, SESSION_WRITE);
		return;
	}
	give_up_text(s, ok && status == QUEUE_FULL ? REPLY_NO_ROOM :
	    REPLY_TROUBLE);
	text_goes_on(s, now_ms);
}

/* What is in the file need not be in memory, but for the header section,
 * which the judge will want. */
void
session_written(struct session *s, bool ok, uint64_t now_ms)
{
	struct transaction *t = s->t;

	if (s->waiting_for != SESSION_WRITE)
		return;
	if (!ok)
		give_up_text(s, REPLY_NO_ROOM);
	else {
		t->saved_bytes += unsaved(t);
		if (!t->data.in_header)
			body_truncate(&t->body, t->data.header_end);
		t->kept = body_len(&t->body);
	}
	text_goes_on(s, now_ms);
}

/* ---- the end ---- */

void
session_message_complete(struct session *s)
{
	struct transaction *t = s->t;

	if (!t->complete) {
		t->complete = true;
		t->ended_ms = s->now_ms;
		session_event(s, "message of %" PRIu64 " octets",
		    t->data.size);
	}
	if (t->data.fault != REPLY_NONE)
		session_refuse_message(s, t->data.fault);
	else if (t->spool_id != 0 && unsaved(t) > 0)
		session_wait_for(s, SESSION_WRITE);
	else {
		session_prdr_begin(s);
		session_wait_for(s, t->sender_answered ? SESSION_EXAMINE :
		    SESSION_SENDER);
		session_check_room(s);
	}
}

/* ---- what is known of it ---- */

void
session_sender_answer(struct session *s, uint64_t transaction,
    const struct sender_facts *facts, uint64_t now_ms)
{
	struct transaction *t = s->t;

	if (t == NULL || t->number != transaction || t->sender_answered)
		return;		/* RSET came first */
	t->sender_answered = true;
	transaction_set_spf(t, facts);
	if (s->waiting_for == SESSION_SENDER) {
		s->now_ms = now_ms;
		session_wait_for(s, SESSION_EXAMINE);
	}
}

/* Nothing known is not the end: the judge knows what that is worth. */
void
session_examine_answer(struct session *s,
    const struct session_findings *findings, uint64_t now_ms)
{
	struct transaction *t = s->t;

	if (s->waiting_for != SESSION_EXAMINE)
		return;
	s->now_ms = now_ms;
	if (findings != NULL) {
		t->signed_aligned = findings->signed_aligned;
		t->results = xstrdup(findings->prepend);
	} else
		session_event(s, "authentication is not to be had");
	session_wait_for(s, SESSION_JUDGE);
}

enum reply
session_refusal(const struct session *s, uint32_t action)
{
	if (action == VERDICT_DEFER)
		return REPLY_DEFERRED;
	if (action == VERDICT_REJECT)
		return REPLY_REFUSED;
	return s->place.role == ROLE_DEFENSIVE ? REPLY_PUSH_BACK_DEFENSIVE :
	    REPLY_PUSH_BACK;
}

/* The code of the fall-back reply is a setting (MX6.md, Names). */
const char *
session_enhanced(const struct session *s, enum reply reply)
{
	return reply == REPLY_PUSH_BACK ? s->env->config->fallback_code :
	    reply_enhanced(reply);
}

void
session_refuse_as(struct session *s, const struct session_verdict *v)
{
	enum reply reply = session_refusal(s, v->action);
	const char *text = reply_text(reply);
	const char *const *lines = v->lines;
	char code[4] = "", enhanced[16] = "";
	size_t begin, count = v->line_count;

	if (reply_is_refusal(v->code, v->enhanced) && count > 0) {
		memcpy(code, v->code, 3);	/* checked: both fit */
		memcpy(enhanced, v->enhanced, strlen(v->enhanced));
	} else {
		memcpy(code, reply_code(reply), 3);
		snprintf(enhanced, sizeof enhanced, "%s",
		    session_enhanced(s, reply));
		lines = &text;
		count = 1;
	}
	session_prdr_each(s, code, enhanced, lines[0]);
	begin = buf_len(&s->out);
	reply_add_refusal(&s->out, code, enhanced, lines, count);
	session_sent(s, begin);
	session_finish(s, code, enhanced);
}

/* Only a filter can clear this message; where there is none it is clean over
 * IPv4, and not vouched for where that is needed (MX6.md, Receiver). */
bool
session_takes(const struct session *s, uint32_t action)
{
	return action == VERDICT_ACCEPT || action == VERDICT_QUARANTINE ||
	    (action == VERDICT_FILTER && (s->place.role == ROLE_MX ||
	    session_can_filter(s)));
}

/* What would be pushed back is not to come again over IPv4, if it is malware
 * (MX6.md, Receiver). */
static bool
may_be_malware(const struct session *s, uint32_t action)
{
	return action == VERDICT_FALLBACK && session_has_filter(s, true);
}

/* A filter may come to it that the message is pushed back after all. */
static void
keep_words(struct transaction *t, const struct session_verdict *v)
{
	struct buf words;

	if (v->line_count == 0 || strlen(v->code) != 3 ||
	    strlen(v->enhanced) >= sizeof t->words_enhanced)
		return;
	memcpy(t->words_code, v->code, 4);
	memcpy(t->words_enhanced, v->enhanced, strlen(v->enhanced) + 1);
	buf_init(&words, WORDS_MAX);
	for (size_t i = 0; i < v->line_count; i++) {
		if (i > 0)
			buf_add_str(&words, "\n");
		buf_add_str(&words, v->lines[i]);
	}
	t->words = xstrdup(buf_cstr(&words));
	buf_done(&words);
}

bool
session_say_words(struct session *s)
{
	const struct transaction *t = s->t;
	size_t begin = buf_len(&s->out);
	const char *lines[REPLY_LINES_MAX];
	char *words;
	bool said;

	if (t->words == NULL)
		return false;
	words = xstrdup(t->words);
	said = reply_add_refusal(&s->out, t->words_code, t->words_enhanced,
	    lines, session_lines(words, lines));
	session_sent(s, begin);
	free(words);
	return said;
}

void
session_judge_answer(struct session *s, const struct session_verdict *v,
    uint64_t now_ms)
{
	struct transaction *t = s->t;

	if (s->waiting_for != SESSION_JUDGE)
		return;
	s->now_ms = now_ms;
	if (v == NULL) {
		session_refuse_message(s, REPLY_TROUBLE);
		session_go_on(s, now_ms);
		return;
	}
	t->judged = true;
	t->action = v->action;
	t->rule = xstrdup(v->rule);
	session_event(s, "rule %s", t->rule);
	keep_words(t, v);
	if (!session_prdr_split(s, v) && !session_takes(s, v->action) &&
	    !may_be_malware(s, v->action)) {
		session_refuse_as(s, v);
		session_go_on(s, now_ms);
		return;
	}
	t->quarantine = t->action == VERDICT_QUARANTINE;
	if (!transaction_compose(t, s->env->hostname, v->prepend)) {
		session_refuse_message(s, REPLY_REFUSED);
		session_go_on(s, now_ms);
	} else if (session_has_filter(s, true) ||
	    session_has_filter(s, false))
		session_wait_for(s, SESSION_FILTER);
	else
		session_wait_for(s, SESSION_SUBMIT);
}

/* Only a yes from the queue means that the message is on disk. */
void
session_submit_answer(struct session *s, bool ok, uint32_t status,
    uint64_t now_ms)
{
	if (s->waiting_for != SESSION_SUBMIT)
		return;
	s->now_ms = now_ms;
	if (ok && status == QUEUE_OK) {
		session_prdr_each(s, reply_code(REPLY_TAKEN),
		    reply_enhanced(REPLY_TAKEN), reply_text(REPLY_TAKEN));
		session_say(s, REPLY_QUEUED, s->t->id);
		session_finish(s, reply_code(REPLY_QUEUED), reply_enhanced(REPLY_QUEUED));
	} else
		session_refuse_message(s, ok && status == QUEUE_FULL ?
		    REPLY_NO_ROOM : REPLY_TROUBLE);
	session_go_on(s, now_ms);
}
