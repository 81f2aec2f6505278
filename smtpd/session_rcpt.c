/* SPDX-License-Identifier: ISC */
/*
 * RCPT: the judge is asked where the mail for this recipient goes.  A
 * pipelined group is asked for at once and told in its own order:
 *
 *	0             rcpts_told         rcpts_asked         rcpt_count
 *	 | replied to  | asked, maybe     | to be asked       |
 *	 |             | answered already |                   |
 */
#include "smtpd/session_int.h"

#include "policy/policy.h"
#include "smtpd/params.h"

/* recipients-max is a matter of the row as it is told: of a group some may be
 * refused, and these leave their places to others. */
static void
tell(struct session *s, struct rcpt *rcpt)
{
	struct transaction *t = s->t;

	if (rcpt->reply == REPLY_RECIPIENT_OK &&
	    t->rcpts_taken == s->env->config->recipients_max) {
		rcpt->reply = REPLY_TOO_MANY_RECIPIENTS;
		t->target_count -= rcpt->target_count;
	}
	if (rcpt->reply == REPLY_RECIPIENT_OK)
		t->rcpts_taken++;
	else if (s->env->refused != NULL)
		s->env->refused(s->env->arg, s, rcpt);
	session_say(s, rcpt->reply, NULL);
}

/* Tells what is known up to the first open question. */
void
session_tell_recipients(struct session *s)
{
	struct transaction *t = s->t;

	while (t->rcpts_told < t->rcpt_count) {
		struct rcpt *rcpt = &t->rcpts[t->rcpts_told];

		if (rcpt->reply == REPLY_NONE)
			return;
		t->rcpts_told++;
		tell(s, rcpt);
		if (s->waiting_for == SESSION_CLOSED)
			return;
	}
	transaction_drop_refused(t);
	s->state = t->rcpt_count > 0 ? AT_RCPT : AT_MAIL;
	session_wait_for(s, SESSION_INPUT);
}

/* What to say without asking; REPLY_NONE if it must be asked. */
static enum reply
check(const struct session *s, const char *text, size_t n,
    char address[static MAILADDR_TEXT_SIZE])
{
	struct path path;
	enum reply reply = path_parse(text, n, "TO:", true,
	    REPLY_BAD_RECIPIENT, &path);

	if (reply != REPLY_NONE)
		return reply;
	if (path.null)
		return REPLY_BAD_RECIPIENT;
	if (path.params_length > 0)	/* none is offered that RCPT could have */
		return REPLY_RCPT_PARAMETER;
	if (path.utf8 && !s->t->utf8)
		return REPLY_NEEDS_UTF8;
	if (s->t->rcpts_taken >= s->env->config->recipients_max)
		return REPLY_TOO_MANY_RECIPIENTS;
	/* "postmaster" alone (RFC 5321 4.5.1) stays so: the judge knows whose. */
	mailaddr_format(&path.addr, address);
	return REPLY_NONE;
}

void
session_rcpt(struct session *s, const char *text, size_t n)
{
	char address[MAILADDR_TEXT_SIZE] = "";
	enum reply reply = check(s, text, n, address);

	transaction_add_rcpt(s->t, address)->reply = reply;
	if (s->waiting_for != SESSION_RECIPIENTS)
		session_wait_for(s, SESSION_RECIPIENTS);
	session_tell_recipients(s);
}

/* enum recipient_status to replies. */
static const enum reply replies[] = {
	[RECIPIENT_OK] = REPLY_RECIPIENT_OK,
	[RECIPIENT_UNKNOWN] = REPLY_NO_SUCH_MAILBOX,
	[RECIPIENT_NO_RELAY] = REPLY_NO_RELAY,
	[RECIPIENT_TROUBLE] = REPLY_TROUBLE,
	[RECIPIENT_LOOP] = REPLY_ALIAS_LOOP,
};

static enum reply
decide(const struct session *s, bool ok, uint32_t status, size_t count)
{
	if (!ok || status >= sizeof replies / sizeof replies[0])
		return REPLY_TROUBLE;
	if (status != RECIPIENT_OK)
		return replies[status];
	if (count == 0)
		return REPLY_TROUBLE;
	if (s->t->target_count + count > SESSION_TARGETS_MAX)
		return REPLY_TOO_MANY_TARGETS;
	return REPLY_RECIPIENT_OK;
}

void
session_recipient_answer(struct session *s, size_t slot, bool ok,
    uint32_t status, const struct target *targets, size_t count,
    uint64_t now_ms)
{
	struct rcpt *rcpt;

	if (s->waiting_for != SESSION_RECIPIENTS || slot >= s->t->rcpt_count ||
	    s->t->rcpts[slot].reply != REPLY_NONE)
		return;
	rcpt = &s->t->rcpts[slot];
	rcpt->reply = decide(s, ok, status, count);
	if (rcpt->reply == REPLY_RECIPIENT_OK) {
		rcpt_set_targets(rcpt, targets, count);
		s->t->target_count += count;
	}
	s->now_ms = now_ms;
	session_tell_recipients(s);
	session_go_on(s, now_ms);
}
