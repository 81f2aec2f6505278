/* SPDX-License-Identifier: ISC */
/*
 * Messages that mx6ctl has judged: a session as any other, whose client is
 * this file.  So the verdict is that of a real message, reply and all, and
 * nothing of it is written twice.  What it leaves out is answered here
 * (filters, queue) or told by `dry` (policy: no history, no log line).
 *
 *	EHLO, MAIL, RCPT.., BDAT LAST, text	one step a turn of the loop
 *
 * so that sessions of real clients have their turn in between.
 */
#include "smtpd/smtp.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "policy/filter.h"
#include "policy/policy.h"
#include "policy/policy_ipc.h"
#include "queue/queue_words.h"
#include "smtpd/smtp_admin_ipc.h"
#include "smtpd/smtp_words.h"
#include "util/xalloc.h"

#define PIECE		(64 * 1024)	/* of text, in one turn */
#define STEPS_MAX	(DRY_RCPTS_MAX + 4)
#define REPLY_MAX	(16 * 1024)

struct dry {
	TAILQ_ENTRY(dry)	 entry;		/* while a turn is wanted */
	struct visit		*v;
	struct ipc_call		*call;
	char			*commands[STEPS_MAX];	/* [0]: the greeting */
	char			*replies[STEPS_MAX];
	size_t			 count;
	size_t			 said;		/* the last command */
	size_t			 accepted;	/* recipients */
	uint8_t			*text;
	size_t			 size;
	size_t			 given;		/* of the text */
	enum dry_filter		 filter;
	uint8_t			*explained;
	size_t			 explained_size;
	bool			 waits;		/* in the list */
};

static TAILQ_HEAD(, dry) waiting = TAILQ_HEAD_INITIALIZER(waiting);
static uv_idle_t turns;
static bool turns_ready;
static size_t running;
static struct session_env env;

/* Nobody watches, counts or logs these sessions. */
void
dry_reload(void)
{
	env = smtp.env;
	env.trace = NULL;
	env.report = NULL;
	env.refused = NULL;
}

/* ---- the end ---- */

static void
answer(const struct dry *d)
{
	struct smtp_admin_step steps[STEPS_MAX];
	struct smtp_admin_judge_answer a = {
		.status = DRY_DONE, .steps = steps, .filter = d->filter,
		.explained = { d->explained, d->explained_size },
	};

	for (size_t i = 0; i <= d->said; i++)
		if (d->replies[i] != NULL)
			steps[a.steps_count++] = (struct smtp_admin_step){
			    d->commands[i], d->replies[i] };
	if (d->explained == NULL)
		a.explained = (struct ipc_bytes){ "", 0 };
	smtp_admin_judge_reply(d->call, &a);
}

static void
free_dry(struct dry *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->commands[i]);
		free(d->replies[i]);
	}
	free(d->text);
	free(d->explained);
	free(d);
	running--;
}

/* Answers that are still to come find nobody. */
static void
finish(struct dry *d)
{
	struct visit *v = d->v;

	if (d->waits)
		TAILQ_REMOVE(&waiting, d, entry);
	answer(d);
	free_dry(d);
	v->dry = NULL;
	if (v->calls == 0)
		visit_free(v);
}

/* ---- the client ---- */

static void
say(struct dry *d)
{
	const char *line = d->commands[++d->said];

	session_input(d->v->session, (const uint8_t *)line, strlen(line),
	    smtp_now_ms());
	session_input(d->v->session, (const uint8_t *)"\r\n", 2,
	    smtp_now_ms());
}

static bool
is_last(const struct dry *d)
{
	return d->said + 1 == d->count;
}

static void
take_turn(struct dry *d)
{
	size_t n = d->size - d->given;

	if (!ipc_call_wanted(d->call)) {
		finish(d);
		return;
	}
	if (!is_last(d))
		say(d);
	else if (n > 0) {
		n = n < PIECE ? n : PIECE;
		session_input(d->v->session, d->text + d->given, n,
		    smtp_now_ms());
		d->given += n;
	} else {
		finish(d);	/* no reply, and nothing left to say */
		return;
	}
	dry_run(d->v);
}

static void
on_turn(uv_idle_t *idle)
{
	struct dry *d = TAILQ_FIRST(&waiting);

	if (d == NULL) {
		uv_idle_stop(idle);
		return;
	}
	TAILQ_REMOVE(&waiting, d, entry);
	d->waits = false;
	take_turn(d);
}

static void
want_turn(struct dry *d)
{
	if (d->waits)
		return;
	d->waits = true;
	TAILQ_INSERT_TAIL(&waiting, d, entry);
	uv_idle_start(&turns, on_turn);
}

/* One more, if the command has had one: PRDR's 353, and what follows it. */
static void
note_reply(struct dry *d, const struct buf *out)
{
	const char *before = d->replies[d->said];
	char *text = xasprintf("%s%s%.*s", before == NULL ? "" : before,
	    before == NULL ? "" : "\n", buf_len(out) < REPLY_MAX ?
	    (int)buf_len(out) : REPLY_MAX, (const char *)buf_bytes(out));
	char *to = text;

	for (const char *c = text; *c != '\0'; c++)
		if (*c != '\r' && (*c != '\n' || c[1] != '\0'))
			*to++ = *c;
	*to = '\0';
	free(d->replies[d->said]);
	d->replies[d->said] = text;
}

static bool
is_rcpt(const char *command)
{
	return strncmp(command, "RCPT ", 5) == 0;
}

