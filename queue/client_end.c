/* SPDX-License-Identifier: ISC */
/*
 * How a session ends: by QUIT, by a refusal, by silence or by nonsense.
 * Whatever the end, every recipient of a transaction under way gets a result
 * here.
 */
#include "queue/client_core.h"

#include <stdio.h>
#include <string.h>

void
client_stop(struct client *c, enum client_end_reason reason,
    const struct client_result *result, bool politely)
{
	client_book_rest(c, result);
	c->end.reason = reason;
	c->end.step = client_step_name(c->hear.step);
	c->end.result = *result;
	c->begun = c->body_open = false;
	buf_clear(&c->out);
	if (politely)
		client_say_quit(c);
	client_go(c, STEP_END, 0);
	c->deadline_ms = 0;
}

/* Ends the session for a reason of our own, at the step that is waited for.
 * Behind the final dot nobody knows what became of the message. */
static void
stop_here(struct client *c, enum client_end_reason reason,
    const char *enhanced, const char *what)
{
	struct client_result result;
	char text[200];

	snprintf(text, sizeof text, "%s (waiting for: %s)", what,
	    client_step_name(c->hear.step));
	result = client_own_result(c, client_dot_gone(c) ? OUTCOME_UNCERTAIN :
	    OUTCOME_DEFERRED, enhanced, text);
	client_stop(c, reason, &result, false);
}

void
client_confused(struct client *c, const char *what)
{
	char text[160];

	snprintf(text, sizeof text, "protocol error: %s", what);
	stop_here(c, CLIENT_END_PROTOCOL, "4.5.0", text);
}

/* QUIT only where the server waits for a command, and goes on after it. */
void
client_refused(struct client *c, enum client_end_reason reason)
{
	struct client_result result = client_reply_result(c);

	result.outcome = OUTCOME_DEFERRED;
	client_stop(c, reason, &result, c->hear.step < STEP_TLS &&
	    strcmp(result.code, CODE_CLOSING) != 0);
}

void
client_on_unasked(struct client *c)
{
	client_confused(c, "a reply to nothing");
}

/* RFC 3207 6.: what somebody slipped in between is not the server's. */
void
client_on_plain_bytes(struct client *c)
{
	stop_here(c, CLIENT_END_PROTOCOL, "4.7.0",
	    "plain text behind the reply to STARTTLS");
}

void
client_say_quit(struct client *c)
{
	client_say(c, "QUIT");
}

void
client_on_quit(struct client *c)
{
	client_refused(c, CLIENT_END_QUIT);
}

void
client_lost(struct client *c, const char *why)
{
	enum client_end_reason reason = CLIENT_END_LOST;

	if (c->hear.step == STEP_END) {
		buf_clear(&c->out);	/* a QUIT that nobody will read */
		return;
	}
	if (c->hear.step == STEP_TLS)
		reason = CLIENT_END_TLS;
	if (c->hear.step == STEP_QUIT)
		reason = CLIENT_END_QUIT;
	stop_here(c, reason, "4.4.2",
	    why == NULL ? "the server closed the connection" : why);
}

void
client_timeout(struct client *c, uint64_t now_ms)
{
	if (c->deadline_ms == 0 || now_ms < c->deadline_ms)
		return;
	stop_here(c, c->hear.step == STEP_QUIT ? CLIENT_END_QUIT :
	    CLIENT_END_TIMEOUT, "4.4.2", "no answer in time");
}
