/* SPDX-License-Identifier: ISC */
/*
 * The life of a server session: replies are gathered, and one field says what
 * is awaited.
 */
#include "smtpd/session_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "util/domain.h"
#include "util/xalloc.h"

/* Replies to one group of commands; far more than a group can give. */
#define OUT_MAX		(1024 * 1024)
/* Above this, replies go out even in the middle of a group. */
#define OUT_ENOUGH	4096

struct session *
session_new(const struct session_env *env, const struct session_place *place,
    void *owner, uint64_t now_ms)
{
	struct session *s = xcalloc(1, sizeof *s);

	s->env = env;
	s->owner = owner;
	s->place = *place;
	s->state = AT_GREET;
	s->now_ms = s->waiting_ms = s->moved_ms = now_ms;
	s->iprev = IPREV_TEMPERROR;
	s->normalize = block_list_contains(&env->config->normalize_networks,
	    &place->peer);
	buf_init(&s->held, SESSION_HELD_MAX);
	buf_init(&s->out, OUT_MAX);
	message_id_next(env->ids, now_ms, s->id);
	return s;
}

struct session *
session_free(struct session *s)
{
	if (s == NULL)
		return NULL;
	transaction_free(s->t);
	buf_done(&s->held);
	buf_done(&s->out);
	free(s->helo);
	free(s->rdns);
	free(s->tls);
	free(s);
	return NULL;
}

void
session_start(struct session *s)
{
	char local[NETADDR_TEXT_SIZE];

	session_event(s, "connected to %s, listener %s",
	    netaddr_format_port(&s->place.local, local),
	    listener_role_name(s->place.role));
	session_wait_for(s, SESSION_CLIENT);
}

void
session_wait_for(struct session *s, enum session_wait what)
{
	s->waiting_for = what;
	s->waiting_ms = s->now_ms;
	s->asked = false;
}

void
session_trace(struct session *s, char direction, const char *text, size_t n)
{
	if (s->env->trace != NULL)
		s->env->trace(s->env->arg, s, direction, text, n);
}

void
session_event(struct session *s, const char *format, ...)
{
	char text[256];
	va_list args;
	int n;

	if (s->env->trace == NULL)
		return;
	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n > 0)
		session_trace(s, '*', text, strlen(text));
}

void
session_disconnected(struct session *s, const char *why)
{
	session_event(s, "closed%s%s", why == NULL ? "" : ": ",
	    why == NULL ? "" : why);
}

/* The replies from offset `begin` on are new. */
void
session_sent(struct session *s, size_t begin)
{
	const char *text = (const char *)buf_bytes(&s->out) + begin;
	const char *end = (const char *)buf_bytes(&s->out) + buf_len(&s->out);

	while (s->env->trace != NULL && text < end) {
		const char *cr = memchr(text, '\r', (size_t)(end - text));

		if (cr == NULL)
			break;
		session_trace(s, '>', text, (size_t)(cr - text));
		text = cr + 2;
	}
}

void
session_say_line(struct session *s, const char *code, bool last,
    const char *text)
{
	size_t begin = buf_len(&s->out);

	reply_add_line(&s->out, code, last, text);
	session_sent(s, begin);
}

void
session_say(struct session *s, enum reply reply, const char *detail)
{
	size_t begin = buf_len(&s->out);

	reply_add(&s->out, reply, detail);
	session_sent(s, begin);
	if (reply_is_error(reply) && s->waiting_for != SESSION_CLOSED &&
	    ++s->errors > s->env->config->errors_max)
		session_end(s, REPLY_TOO_MANY_ERRORS);
}

void
session_end(struct session *s, enum reply reply)
{
	size_t begin;

	s->left = 0;
	buf_clear(&s->held);
	session_wait_for(s, SESSION_CLOSED);
	begin = buf_len(&s->out);
	reply_add_last(&s->out, reply, s->env->hostname);
	session_sent(s, begin);
}

void
session_reset(struct session *s)
{
	s->t = transaction_free(s->t);
	s->mode = MODE_COMMAND;
	if (s->state != AT_GREET)
		s->state = AT_READY;
}

bool
session_is_idle(const struct session *s)
{
	return s->mode != MODE_DATA && s->mode != MODE_CHUNK &&
	    s->now_ms >= s->moved_ms +
	    s->env->config->timeout_message * 1000;
}

void
session_timed_out(struct session *s, uint64_t now_ms)
{
	if (s->waiting_for != SESSION_INPUT && s->waiting_for != SESSION_TLS)
		return;
	s->now_ms = now_ms;
	session_end(s, session_is_idle(s) ? REPLY_NO_MESSAGE : REPLY_TIMEOUT);
}

void
session_shutdown(struct session *s)
{
	s->stopping = true;
	if (s->waiting_for == SESSION_INPUT && s->t == NULL)
		session_end(s, REPLY_SHUTDOWN);
}

