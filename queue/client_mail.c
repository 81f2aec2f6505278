/* SPDX-License-Identifier: ISC */
/*
 * The steps of a transaction: MAIL, RCPT, DATA, the body and its dot.
 *
 * BDAT is not used: it would save the pass that looks for dots, which costs
 * less than copying, and would double the places where a message can fail.
 */
#include "queue/client_core.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/*
 * Addresses come from our own parser; this only makes sure that whatever
 * happens there, no command can be made of one: no controls, and outside of
 * quotes none of what ends a path; UTF-8 only with SMTPUTF8.
 */
static bool
fits_in_path(const struct client *c, const char *address)
{
	unsigned char most = c->message.utf8 ? 0xff : 0x7e;
	bool quoted = false;

	for (const char *p = address; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || *p == '\x7f' ||
		    (unsigned char)*p > most)
			return false;
		if (quoted && *p == '\\' && p[1] != '\0')
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && strchr(" <>", *p) != NULL)
			return false;
	}
	return !quoted;
}

static void
refuse_all(struct client *c, const char *enhanced, const char *text)
{
	struct client_result result = client_own_result(c, OUTCOME_FAILED,
	    enhanced, text);

	client_book_rest(c, &result);
	client_over(c);
}

static void
refuse_unfit(struct client *c)
{
	struct client_result result;

	for (size_t i = 0; i < c->message.rcpt_count; i++) {
		if (fits_in_path(c, c->message.rcpts[i]))
			continue;
		result = client_own_result(c, OUTCOME_FAILED, "5.1.3",
		    "this address cannot be sent over SMTP");
		client_book(c, i, &result);
		c->rcpts[i].state = RCPT_UNFIT;
	}
}

/* The first recipient at or behind `from` that can be sent. */
static size_t
next_fit(const struct client *c, size_t from)
{
	while (from < c->message.rcpt_count &&
	    c->rcpts[from].state == RCPT_UNFIT)
		from++;
	return from;
}

/* The first one at or behind `from` that the server accepted. */
static size_t
next_accepted(const struct client *c, size_t from)
{
	while (from < c->message.rcpt_count &&
	    c->rcpts[from].state != RCPT_ACCEPTED)
		from++;
	return from;
}

/* RFC 6531 3.5: without SMTPUTF8 such a message cannot go to this server. */
void
client_start(struct client *c)
{
	c->mail_taken = c->given_up = false;
	c->body_open = c->dot_said = c->prdr = c->prdr_open = false;
	c->body_left = c->message.size_bytes;
	stuff_init(&c->stuff);
	if (c->message.utf8 && (c->offers & OFFER_SMTPUTF8) == 0) {
		refuse_all(c, "5.6.7", "the message needs SMTPUTF8, "
		    "which the server does not offer");
		return;
	}
	if (!fits_in_path(c, c->message.sender)) {
		refuse_all(c, "5.1.7", "the sender's address cannot be sent "
		    "over SMTP");
		return;
	}
	refuse_unfit(c);
	if (next_fit(c, 0) == c->message.rcpt_count)
		client_over(c);
	else
		client_go(c, c->reset_first ? STEP_RSET : STEP_MAIL, 0);
}

void
client_over(struct client *c)
{
	c->reset_first |= c->mail_taken;
	c->mail_taken = c->begun = c->body_open = c->dot_said = false;
	client_go(c, STEP_IDLE, 0);
}

struct client_place
client_after(const struct client *c, struct client_place place)
{
	size_t i;

	switch (place.step) {
	case STEP_RSET:
		return (struct client_place){ STEP_MAIL, 0 };
	case STEP_MAIL:
	case STEP_RCPT:
		i = next_fit(c, place.step == STEP_MAIL ? 0 : place.rcpt + 1);
		if (i < c->message.rcpt_count)
			return (struct client_place){ STEP_RCPT, i };
		return (struct client_place){ STEP_DATA, 0 };
	case STEP_DATA:
		return (struct client_place){ STEP_DOT, 0 };
	case STEP_GREETING:
	case STEP_EHLO:
	case STEP_HELO:
	case STEP_STARTTLS:
	case STEP_TLS:
	case STEP_IDLE:
	case STEP_DOT:
	case STEP_QUIT:
	case STEP_END:
	case STEP_COUNT:
		break;
	}
	return (struct client_place){ STEP_END, 0 };
}

void
client_say_rset(struct client *c)
{
	client_say(c, "RSET");
}

void
client_on_rset(struct client *c)
{
	if (c->reply.class != 2) {
		client_refused(c, CLIENT_END_REFUSED);
		return;
	}
	c->reset_first = false;
	client_heard(c);
}

/*
 * A server without 8BITMIME gets the octets all the same, without BODY: those
 * that would be hurt by them are gone, and RFC 6152's other choices are to
 * rewrite what may be signed, or to bounce.
 */
void
client_say_mail(struct client *c)
{
	const struct client_message *m = &c->message;
	char size[32] = "";

	if ((c->offers & OFFER_SIZE) != 0)
		snprintf(size, sizeof size, " SIZE=%" PRIu64, m->size_bytes);
	c->prdr = client_prdr_offered(c);
	client_say(c, "MAIL FROM:<%s>%s%s%s%s", m->sender, size,
	    m->eightbit && (c->offers & OFFER_8BITMIME) != 0 ?
	    " BODY=8BITMIME" : "", m->utf8 ? " SMTPUTF8" : "",
	    c->prdr ? " PRDR" : "");
}

