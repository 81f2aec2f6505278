/* SPDX-License-Identifier: ISC */
/*
 * The driver of the step table: which step is said when, whose reply it is
 * that came, and how long to wait for it.
 */
#include "queue/client_core.h"

#include <assert.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

/* A piece of a body at its largest, and the commands before it. */
#define OUT_MAX		(2 * CLIENT_PIECE_MAX + 65536)
#define OUT_AHEAD	32768	/* commands run ahead up to here */
#define OUT_KEPT	4096	/* room that an idle session keeps */

#define TLS_AT_MOST_MS	60000
#define QUIT_AT_MOST_MS	5000

#define WITHIN(setting)	offsetof(struct client_timeouts, setting)

static const struct step {
	const char	*name;
	void		(*say)(struct client *);	/* NULL: only hears */
	void		(*on_reply)(struct client *);
	size_t		 timeout;	/* offset in struct client_timeouts */
	uint32_t	 at_most_ms;	/* 0: no other limit */
	bool		 runs_ahead;	/* may be said before what is before
					 * it is answered (RFC 2920 3.1) */
} steps[STEP_COUNT] = {
	[STEP_GREETING] = { "greeting", NULL, client_on_greeting,
	    WITHIN(greeting_ms), 0, false },
	[STEP_EHLO] = { "EHLO", client_say_hello, client_on_hello,
	    WITHIN(mail_ms), 0, false },
	[STEP_HELO] = { "HELO", client_say_helo, client_on_helo,
	    WITHIN(mail_ms), 0, false },
	[STEP_STARTTLS] = { "STARTTLS", client_say_starttls,
	    client_on_starttls, WITHIN(mail_ms), 0, false },
	[STEP_TLS] = { "TLS handshake", NULL, client_on_plain_bytes,
	    WITHIN(mail_ms), TLS_AT_MOST_MS, false },
	[STEP_IDLE] = { "next message", NULL, client_on_unasked,
	    WITHIN(mail_ms), 0, false },
	[STEP_RSET] = { "RSET", client_say_rset, client_on_rset,
	    WITHIN(mail_ms), 0, false },
	[STEP_MAIL] = { "MAIL", client_say_mail, client_on_mail,
	    WITHIN(mail_ms), 0, true },
	[STEP_RCPT] = { "RCPT", client_say_rcpt, client_on_rcpt,
	    WITHIN(rcpt_ms), 0, true },
	[STEP_DATA] = { "DATA", client_say_data, client_on_data,
	    WITHIN(data_start_ms), 0, true },
	[STEP_DOT] = { "end of the message", client_say_body, client_on_dot,
	    WITHIN(data_end_ms), 0, false },
	[STEP_QUIT] = { "QUIT", client_say_quit, client_on_quit,
	    WITHIN(mail_ms), QUIT_AT_MOST_MS, false },
	[STEP_END] = { "end", NULL, client_on_unasked, WITHIN(mail_ms), 0, false },
};

const char *
client_step_name(enum client_step step)
{
	return steps[step].name;
}

static void
limit_all(struct client *c, uint64_t now_ms)
{
	uint32_t ms = c->settings->timeouts.transaction_ms;

	c->over_ms = ms == 0 ? 0 : now_ms + ms;
}

struct client *
client_new(const struct client_settings *settings,
    const struct client_kind *kind, uint64_t now_ms)
{
	struct client *c = xcalloc(1, sizeof *c);

	c->settings = settings;
	c->kind = *kind;
	reply_init(&c->reply);
	buf_init(&c->out, OUT_MAX);
	c->end.step = "";
	c->end.result.text = "";
	client_go(c, STEP_GREETING, 0);
	c->deadline_ms = now_ms + settings->timeouts.greeting_ms;
	limit_all(c, now_ms);
	return c;
}

struct client *
client_free(struct client *c)
{
	if (c == NULL)
		return NULL;
	client_forget_results(c);
	free(c->rcpts);
	reply_done(&c->reply);
	buf_done(&c->out);
	free(c);
	return NULL;
}

/* ---- saying and hearing ------------------------------------------------ */

void
client_trace(struct client *c, char direction, const char *line)
{
	if (c->kind.trace != NULL)
		c->kind.trace(c->kind.trace_arg, direction, line);
}

void
client_say(struct client *c, const char *format, ...)
{
	size_t before = buf_len(&c->out);
	va_list args;

	va_start(args, format);
	buf_vaddf(&c->out, format, args);
	va_end(args);
	client_trace(c, '>', buf_cstr(&c->out) + before);
	buf_add(&c->out, "\r\n", 2);
}

void
client_go(struct client *c, enum client_step step, size_t rcpt)
{
	c->say = c->hear = (struct client_place){ step, rcpt };
}

void
client_heard(struct client *c)
{
	c->hear = client_after(c, c->hear);
}

/* Everything said is answered. */
static bool
caught_up(const struct client *c)
{
	return c->say.step == c->hear.step && c->say.rcpt == c->hear.rcpt;
}

/* Nobody is left for whom the rest of the transaction could be of use. */
static bool
is_hopeless(const struct client *c)
{
	return c->begun && c->say.step != STEP_DOT && (c->given_up ||
	    (c->say.step == STEP_DATA && c->accepted == 0));
}

static bool
may_say(const struct client *c)
{
	if (steps[c->say.step].say == NULL)
		return false;
	return caught_up(c) || (!c->given_up && steps[c->say.step].runs_ahead &&
	    (c->offers & OFFER_PIPELINING) != 0 &&
	    buf_len(&c->out) < OUT_AHEAD);
}

