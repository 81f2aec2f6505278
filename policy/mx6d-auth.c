/* SPDX-License-Identifier: ISC */
/*
 * mx6d-auth: SPF, DKIM, DMARC, and what a header says.  All that parses a
 * stranger's records and mail with a library is here, in a process that can
 * open nothing and reach nobody; its only questions go to mx6d-resolver.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "policy/auth_ipc.h"
#include "policy/examine.h"
#include "policy/inquiry.h"
#include "policy/message_facts.h"
#include "policy/spf.h"
#include "policy/spf_lib.h"
#include "util/child.h"
#include "util/log.h"
#include "util/number.h"
#include "util/xalloc.h"

#define IPC_NAME auth
#define IPC_FILE "policy/auth.msg"
#include "util/ipc_serve.h"

#define WAIT_MS		20000	/* for DNS: SPF, and then the rest */
#define HEAD_MAX	(512 * 1024)	/* a header section read from a file */

static struct {
	struct child	*child;
	struct inquirer	*inquirer;
} auth;

/* ---- at MAIL ---- */

/* A sender call that waits for DNS; texts are copies. */
struct sending {
	struct ipc_call		*call;
	char			*helo;
	char			*sender;
	char			*best_guess;
	struct spf_query	 query;
	struct spf_outcome	 of_helo;
	struct spf_outcome	 of_sender;
};

static void
answer_sender(struct sending *s)
{
	const struct auth_sender_answer answer = {
		.helo_result = s->of_helo.result,
		.result = s->of_sender.result,
		.best_guess = s->of_sender.best_guess,
		.domain = s->of_sender.domain,
		.record = s->of_sender.record,
		.why = s->of_sender.why,
	};

	auth_sender_reply(s->call, &answer);
	free(s->helo);
	free(s->sender);
	free(s->best_guess);
	free(s);
}

static void
set_no_answer(struct spf_outcome *outcome)
{
	memset(outcome, 0, sizeof *outcome);
	outcome->result = SPF_RESULT_TEMPERROR;
	strcpy_bounded(outcome->why, sizeof outcome->why,
	    "too many questions of DNS");
}

/* Both identities together: their questions are asked at once. */
static bool
check_sender(void *arg, const struct answers *answers, struct questions *need)
{
	struct sending *s = arg;
	bool helo, sender;

	s->query.best_guess = s->best_guess[0] != '\0' ? s->best_guess :
	    auth.child->config->best_guess;
	if (need == NULL) {
		set_no_answer(&s->of_helo);
		set_no_answer(&s->of_sender);
	} else {
		helo = spf_helo(&s->query, answers, need, &s->of_helo);
		sender = spf_mail_from(&s->query, answers, need,
		    &s->of_sender);
		if (!helo || !sender)
			return false;
	}
	answer_sender(s);
	return true;
}

void
serve_auth_sender(struct ipc_call *call, const struct auth_sender_ask *ask)
{
	struct sending *s = xcalloc(1, sizeof *s);

	s->call = call;
	s->helo = xstrdup(ask->helo);
	s->sender = xstrdup(ask->sender);
	s->best_guess = xstrdup(ask->best_guess);
	s->query = (struct spf_query){ .peer = ask->peer, .helo = s->helo,
	    .sender = s->sender };
	inquirer_ask(auth.inquirer, WAIT_MS, check_sender, s);
}

/* ---- at the end of data ---- */

/* A message call that waits for DNS; all it points to are copies, for a
 * reload may come meanwhile, too. */
struct examining {
	struct ipc_call		*call;
	struct auth_message_ask	 ask;
	char			*text;		/* all, or what was read of it */
	struct examine		*examine;
};

static size_t
read_file(void *arg, uint64_t at, void *to, size_t n)
{
	const struct examining *x = arg;
	ssize_t got;

	if (at >= x->ask.size_bytes)
		return 0;
	if (n > x->ask.size_bytes - at)
		n = (size_t)(x->ask.size_bytes - at);
	do {
		got = pread(x->ask.file, to, n,
		    (off_t)(x->ask.offset + at));
	} while (got < 0 && errno == EINTR);
	return got < 0 ? 0 : (size_t)got;
}

/* Enough of the file for the whole header section. */
static size_t
read_head(struct examining *x)
{
	size_t size = 0, got;

	x->text = xmalloc(HEAD_MAX);
	while (size < HEAD_MAX && (got = read_file(x, size, x->text + size,
	    HEAD_MAX - size)) > 0)
		size += got;
	return size;
}

static void
end_examining(struct examining *x)
{
	examine_free(x->examine);
	if (x->ask.file >= 0)
		close(x->ask.file);
	free((char *)x->ask.helo);
	free((char *)x->ask.sender);
	free((char *)x->ask.spf_domain);
	free((char *)x->ask.spf_why);
	free((char *)x->ask.rdns);
	free(x->text);
	free(x);
}

static bool
check_message(void *arg, const struct answers *answers,
    struct questions *need)
{
	struct examining *x = arg;

	if (!examine_dns(x->examine, answers, need))
		return false;
	auth_message_reply(x->call, examine_answer(x->examine));
	end_examining(x);
	return true;
}

void
serve_auth_message(struct ipc_call *call, const struct auth_message_ask *ask)
{
	struct examining *x = xcalloc(1, sizeof *x);
	struct examine_message message = {
		.config = &auth.child->config,
		.ask = &x->ask,
		.now = (uint64_t)time(NULL),
		.arg = x,
	};
	size_t size = ask->body.size;

	x->call = call;
	x->ask = *ask;
	x->ask.helo = xstrdup(ask->helo);
	x->ask.sender = xstrdup(ask->sender);
	x->ask.spf_domain = xstrdup(ask->spf_domain);
	x->ask.spf_why = xstrdup(ask->spf_why);
	x->ask.rdns = xstrdup(ask->rdns);
	if (ask->file >= 0) {
		message.read = read_file;
		size = read_head(x);
	} else
		x->text = xmemdup(ask->body.data, size);
	x->examine = examine_new(&message, x->text, size);
	inquirer_ask(auth.inquirer, WAIT_MS, check_message, x);
}

/* ---- life ---- */

/* The libraries look for their configuration, or ask for the host's name, when
 * they are first used: that is now, before the sandbox kills for it. */
static void
warm_up(void)
{
	static const char text[] = "Message-ID: <1@warm.invalid>\r\n\r\n";
	struct message_facts facts;
	struct header header;

	header_init(&header, text, sizeof text - 1);
	message_facts_read(&header, &facts);	/* libcrypto's SHA-256 */
	header_done(&header);
	dkim_start();
	spf_lib_start();
}

static bool
start(struct child *child)
{
	warm_up();
	auth.child = child;
	auth.inquirer = inquirer_new(child->loop,
	    child_peer(PROCESS_RESOLVER));
	return true;
}

int
main(int argc, char **argv)
{
	static const struct child_spec spec = {
		.name = "auth",
		.kind = PROCESS_AUTH,
		.sandbox = SANDBOX_AUTH,
		.serves = { [PROCESS_SMTP] = &auth_service },
		.asks = { [PROCESS_RESOLVER] = true },
		.start = start,
	};

	return child_main(argc, argv, &spec);
}