void
client_on_mail(struct client *c)
{
	struct client_result result;

	if (c->reply.class == 3) {
		client_confused(c, "reply to MAIL");
		return;
	}
	if (c->reply.class == 2) {
		c->mail_taken = true;
	} else {
		result = client_reply_result(c);
		client_book_rest(c, &result);
		c->given_up = true;
	}
	client_heard(c);
}

void
client_say_rcpt(struct client *c)
{
	client_say(c, "RCPT TO:<%s>", c->message.rcpts[c->say.rcpt]);
}

/* A recipient that has its result (MAIL was refused) only counts replies. */
void
client_on_rcpt(struct client *c)
{
	struct client_rcpt *rcpt = &c->rcpts[c->hear.rcpt];
	struct client_result result;

	if (c->reply.class == 3) {
		client_confused(c, "reply to RCPT");
		return;
	}
	if (rcpt->state == RCPT_OPEN && c->reply.class == 2) {
		rcpt->state = RCPT_ACCEPTED;
		c->accepted++;
	} else if (rcpt->state == RCPT_OPEN) {
		result = client_reply_result(c);
		if (client_reply_is_too_many(c)) {
			result.outcome = OUTCOME_DEFERRED;
			result.again = true;
		}
		client_book(c, c->hear.rcpt, &result);
	}
	client_heard(c);
}

void
client_say_data(struct client *c)
{
	client_say(c, "DATA");
}

/* RFC 2920 3.1: DATA that ran ahead may be answered with 354 although nobody
 * was accepted; then an empty message for nobody follows. */
void
client_on_data(struct client *c)
{
	struct client_result result;

	if (c->reply.class == 2 || (c->reply.class == 3 && c->kind.lmtp &&
	    c->accepted == 0)) {	/* RFC 2033 4.2 says 503 to that */
		client_confused(c, "reply to DATA");
		return;
	}
	if (c->reply.class == 3) {
		client_go(c, STEP_DOT, next_accepted(c, 0));
		return;
	}
	result = client_reply_result(c);
	client_book_rest(c, &result);
	client_over(c);
}

static void
say_dot(struct client *c)
{
	char line[120];

	stuff_end(&c->stuff, &c->out);
	c->dot_said = true;
	snprintf(line, sizeof line, "body: %" PRIu64 " octets, %" PRIu64
	    " lines%s", c->message.size_bytes - c->body_left, c->stuff.lines,
	    c->stuff.mended > 0 ? ", line ends mended" : "");
	client_trace(c, '*', line);
	client_trace(c, '>', ".");
}

/* With nobody accepted the dot goes out alone. */
void
client_say_body(struct client *c)
{
	c->body_open = true;
	if (c->accepted == 0 || c->body_left == 0)
		say_dot(c);
}

size_t
client_body(struct client *c, const void *data, size_t n, uint64_t now_ms)
{
	(void)now_ms;	/* time counts from when output is taken */
	assert(c->hear.step == STEP_DOT && c->body_open && !c->dot_said);
	if (buf_len(&c->out) >= CLIENT_PIECE_MAX)
		return 0;
	if (n > CLIENT_PIECE_MAX)
		n = CLIENT_PIECE_MAX;
	if (n > c->body_left)
		n = (size_t)c->body_left;
	stuff_add(&c->stuff, &c->out, data, n);
	c->body_left -= n;
	if (c->body_left == 0)
		say_dot(c);
	return n;
}

bool
client_dot_gone(const struct client *c)
{
	return c->dot_said && buf_len(&c->out) == 0 && c->unsent == 0;
}

/* A refusal in the middle of the body is one, but the session is at an end:
 * what follows would be read as commands, or as the body of nothing. */
static void
on_early_reply(struct client *c)
{
	struct client_result result;

	if (c->reply.class < 4) {
		client_confused(c, "reply before the end of the message");
		return;
	}
	result = client_reply_result(c);
	client_book_rest(c, &result);
	client_refused(c, CLIENT_END_REFUSED);
}

/* SMTP: one reply for all, but for PRDR.  LMTP: one for each that was accepted, in their
 * order (RFC 2033 4.2). */
void
client_on_dot(struct client *c)
{
	struct client_result result;
	size_t i = c->hear.rcpt;

	if (!client_dot_gone(c)) {
		on_early_reply(c);
		return;
	}
	if (client_prdr_begins(c))
		return;
	if (c->reply.class == 3) {
		client_confused(c, "reply to the end of the message");
		return;
	}
	if (c->prdr_open) {
		if (client_prdr_reply(c)) {
			c->hear.rcpt = next_accepted(c, i + 1);
			return;
		}
		c->mail_taken = false;
		client_over(c);
		return;
	}
	c->mail_taken = false;
	if (c->accepted > 0) {
		result = client_reply_result(c);
		if (!c->kind.lmtp)
			client_book_rest(c, &result);
		else
			client_book(c, i, &result);
	}
	if (c->accepted == 0)
		client_over(c);
	else
		c->hear.rcpt = next_accepted(c, i + 1);
}
