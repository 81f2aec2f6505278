/* SPDX-License-Identifier: ISC */
/*
 * What the client sent is cut into command lines, or handed on as the text of
 * a message.  It is worked on where it lies; only what must wait is copied.
 */
#include "smtpd/session_int.h"

#include <string.h>
#include <strings.h>

enum line_status {
	LINE_READY,
	LINE_MORE,
	LINE_BARE,
	LINE_LONG,
};

/* Is a whole command line there?  RFC 5321 2.3.8: it ends with CRLF only. */
static enum line_status
find_line(const struct session *s, size_t *ret_n, size_t *ret_used)
{
	const uint8_t *end = s->next + s->left;
	const uint8_t *lf = memchr(s->next, '\n', s->left);
	const uint8_t *stop = lf == NULL ? end : lf;
	const uint8_t *cr = memchr(s->next, '\r', (size_t)(stop - s->next));

	if (cr != NULL && cr + 1 != end && cr + 1 != lf)
		return LINE_BARE;
	if (lf != NULL && cr == NULL && !s->normalize)
		return LINE_BARE;
	*ret_n = (size_t)((cr == NULL ? stop : cr) - s->next);
	if (*ret_n > s->env->config->line_length_max)
		return LINE_LONG;
	if (lf == NULL)
		return LINE_MORE;
	*ret_used = (size_t)(lf + 1 - s->next);
	return LINE_READY;
}

/* false: no whole line is there, or the session is over. */
static bool
take_line(struct session *s)
{
	size_t n, used;
	const char *line = (const char *)s->next;

	switch (find_line(s, &n, &used)) {
	case LINE_READY:
		break;
	case LINE_MORE:
		return false;
	case LINE_BARE:
		session_end(s, REPLY_BARE_LINE_END);
		return false;
	case LINE_LONG:
		session_end(s, REPLY_LINE_TOO_LONG);
		return false;
	}
	s->next += used;
	s->left -= used;
	session_trace(s, '<', line, n);
	s->waiting_ms = s->now_ms;
	if (session_is_idle(s))
		session_end(s, REPLY_NO_MESSAGE);
	else if (++s->commands > s->env->config->commands_max)
		session_end(s, REPLY_TOO_MANY_COMMANDS);
	else
		session_command(s, line, n);
	return true;
}

/* More RCPT commands are taken while recipients are being asked for, so that
 * a pipelined group costs one wait. */
static bool
rcpt_follows(const struct session *s)
{
	return s->waiting_for == SESSION_RECIPIENTS && s->left > 5 &&
	    strncasecmp((const char *)s->next, "RCPT ", 5) == 0 &&
	    s->t->rcpt_count - s->t->rcpts_told < SESSION_RCPTS_ASKED &&
	    memchr(s->next, '\n', s->left) != NULL;
}

static void
take(struct session *s)
{
	while (s->left > 0 && buf_len(&s->out) < SESSION_OUT_STOP &&
	    (s->waiting_for == SESSION_INPUT || rcpt_follows(s))) {
		switch ((enum session_mode)s->mode) {
		case MODE_COMMAND:
			if (!take_line(s))
				return;
			break;
		case MODE_DATA:
			session_take_data(s);
			break;
		case MODE_CHUNK:
			session_take_chunk(s);
			break;
		case MODE_SKIP:
			session_take_skip(s);
			break;
		}
	}
}

void
session_go_on(struct session *s, uint64_t now_ms)
{
	size_t had = buf_len(&s->held);

	s->now_ms = now_ms;
	s->next = buf_bytes(&s->held);
	s->left = had;
	take(s);
	if (s->waiting_for != SESSION_CLOSED)
		buf_consume(&s->held, had - s->left);
	buf_shrink(&s->held);
	s->left = 0;
}

void
session_input(struct session *s, const uint8_t *data, size_t n, uint64_t now_ms)
{
	if (s->waiting_for == SESSION_CLOSED)
		return;
	if (s->waiting_for == SESSION_TLS) {
		session_end(s, REPLY_TLS_INJECTION);
		return;
	}
	if (buf_len(&s->held) > 0) {
		if (!buf_add(&s->held, data, n))
			session_end(s, REPLY_TOO_MUCH_INPUT);
		else
			session_go_on(s, now_ms);
		return;
	}
	s->now_ms = now_ms;
	s->next = data;
	s->left = n;
	take(s);
	if (s->left > 0 && !buf_add(&s->held, s->next, s->left))
		session_end(s, REPLY_TOO_MUCH_INPUT);
	s->left = 0;
}
