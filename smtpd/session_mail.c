/* SPDX-License-Identifier: ISC */
/* MAIL: a transaction begins. */
#include "smtpd/params.h"
#include "smtpd/session_int.h"

static void
begin(struct session *s, const struct path *path,
    const struct mail_params *params)
{
	char sender[MAILADDR_TEXT_SIZE] = "";

	if (!path->null)
		mailaddr_format(&path->addr, sender);
	s->t = transaction_new(sender);
	s->t->number = ++s->transactions;
	message_id_next(s->env->ids, s->now_ms, s->t->id);
	s->t->arrived_ms = s->now_ms;
	s->t->eightbit = params->eightbit;
	s->t->utf8 = params->utf8;
	s->t->prdr = params->prdr && s->env->config->prdr;
	s->state = AT_MAIL;
}

void
session_mail(struct session *s, const char *text, size_t n)
{
	struct path path;
	struct mail_params params;
	char bad[PARAM_NAME_SIZE];
	enum reply reply;

	if (s->stopping) {
		session_end(s, REPLY_SHUTDOWN);
		return;
	}
	reply = path_parse(text, n, "FROM:", false, REPLY_BAD_SENDER, &path);
	if (reply != REPLY_NONE) {
		session_say(s, reply, NULL);
		return;
	}
	reply = mail_params_parse(path.params, path.params_length, &params, bad);
	if (reply != REPLY_NONE)
		session_say(s, reply, bad[0] == '\0' ? NULL : bad);
	else if (path.utf8 && !params.utf8)
		session_say(s, REPLY_NEEDS_UTF8, NULL);
	else if (params.size > s->env->config->message_size_max)
		session_say(s, REPLY_TOO_LARGE, NULL);
	else {
		begin(s, &path, &params);
		session_say(s, REPLY_SENDER_OK, NULL);
	}
}
