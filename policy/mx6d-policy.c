/* SPDX-License-Identifier: ISC */
/*
 * mx6d-policy: the judge.  It answers three questions of mx6d-smtp (who is
 * this client, is this recipient ours, what becomes of this message), each
 * from the call itself, the lists, and what DNS says.  It holds nothing that
 * a restart would lose but caches.
 */

#include <uv.h>

#include "policy/authresults.h"
#include "policy/clients.h"
#include "policy/known.h"
#include "policy/policy_ipc.h"
#include "policy/pushback.h"
#include "util/child.h"
#include "util/log.h"
#include "util/xalloc.h"

#define IPC_NAME policy
#define IPC_FILE "policy/policy.msg"
#include "util/ipc_serve.h"

#define LISTS_BUSY_MS	2000	/* wait for the commit of an edit */

/* A judge call that waits for DNS; one allocation, texts copied. */
struct judging {
	struct ipc_call		*call;
	struct policy_judge_ask	 ask;
};

static struct {
	struct child	*child;
	struct rules	*rules;
	struct known	*known;		/* what the lists say */
	struct clients	*clients;	/* what DNS says */
} judge;

/* ---- at connect ---- */

struct greeting {
	struct ipc_call	*call;
	struct netaddr	 peer;
};

static void
answer_client(struct ipc_call *call, const struct netaddr *peer,
    const struct answers *answers)
{
	struct questions need = { .count = 0 };
	struct iprev iprev;
	struct policy_client_answer answer = {
		.relay = block_list_contains(
		    &judge.child->config->relay_networks, peer),
		.whitelisted = known_whitelisted(judge.known, peer,
		    uv_now(judge.child->loop)) == LIST_YES,
		.iprev = IPREV_TEMPERROR,
		.rdns = "",
	};

	if (iprev_of(peer, answers, &need, &iprev)) {
		answer.iprev = (uint8_t)iprev.status;
		if (iprev.count > 0)
			answer.rdns = iprev.names[0];
	}
	policy_client_reply(call, &answer);
}

static void
client_asked(void *arg, const struct answers *answers)
{
	struct greeting *greeting = arg;

	answer_client(greeting->call, &greeting->peer, answers);
	free(greeting);
}

void
serve_policy_client(struct ipc_call *call, const struct policy_client_ask *ask)
{
	const struct answers *known = clients_known(judge.clients, &ask->peer);
	struct greeting *greeting;

	known_check(judge.known, uv_now(judge.child->loop));
	if (known != NULL) {
		answer_client(call, &ask->peer, known);
		return;
	}
	greeting = xmalloc(sizeof *greeting);
	greeting->call = call;
	greeting->peer = ask->peer;
	clients_ask(judge.clients, &greeting->peer, client_asked, greeting);
}

/* ---- at RCPT ---- */

void
serve_policy_recipient(struct ipc_call *call,
    const struct policy_recipient_ask *ask)
{
	const struct config *config = judge.child->config;
	const struct recipients_settings settings = {
		.hostname = config->hostname,
		.maildir = config->maildir,
		.lmtp = config->lmtp,
		.delimiter = config->recipient_delimiter,
	};
	uint64_t now_ms = uv_now(judge.child->loop);
	struct policy_recipient_answer answer = { .status = 0 };
	const struct known_recipient *r;
	struct policy_target *rows;

	known_check(judge.known, now_ms);
	r = known_recipient(judge.known, &settings, ask->address,
	    ask->relay != 0, now_ms);
	rows = xcalloc(r->targets.count, sizeof *rows);
	for (size_t i = 0; i < r->targets.count; i++) {
		const struct target *t = &r->targets.items[i];

		rows[i] = (struct policy_target){ .kind = (uint8_t)t->kind,
		    .address = t->address, .user = t->user, .path = t->path };
	}
	answer.status = r->status;
	answer.targets = rows;
	answer.targets_count = (uint32_t)r->targets.count;
	policy_recipient_reply(call, &answer);
	free(rows);
}

/* ---- after the end of data ---- */

static void
log_verdict(const struct policy_judge_ask *ask, const struct verdict *verdict,
    const char *facts)
{
	struct log_line l;

	log_start(&l, LOG_LEVEL_INFO, "verdict");
	log_text(&l, "session", ask->session);
	log_text(&l, "id", ask->message);
	log_addr(&l, "peer", &ask->peer);
	log_text(&l, "family", netaddr_is_ipv6(&ask->peer) ? "ipv6" : "ipv4");
	log_text(&l, "role", listener_role_name((enum listener_role)ask->role));
	log_text(&l, "verdict", verdict_action_name(verdict->action));
	log_text(&l, "rule", verdict->rule);
	log_text(&l, "facts", facts);
	if (verdict->has_shadow) {
		log_text(&l, "shadow", verdict_action_name(verdict->shadow));
		log_text(&l, "shadow_rule", verdict->shadow_rule);
	}
	log_send(&l);
}

/* A refusal's words, or the fields that go on top of the message. */
static void
answer_judge(struct ipc_call *call, const struct policy_judge_ask *ask,
    const struct verdict *verdict, const struct authresults *results,
    struct policy_judge_answer *answer)
{
	const struct config *config = judge.child->config;
	struct pushback_ask words = { .action = verdict->action,
	    .role = (enum listener_role)ask->role,
	    .fallback_code = config->fallback_code, .message = ask->message,
	    .registration_url = config->registration_url,
	    .results = results };
	struct policy_text lines[PUSHBACK_LINES_MAX];
	struct pushback_reply reply;
	struct buf field;