static void
arm(struct client *c, uint64_t now_ms)
{
	const struct client_timeouts *settings = &c->settings->timeouts;
	const struct step *step = &steps[c->hear.step];
	uint32_t ms;

	if (c->hear.step == STEP_IDLE || c->hear.step == STEP_END) {
		c->deadline_ms = 0;
		return;
	}
	memcpy(&ms, (const char *)settings + step->timeout, sizeof ms);
	if (c->hear.step == STEP_DOT && !c->dot_said)
		ms = settings->data_block_ms;
	if (step->at_most_ms > 0 && ms > step->at_most_ms)
		ms = step->at_most_ms;
	c->deadline_ms = now_ms + ms;
	if (c->over_ms != 0 && c->deadline_ms > c->over_ms)
		c->deadline_ms = c->over_ms;
}

/* Says all that may be said now. */
static void
drive(struct client *c, uint64_t now_ms)
{
	bool rested = false;

	for (;;) {
		if (caught_up(c) && is_hopeless(c)) {
			client_over(c);
			rested = true;
		}
		if (!may_say(c))
			break;
		rested = rested || caught_up(c);
		steps[c->say.step].say(c);
		c->say = client_after(c, c->say);
	}
	if (rested)
		arm(c, now_ms);
}

static void
take_reply(struct client *c)
{
	if (strcmp(c->reply.code, CODE_CLOSING) == 0)
		client_refused(c, CLIENT_END_REFUSED);
	else
		steps[c->hear.step].on_reply(c);
}

/* What a stranger wrote, fit for a screen. */
static void
trace_reply(struct client *c)
{
	char line[REPLY_LINE_MAX + 1];
	size_t n = buf_len(&c->reply.line);

	if (c->kind.trace == NULL)
		return;
	memcpy(line, buf_bytes(&c->reply.line), n);
	line[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == '\x7f')
			line[i] = '?';
	client_trace(c, '<', line);
}

void
client_bytes(struct client *c, const void *data, size_t n, uint64_t now_ms)
{
	const char *p = data;
	enum reply_status status;
	size_t used;

	while (n > 0 && c->hear.step != STEP_END) {
		if (c->hear.step == STEP_TLS) {
			client_on_plain_bytes(c);
			return;
		}
		status = reply_feed(&c->reply, p, n, &used);
		if (status == REPLY_MALFORMED) {
			client_confused(c, "malformed reply");
			return;
		}
		p += used;
		n -= used;
		if (status == REPLY_MORE)
			return;
		trace_reply(c);
		if (c->hear.step == STEP_EHLO)
			client_note_offer(c);
		if (status == REPLY_LINE)
			continue;
		take_reply(c);
		reply_clear(&c->reply);
		arm(c, now_ms);
		drive(c, now_ms);
	}
}

/* ---- the shell's side -------------------------------------------------- */

uint64_t
client_timeout_ms(const struct client *c, uint64_t now_ms)
{
	if (c->deadline_ms == 0)
		return 0;
	return now_ms < c->deadline_ms ? c->deadline_ms - now_ms : 1;
}

enum client_want
client_next(struct client *c)
{
	if (buf_len(&c->out) > 0)
		return CLIENT_SENDS;
	if (c->hear.step == STEP_END)
		return CLIENT_ENDED;
	if (c->hear.step == STEP_IDLE)
		return CLIENT_READY;
	if (c->hear.step == STEP_DOT && c->body_open && !c->dot_said)
		return CLIENT_WANTS_BODY;
	if (c->tls_wanted) {
		c->tls_wanted = false;
		return CLIENT_STARTS_TLS;
	}
	return CLIENT_WAITS;
}

const uint8_t *
client_output(const struct client *c, size_t *ret_n)
{
	*ret_n = buf_len(&c->out);
	return buf_bytes(&c->out);
}

void
client_output_taken(struct client *c, size_t n, uint64_t now_ms)
{
	buf_consume(&c->out, n);
	if (c->hear.step == STEP_DOT)
		arm(c, now_ms);
	drive(c, now_ms);
}

void
client_unsent(struct client *c, size_t n)
{
	c->unsent = n;
}

void
client_tls_up(struct client *c, const char *version, const char *cipher,
    uint64_t now_ms)
{
	char line[160];

	if (c->hear.step != STEP_TLS)
		return;
	snprintf(line, sizeof line, "TLS: %s, %s", version, cipher);
	client_trace(c, '*', line);
	c->tls = true;
	reply_clear(&c->reply);
	client_go(c, STEP_EHLO, 0);
	drive(c, now_ms);
}

void
client_begin(struct client *c, const struct client_message *message,
    uint64_t now_ms)
{
	assert(!c->begun && c->hear.step <= STEP_IDLE);
	client_forget_results(c);
	if (message->rcpt_count > c->rcpt_room) {
		free(c->rcpts);
		c->rcpt_room = message->rcpt_count;
		c->rcpts = xcalloc(c->rcpt_room, sizeof *c->rcpts);
	}
	for (size_t i = 0; i < message->rcpt_count; i++)
		c->rcpts[i] = (struct client_rcpt){ .state = RCPT_OPEN };
	if (c->out.size > OUT_KEPT)
		buf_shrink(&c->out);
	c->message = *message;
	c->begun = true;
	limit_all(c, now_ms);
	c->accepted = 0;
	if (c->hear.step == STEP_IDLE) {
		client_start(c);
		drive(c, now_ms);
	}
}

void
client_quit(struct client *c, uint64_t now_ms)
{
	assert(c->hear.step == STEP_IDLE);
	client_go(c, STEP_QUIT, 0);
	drive(c, now_ms);
}

const struct client_result *
client_result(const struct client *c, size_t i)
{
	assert(!c->begun && i < c->message.rcpt_count);
	return &c->rcpts[i].result;
}

const struct client_end *
client_end(const struct client *c)
{
	return &c->end;
}

bool
client_is_tls(const struct client *c)
{
	return c->tls;
}
