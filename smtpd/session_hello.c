/* SPDX-License-Identifier: ISC */
/* EHLO, HELO and STARTTLS: who is there, and what both can do. */
#include "smtpd/session_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/domain.h"
#include "util/number.h"
#include "util/xalloc.h"

static bool
always(const struct session *s)
{
	(void)s;
	return true;
}

static bool
can_start_tls(const struct session *s)
{
	return s->env->tls_available && s->tls == NULL;
}

static bool
may_reply_to_each(const struct session *s)
{
	return s->env->config->prdr;
}

/* The service extensions (RFC 5321 2.2) and when they are offered. */
static const struct extension {
	const char	*keyword;
	bool		(*offered)(const struct session *);
} extensions[] = {
	{ "PIPELINING", always },		/* RFC 2920 */
	{ "8BITMIME", always },			/* RFC 6152 */
	{ "SMTPUTF8", always },			/* RFC 6531 */
	{ "ENHANCEDSTATUSCODES", always },	/* RFC 2034 */
	{ "CHUNKING", always },			/* RFC 3030 */
	{ "PRDR", may_reply_to_each },		/* draft-hall-prdr-00 */
	{ "HELP", always },			/* RFC 5321 4.1.1.1 */
	{ "STARTTLS", can_start_tls },		/* RFC 3207 */
};

/* A domain or address literal (RFC 5321 4.1.1.1).  What people put here is
 * often no name that exists; it only must not break a trace field. */
static bool
is_helo(const char *text, size_t n)
{
	if (n > DOMAIN_MAX + 2)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = ascii_lower(text[i]);

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    strchr("-._:[]", c) == NULL)
			return false;
	}
	return true;
}

static bool
greeted(struct session *s, const char *text, size_t n, bool extended)
{
	if (!is_helo(text, n)) {
		session_say(s, REPLY_BAD_ARGUMENT, NULL);
		return false;
	}
	s->state = AT_READY;
	session_reset(s);
	free(s->helo);
	s->helo = xstrndup(text, n);
	s->extended = extended;
	return true;
}

void
session_helo(struct session *s, const char *text, size_t n)
{
	if (greeted(s, text, n, false))
		session_say_line(s, reply_code(REPLY_HELLO), true,
		    s->env->hostname);
}

void
session_ehlo(struct session *s, const char *text, size_t n)
{
	const char *code = reply_code(REPLY_HELLO);
	char size[32];

	if (!greeted(s, text, n, true))
		return;
	session_say_line(s, code, false, s->env->hostname);
	for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++)
		if (extensions[i].offered(s))
			session_say_line(s, code, false, extensions[i].keyword);
	snprintf(size, sizeof size, "SIZE %" PRIu64,	/* RFC 1870 */
	    s->env->config->message_size_max);
	session_say_line(s, code, true, size);
}

/*
 * RFC 3207 4.  Whatever the client sent behind the command came in the clear
 * and may be an attacker's: it is never looked at, and ends the session.
 */
void
session_starttls(struct session *s, const char *text, size_t n)
{
	(void)text;
	(void)n;
	if (s->tls != NULL)
		session_say(s, REPLY_TLS_ALREADY, NULL);
	else if (!s->env->tls_available)
		session_say(s, REPLY_TLS_NOT_NOW, NULL);
	else if (s->left > 0)
		session_end(s, REPLY_TLS_INJECTION);
	else {
		session_say(s, REPLY_TLS_READY, NULL);
		session_wait_for(s, SESSION_TLS);
	}
}

/* RFC 3207 4.2: all that was known from before is forgotten. */
void
session_tls_up(struct session *s, const char *version, const char *cipher,
    uint64_t now_ms)
{
	if (s->waiting_for != SESSION_TLS)
		return;
	s->now_ms = now_ms;
	s->tls = xasprintf("%s %s", version, cipher);
	session_reset(s);
	s->state = AT_GREET;
	s->extended = false;
	free(s->helo);
	s->helo = NULL;
	session_wait_for(s, SESSION_INPUT);
	session_event(s, "%s", s->tls);
}
