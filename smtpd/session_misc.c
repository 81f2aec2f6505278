/* SPDX-License-Identifier: ISC */
/* RSET, NOOP, VRFY, HELP and QUIT. */
#include "smtpd/session_int.h"

void
session_rset(struct session *s, const char *text, size_t n)
{
	(void)text;
	(void)n;
	session_reset(s);
	session_say(s, REPLY_OK, NULL);
}

void
session_noop(struct session *s, const char *text, size_t n)
{
	(void)text;
	(void)n;
	session_say(s, REPLY_OK, NULL);
}

/* RFC 5321 3.5.3: who exists is told at RCPT, to those who send mail. */
void
session_vrfy(struct session *s, const char *text, size_t n)
{
	(void)text;
	(void)n;
	session_say(s, REPLY_NO_VERIFY, NULL);
}

void
session_help(struct session *s, const char *text, size_t n)
{
	struct buf names;
	const char *name;

	(void)text;
	(void)n;
	buf_init(&names, REPLY_LINE_MAX);
	for (size_t i = 0; (name = session_verb_name(i)) != NULL; i++)
		buf_addf(&names, "%s%s", i == 0 ? "" : " ", name);
	session_say(s, REPLY_HELP, buf_cstr(&names));
	buf_done(&names);
}

void
session_quit(struct session *s, const char *text, size_t n)
{
	(void)text;
	(void)n;
	session_reset(s);
	session_end(s, REPLY_CLOSING);
}