	buf_init(&field, sizeof *results);
	switch (verdict->action) {
	case VERDICT_ACCEPT:
	case VERDICT_FILTER:
	case VERDICT_QUARANTINE:
		authresults_field(results, &field);
		answer->prepend = buf_cstr(&field);
		break;
	case VERDICT_FALLBACK:
	case VERDICT_REJECT:
	case VERDICT_DEFER:
		pushback_compose(&words, &reply);
		answer->code = reply.code;
		answer->enhanced = reply.enhanced;
		for (size_t i = 0; i < reply.count; i++)
			lines[i].line = reply.lines[i];
		answer->reply = lines;
		answer->reply_count = (uint32_t)reply.count;
		break;
	}
	policy_judge_reply(call, answer);
	buf_done(&field);
}

static void
pass_verdict(struct ipc_call *call, const struct policy_judge_ask *ask,
    const struct answers *answers)
{
	const struct verdict_message message = {
		.peer = ask->peer,
		.role = (enum listener_role)ask->role,
		.push_back = (enum push_back_mode)ask->push_back,
		.helo = ask->helo,
		.sender = ask->sender,
		.relay = block_list_contains(
		    &judge.child->config->relay_networks, &ask->peer),
		.tls = ask->tls != 0,
	};
	const struct list_answers lists = {
		.whitelist_address = known_whitelisted(judge.known,
		    &ask->peer, uv_now(judge.child->loop)),
	};
	struct policy_judge_answer answer = { .shadow = "" };
	struct questions need = { .count = 0 };
	char held[FACTS_TEXT_SIZE];
	struct authresults results;
	struct verdict verdict;
	struct facts facts;
	struct iprev iprev;

	if (!facts_of(&message, answers, &need, &facts, &iprev))
		abort();	/* clients.c asks for all that it needs */
	verdict_of(&message, &facts, &lists, judge.rules, &verdict);
	facts_format(verdict.facts.held, held);
	log_verdict(ask, &verdict, held);
	authresults_init(&results, judge.child->config->hostname);
	authresults_add_iprev(&results, &ask->peer, &iprev);
	answer.action = verdict.action;
	answer.rule = verdict.rule;
	answer.facts = held;
	if (verdict.has_shadow)
		answer.shadow = verdict_action_name(verdict.shadow);
	answer.shadow_rule = verdict.shadow_rule;
	answer_judge(call, ask, &verdict, &results, &answer);
}

static void
judge_asked(void *arg, const struct answers *answers)
{
	struct judging *j = arg;

	pass_verdict(j->call, &j->ask, answers);
	free((char *)j->ask.session);
	free((char *)j->ask.message);
	free((char *)j->ask.helo);
	free((char *)j->ask.sender);
	free(j);
}

void
serve_policy_judge(struct ipc_call *call, const struct policy_judge_ask *ask)
{
	const struct answers *known = clients_known(judge.clients, &ask->peer);
	struct judging *j;

	if (ask->role > ROLE_DEFENSIVE || ask->push_back > PUSH_BACK_NEVER)
		abort();	/* a sibling's bug */
	known_check(judge.known, uv_now(judge.child->loop));
	if (known != NULL) {
		pass_verdict(call, ask, known);
		return;
	}
	/* The answers of connect were forgotten, or are those of a process
	 * before this one. */
	j = xmalloc(sizeof *j);
	j->call = call;
	j->ask = *ask;
	j->ask.session = xstrdup(ask->session);
	j->ask.message = xstrdup(ask->message);
	j->ask.helo = xstrdup(ask->helo);
	j->ask.sender = xstrdup(ask->sender);
	j->ask.rcpts = NULL;
	j->ask.rcpts_count = 0;
	j->ask.header = (struct ipc_bytes){ .data = "", .size = 0 };
	clients_ask(judge.clients, &j->ask.peer, judge_asked, j);
}

/* ---- life ---- */

static bool
compile_rules(const struct config *config)
{
	char error[CONFIG_ERROR_SIZE];
	struct rules *rules = rules_of_config(config, error);

	if (rules == NULL) {
		log_say(LOG_LEVEL_ERROR, "rules", "%s", error);
		return false;
	}
	rules_free(judge.rules);
	judge.rules = rules;
	return true;
}

static bool
start(struct child *child)
{
	char why[LISTS_WHY_SIZE];
	struct lists *lists;

	judge.child = child;
	if (!compile_rules(child->config))
		return false;
	lists = lists_open(LISTS_FILE, LISTS_BUSY_MS, why);
	if (lists == NULL) {
		log_say(LOG_LEVEL_ERROR, "lists", "%s", why);
		return false;
	}
	judge.known = known_new(lists);
	judge.clients = clients_new(child->loop,
	    child_peer(PROCESS_RESOLVER));
	return true;
}

/* Rules that do not compile leave those before them in force. */
static void
reload(struct child *child, const struct config *old,
    const struct child_files *files)
{
	(void)old;
	(void)files;
	compile_rules(child->config);
	known_forget(judge.known);
}

static void
on_lists_changed(struct child *child)
{
	(void)child;
	known_forget(judge.known);
}

int
main(int argc, char **argv)
{
	static const struct child_spec spec = {
		.name = "policy",
		.kind = PROCESS_POLICY,
		.sandbox = SANDBOX_POLICY,
		.serves = {
			[PROCESS_SMTP] = &policy_service,
			[PROCESS_QUEUE] = &policy_service,
		},
		.asks = { [PROCESS_RESOLVER] = true },
		.start = start,
		.reload = reload,
		.lists_changed = on_lists_changed,
	};

	return child_main(argc, argv, &spec);
}
