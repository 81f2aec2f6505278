/* SPDX-License-Identifier: ISC */
/*
 * Per-recipient replies to the end of data (PRDR, draft-hall-prdr-00): 353
 * when the message is complete, then one reply for each recipient that RCPT
 * accepted, in their order, then one for the message.
 *
 *	C: .
 *	S: 353 ...			at once
 *	S: 250 2.1.5 ...		the first recipient
 *	S: 550 5.5.64 fall back ...	the second one
 *	S: 250 2.0.0 Queued as ...	kept for those who have a 250
 *
 * With a single recipient the reply to the message says it all.
 */
#include "smtpd/session_int.h"

#include <string.h>

#include "policy/policy.h"

void
session_prdr_begin(struct session *s)
{
	struct transaction *t = s->t;

	if (!t->prdr || t->prdr_begun || t->rcpt_count < 2)
		return;
	t->prdr_begun = true;
	session_say(s, REPLY_PRDR, NULL);
	s->hurried = true;
}

/* Of those who are to get it, the strictest way to take the message. */
static void
take_strictest(struct transaction *t)
{
	static const int order[] = {
		[VERDICT_ACCEPT] = 1,
		[VERDICT_FILTER] = 2,
		[VERDICT_QUARANTINE] = 3,
	};
	int most = 0;

	for (size_t i = 0; i < t->rcpt_count; i++) {
		const struct rcpt *rcpt = &t->rcpts[i];

		if (rcpt->refused || order[rcpt->action] <= most)
			continue;
		most = order[rcpt->action];
		t->action = rcpt->action;
	}
}

void
session_prdr_none(struct session *s)
{
	for (size_t i = 0; i < s->t->rcpt_count; i++)
		s->t->rcpts[i].refused = false;
}

/* Nobody is to be spared what a filter finds, see session_prdr_spare. */
static void
judge_alike(struct transaction *t, uint32_t action)
{
	for (size_t i = 0; i < t->rcpt_count; i++)
		t->rcpts[i].action = action;
}

bool
session_prdr_split(struct session *s, const struct session_verdict *v)
{
	struct transaction *t = s->t;
	size_t taken = 0;

	if (!t->prdr_begun)
		return false;
	if (v->opinion_count != t->rcpt_count) {
		judge_alike(t, v->action);
		return false;
	}
	for (size_t i = 0; i < t->rcpt_count; i++) {
		struct rcpt *rcpt = &t->rcpts[i];

		rcpt->action = v->opinions[i];
		rcpt->refused = !session_takes(s, rcpt->action);
		taken += !rcpt->refused;
	}
	if (taken > 0)
		take_strictest(t);
	else
		session_prdr_none(s);
	session_event(s, "taken for %zu of %zu recipients", taken,
	    t->rcpt_count);
	return taken > 0;
}

bool
session_prdr_spare(struct session *s, uint32_t action)
{
	struct transaction *t = s->t;
	size_t spared = 0;

	if (!t->prdr_begun)
		return false;
	for (size_t i = 0; i < t->rcpt_count; i++)
		spared += !t->rcpts[i].refused &&
		    t->rcpts[i].action != VERDICT_FILTER;
	if (spared == 0)
		return false;
	for (size_t i = 0; i < t->rcpt_count; i++) {
		struct rcpt *rcpt = &t->rcpts[i];

		if (!rcpt->refused && rcpt->action == VERDICT_FILTER) {
			rcpt->refused = true;
			rcpt->action = action;
		}
	}
	return true;
}

/* One line: the reason in full is the message's, or was the first one's. */
static void
say_refusal(struct session *s, const struct rcpt *rcpt)
{
	enum reply reply = session_refusal(s, rcpt->action);
	const char *text = reply_text(reply);
	size_t begin = buf_len(&s->out);

	reply_add_refusal(&s->out, reply_code(reply),
	    session_enhanced(s, reply), &text, 1);
	session_sent(s, begin);
}

void
session_prdr_each(struct session *s, const char *code, const char *enhanced,
    const char *text)
{
	struct transaction *t = s->t;
	bool in_full = false;

	for (size_t i = 0; t->prdr_begun && i < t->rcpt_count; i++) {
		const struct rcpt *rcpt = &t->rcpts[i];
		size_t begin = buf_len(&s->out);

		if (!rcpt->refused) {
			reply_add_codes(&s->out, code, enhanced, text);
			session_sent(s, begin);
		} else if (in_full || rcpt->action != VERDICT_FALLBACK ||
		    !session_say_words(s)) {
			say_refusal(s, rcpt);
		} else {
			in_full = true;
		}
	}
}