/* A client goes on after a refused recipient, if there is another. */
static bool
is_over(struct dry *d)
{
	const char *reply = d->replies[d->said];
	bool yes = reply != NULL && reply[0] == '2';

	if (reply == NULL)
		return false;
	if (is_last(d))
		return true;
	if (!is_rcpt(d->commands[d->said]))
		return !yes;
	d->accepted += yes;
	return d->accepted == 0 && !is_rcpt(d->commands[d->said + 1]);
}

void
dry_run(struct visit *v)
{
	struct dry *d = v->dry;
	struct session_request request;
	const struct buf *out;

	while (session_next(v->session, &request))
		visit_ask(v, &request);
	out = session_output(v->session);
	if (out != NULL) {
		note_reply(d, out);
		session_output_done(v->session, smtp_now_ms());
	}
	if (session_waiting_for(v->session) == SESSION_CLOSED ||
	    (session_waiting_for(v->session) == SESSION_INPUT && is_over(d)))
		finish(d);
	else if (session_waiting_for(v->session) == SESSION_INPUT)
		want_turn(d);
}

/* ---- what is not asked ---- */

/* A spool file that is nobody's, for the text of a large message. */
static void
give_file(struct visit *v)
{
	v->spool_fd = memfd_create("dry", MFD_CLOEXEC);
	v->reader_fd = -1;
	if (v->spool_fd >= 0)
		v->reader_fd = fcntl(v->spool_fd, F_DUPFD_CLOEXEC, 0);
	session_spool_answer(v->session, v->reader_fd >= 0, QUEUE_OK, 1,
	    smtp_now_ms());
}

static void
pass_filter(struct visit *v)
{
	static const struct session_filtered clean = {
		.status = FILTER_CLEAN, .filter = "", .code = "",
		.enhanced = "", .text = "",
	};

	v->dry->filter = session_transaction(v->session)->action ==
	    VERDICT_FILTER ? DRY_CONTENT : DRY_MALWARE;
	session_filter_answer(v->session, &clean, smtp_now_ms());
}

bool
dry_answers(struct visit *v, const struct session_request *request)
{
	if (request->what == SESSION_SPOOL)
		give_file(v);
	else if (request->what == SESSION_FILTER)
		pass_filter(v);
	else if (request->what == SESSION_SUBMIT)
		session_submit_answer(v->session, true, QUEUE_OK,
		    smtp_now_ms());
	else
		return false;
	return true;
}

void
dry_explained(struct visit *v, const struct policy_judge_answer *judged)
{
	struct dry *d = v->dry;

	if (d->explained != NULL || judged->explained.size == 0)
		return;
	d->explained = xmemdup(judged->explained.data,
	    judged->explained.size);
	d->explained_size = judged->explained.size;
}

/* ---- the start ---- */

/* What would be more than the one argument of a command. */
static bool
is_word(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	return true;
}

static bool
is_ascii(const char *text)
{
	while (*text != '\0' && (unsigned char)*text < 128)
		text++;
	return *text == '\0';
}

static bool
is_sound(const struct smtp_admin_judge_ask *ask)
{
	bool sound = ask->role <= ROLE_DEFENSIVE && ask->rcpts_count > 0 &&
	    ask->rcpts_count <= DRY_RCPTS_MAX && is_word(ask->helo) &&
	    is_word(ask->sender) && ask->peer.family != NETADDR_NONE &&
	    ask->message.size > 0 && ask->message.size <= DRY_MESSAGE_MAX;

	for (uint32_t i = 0; sound && i < ask->rcpts_count; i++)
		sound = is_word(ask->rcpts[i].address);
	return sound;
}

static void
write_commands(struct dry *d, const struct smtp_admin_judge_ask *ask)
{
	bool ascii = is_ascii(ask->sender);

	for (uint32_t i = 0; i < ask->rcpts_count; i++)
		ascii = ascii && is_ascii(ask->rcpts[i].address);
	d->commands[d->count++] = xstrdup("");
	d->commands[d->count++] = xasprintf("EHLO %s", ask->helo);
	d->commands[d->count++] = xasprintf("MAIL FROM:<%s> BODY=8BITMIME%s%s",
	    ask->sender, ascii ? "" : " SMTPUTF8", ask->prdr ? " PRDR" : "");
	for (uint32_t i = 0; i < ask->rcpts_count; i++)
		d->commands[d->count++] = xasprintf("RCPT TO:<%s>",
		    ask->rcpts[i].address);
	d->commands[d->count++] = xasprintf("BDAT %zu LAST",
	    ask->message.size);
}

static void
begin(struct ipc_call *call, const struct smtp_admin_judge_ask *ask)
{
	const struct session_place place = { .peer = ask->peer,
	    .role = (enum listener_role)ask->role,
	    .push_back = PUSH_BACK_JUDGE };
	struct dry *d = xcalloc(1, sizeof *d);
	struct visit *v = xcalloc(1, sizeof *v);

	if (!turns_ready) {
		uv_idle_init(smtp.child->loop, &turns);
		dry_reload();
		turns_ready = true;
	}
	running++;
	d->v = v;
	d->call = call;
	d->size = ask->message.size;
	d->text = xmemdup(ask->message.data, d->size);
	write_commands(d, ask);
	v->dry = d;
	v->spool_fd = v->reader_fd = -1;
	v->began_ms = smtp_now_ms();
	v->session = session_new(&env, &place, v, v->began_ms);
	session_start(v->session);
	dry_run(v);
}

void
dry_begin(struct ipc_call *call,
    const struct smtp_admin_judge_ask *ask)
{
	struct smtp_admin_judge_answer no = { .explained = { "", 0 } };

	if (running == DRY_RUNS_MAX)
		no.status = DRY_BUSY;
	else if (!is_sound(ask))
		no.status = DRY_UNSOUND;
	else {
		begin(call, ask);
		return;
	}
	smtp_admin_judge_reply(call, &no);
}
