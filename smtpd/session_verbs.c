/* SPDX-License-Identifier: ISC */
/*
 * The commands that the server knows (RFC 5321 4.1.1, RFC 3030, RFC 3207):
 * one row each, with the states in which it may come and what its argument
 * must be.
 */
#include "smtpd/session_int.h"

#include <string.h>
#include <strings.h>

enum argument {
	ARG_NONE,
	ARG_OPTIONAL,
	ARG_NEEDED,
};

static const struct verb {
	const char	*name;
	unsigned	 states;
	enum argument	 argument;
	session_verb	*handle;	/* NULL: not implemented; these come last */
} verbs[] = {
	{ "EHLO", AT_ANY, ARG_NEEDED, session_ehlo },
	{ "HELO", AT_ANY, ARG_NEEDED, session_helo },
	{ "STARTTLS", AT_GREET | AT_READY, ARG_NONE, session_starttls },
	{ "MAIL", AT_READY, ARG_NEEDED, session_mail },
	{ "RCPT", AT_MAIL | AT_RCPT, ARG_NEEDED, session_rcpt },
	{ "DATA", AT_RCPT, ARG_NONE, session_data },
	/* Its octets follow whether it is welcome or not (RFC 3030 4.2). */
	{ "BDAT", AT_ANY, ARG_OPTIONAL, session_bdat },
	{ "RSET", AT_ANY, ARG_NONE, session_rset },
	{ "NOOP", AT_ANY, ARG_OPTIONAL, session_noop },
	{ "VRFY", AT_ANY, ARG_NEEDED, session_vrfy },
	{ "HELP", AT_ANY, ARG_OPTIONAL, session_help },
	{ "QUIT", AT_ANY, ARG_NONE, session_quit },
	/* RFC 5321 4.2.4: known, and not offered. */
	{ "EXPN", AT_ANY, ARG_OPTIONAL, NULL },
	{ "TURN", AT_ANY, ARG_OPTIONAL, NULL },
	{ "ETRN", AT_ANY, ARG_OPTIONAL, NULL },
	{ "SEND", AT_ANY, ARG_OPTIONAL, NULL },
	{ "SOML", AT_ANY, ARG_OPTIONAL, NULL },
	{ "SAML", AT_ANY, ARG_OPTIONAL, NULL },
	{ "AUTH", AT_ANY, ARG_OPTIONAL, NULL },
};
#define VERBS	(sizeof verbs / sizeof verbs[0])

const char *
session_verb_name(size_t i)
{
	return i < VERBS && verbs[i].handle != NULL ? verbs[i].name : NULL;
}

static const struct verb *
find(const char *name, size_t n)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strlen(verbs[i].name) == n &&
		    strncasecmp(verbs[i].name, name, n) == 0)
			return &verbs[i];
	return NULL;
}

/* What is missing before this verb may come. */
static enum reply
out_of_order(const struct session *s, const struct verb *verb)
{
	if (s->state == AT_GREET)
		return REPLY_HELLO_FIRST;
	if (s->state == AT_READY)
		return REPLY_MAIL_FIRST;
	if (s->state == AT_MAIL && verb->states == AT_RCPT)
		return REPLY_NO_RECIPIENTS;
	return REPLY_BAD_SEQUENCE;
}

static void
refuse(struct session *s, const struct verb *verb, enum reply reply)
{
	/* In a group of RCPTs even this reply has its place in the row. */
	if (s->waiting_for == SESSION_RECIPIENTS && verb->handle == session_rcpt) {
		transaction_add_rcpt(s->t, "")->reply = reply;
		session_tell_recipients(s);
	} else
		session_say(s, reply, NULL);
}

void
session_command(struct session *s, const char *line, size_t n)
{
	const char *blank, *text;
	const struct verb *verb;
	size_t name_length;

	while (n > 0 && line[n - 1] == ' ')
		n--;
	blank = n == 0 ? NULL : memchr(line, ' ', n);
	name_length = blank == NULL ? n : (size_t)(blank - line);
	text = line + name_length;
	while (text < line + n && *text == ' ')
		text++;
	n -= (size_t)(text - line);

	verb = find(line, name_length);
	if (verb == NULL)
		session_say(s, REPLY_UNKNOWN_COMMAND, NULL);
	else if (verb->handle == NULL)
		session_say(s, REPLY_NOT_IMPLEMENTED, NULL);
	else if ((verb->states & s->state) == 0)
		refuse(s, verb, out_of_order(s, verb));
	else if (verb->argument == ARG_NONE && n > 0)
		refuse(s, verb, REPLY_NO_ARGUMENT);
	else if (verb->argument == ARG_NEEDED && n == 0)
		refuse(s, verb, REPLY_BAD_ARGUMENT);
	else if (n > 0 && memchr(text, '\0', n) != NULL)
		refuse(s, verb, REPLY_NUL_IN_COMMAND);
	else
		verb->handle(s, text, n);
}