void
session_client_answer(struct session *s, const struct session_client *client,
    uint64_t now_ms)
{
	char greeting[DOMAIN_SIZE + 16];

	if (s->waiting_for != SESSION_CLIENT)
		return;
	s->now_ms = now_ms;
	if (client != NULL) {
		s->relay = client->relay;
		s->whitelisted = client->whitelisted;
		s->iprev = client->iprev;
		if (client->rdns[0] != '\0')
			s->rdns = xstrdup(client->rdns);
	}
	session_wait_for(s, SESSION_INPUT);
	if (s->stopping) {
		session_end(s, REPLY_SHUTDOWN);
		return;
	}
	if (client != NULL && client->turned_away) {
		session_end(s, REPLY_INSISTENT);
		return;
	}
	snprintf(greeting, sizeof greeting, "%s ESMTP mx6d", s->env->hostname);
	session_say(s, REPLY_GREETING, greeting);
	session_go_on(s, now_ms);
}

enum session_wait
session_waiting_for(const struct session *s)
{
	return s->waiting_for;
}

static bool
next_recipient(struct session *s, struct session_request *ret)
{
	struct transaction *t = s->t;

	while (t->rcpts_asked < t->rcpt_count) {
		size_t slot = t->rcpts_asked++;

		if (t->rcpts[slot].reply != REPLY_NONE)
			continue;
		ret->slot = slot;
		ret->address = t->rcpts[slot].address;
		return true;
	}
	return false;
}

/* SPF needs time, and the client will take some until the end of data. */
static bool
next_sender(struct session *s, struct session_request *ret)
{
	if (s->t == NULL || s->t->sender_asked)
		return false;
	s->t->sender_asked = true;
	ret->what = SESSION_SENDER;
	ret->transaction = s->t->number;
	return true;
}

bool
session_next(struct session *s, struct session_request *ret)
{
	memset(ret, 0, sizeof *ret);
	if (next_sender(s, ret))
		return true;
	ret->what = s->waiting_for;
	switch (s->waiting_for) {
	case SESSION_INPUT:
	case SESSION_SENDER:
	case SESSION_CLOSED:
		return false;
	case SESSION_RECIPIENTS:
		return next_recipient(s, ret);
	case SESSION_WRITE:
		ret->data = body_bytes(&s->t->body) + s->t->kept;
		ret->size = body_len(&s->t->body) - s->t->kept;
		break;
	case SESSION_CLIENT:
	case SESSION_SPOOL:
	case SESSION_EXAMINE:
	case SESSION_JUDGE:
	case SESSION_FILTER:
	case SESSION_SUBMIT:
	case SESSION_TLS:
		break;
	}
	if (s->asked)
		return false;
	s->asked = true;
	return true;
}

const struct buf *
session_output(struct session *s)
{
	bool answered = s->waiting_for == SESSION_INPUT ||
	    s->waiting_for == SESSION_TLS ||
	    s->waiting_for == SESSION_CLOSED || s->hurried;

	if (buf_len(&s->out) == 0 ||
	    (!answered && buf_len(&s->out) < OUT_ENOUGH))
		return NULL;
	return &s->out;
}

void
session_output_done(struct session *s, uint64_t now_ms)
{
	bool stopped = buf_len(&s->out) >= SESSION_OUT_STOP;

	s->hurried = false;
	buf_clear(&s->out);
	buf_shrink(&s->out);
	if (stopped)
		session_go_on(s, now_ms);
}

size_t
session_held(const struct session *s)
{
	return buf_len(&s->held);
}

/* What is left of ms; the clock may have been set. */
static uint64_t
left_of(uint64_t ms, uint64_t since_ms, uint64_t now_ms)
{
	if (now_ms <= since_ms)
		return ms;
	return now_ms - since_ms >= ms ? 1 : ms - (now_ms - since_ms);
}

/* The octets of a text each begin a new wait (data-rate-min is another
 * matter); those of a command do not, else one a minute would do. */
uint64_t
session_timeout_ms(const struct session *s, uint64_t now_ms)
{
	const struct config *config = s->env->config;
	uint64_t command_ms, message_ms;

	if (s->waiting_for != SESSION_INPUT && s->waiting_for != SESSION_TLS)
		return 0;
	if (s->mode == MODE_DATA || s->mode == MODE_CHUNK)
		return left_of(config->timeout_data * 1000, s->now_ms, now_ms);
	command_ms = left_of(config->timeout_command * 1000,
	    s->mode == MODE_SKIP ? s->now_ms : s->waiting_ms, now_ms);
	message_ms = left_of(config->timeout_message * 1000, s->moved_ms,
	    now_ms);
	return command_ms < message_ms ? command_ms : message_ms;
}

/* ---- facts for the owner ---- */

void *
session_owner(const struct session *s)
{
	return s->owner;
}

const char *
session_id(const struct session *s)
{
	return s->id;
}

const struct session_place *
session_place(const struct session *s)
{
	return &s->place;
}

const char *
session_client_name(const struct session *s)
{
	return s->helo == NULL ? "" : s->helo;
}

const char *
session_rdns(const struct session *s)
{
	return s->rdns == NULL ? "" : s->rdns;
}

uint32_t
session_iprev(const struct session *s)
{
	return s->iprev;
}

bool
session_relay(const struct session *s)
{
	return s->relay;
}

bool
session_is_tls(const struct session *s)
{
	return s->tls != NULL;
}

const char *
session_tls(const struct session *s)
{
	return s->tls != NULL ? s->tls : "";
}

const struct transaction *
session_transaction(const struct session *s)
{
	return s->t;
}
