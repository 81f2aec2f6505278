/* SPDX-License-Identifier: ISC */
/*
 * mx6d-policy: the judge.  It answers the questions of mx6d-smtp (who is
 * this client, is this recipient ours, what becomes of this message), each
 * from the call itself, the lists, and what DNS says.  It holds nothing that
 * a restart would lose but caches.
 */

#include <uv.h>

#include "policy/judge.h"
#include "policy/share.h"
#include "util/log.h"
#include "util/xalloc.h"

#define IPC_NAME policy
#define IPC_FILE "policy/policy.msg"
#include "util/ipc_serve.h"

#define LISTS_BUSY_MS	2000	/* wait for the commit of an edit */

struct judge judge;

/* ---- at connect ---- */

void
serve_policy_client(struct ipc_call *call, const struct policy_client_ask *ask)
{
	known_check(judge.known, uv_now(judge.child->loop));
	judge_client(call, ask);
}

/* ---- at MAIL ---- */

void
serve_policy_best_guess(struct ipc_call *call,
    const struct policy_best_guess_ask *ask)
{
	known_check(judge.known, uv_now(judge.child->loop));
	judge_best_guess(call, ask);
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
add_to_history(void *arg, const struct history_row *row)
{
	(void)arg;
	history_add(judge.history, row);
}

static void
note_insistence(const struct judgement *judgement)
{
	const struct config *config = judge.child->config;
	const struct netaddr *peer = &judgement->message.peer;
	bool pushed_back = judgement->outcome.action == VERDICT_FALLBACK;

	if (judgement->message.role != ROLE_DEFENSIVE)
		return;
	insistent_note(judge.insistent, peer, pushed_back,
	    config->defensive_refuse_after, config->defensive_refuse_for,
	    uv_now(judge.child->loop));
	share_network(peer, pushed_back);
}

static void
judged(void *arg, struct judgement *judgement)
{
	bool filtered = judge_awaits_filter(judgement);

	note_insistence(judgement);
	judge_log(judgement);
	if (filtered)
		judge_await_filter(judgement);
	else
		judge_row(judgement, add_to_history, NULL);
	judge_gather(judgement, filtered);
	judge_reply(arg, judgement);
}

static void
judged_dry(void *arg, struct judgement *judgement)
{
	judge_reply(arg, judgement);
}

void
serve_policy_judge(struct ipc_call *call, const struct policy_judge_ask *ask)
{
	if (!judge_ask_is_sound(ask))
		abort();	/* a sibling's bug */
	known_check(judge.known, uv_now(judge.child->loop));
	judge_begin(ask, ask->dry != 0, ask->dry ? judged_dry : judged, call);
}

void
serve_policy_filtered(struct ipc_call *call,
    const struct policy_filtered_ask *ask)
{
	static const struct policy_filtered_answer done;

	judge_filtered(ask);
	policy_filtered_reply(call, &done);
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
	judge.history = history_new(child);
	if (judge.history == NULL)
		return false;
	judge.lists = lists;
	judge.known = known_new(lists);
	judge.replay = replay_new();
	judge.insistent = insistent_new();
	judge.inquirer = inquirer_new(child->loop,
	    child_peer(PROCESS_RESOLVER));
	return judge_gather_start() && judge_suggest_start() &&
	    share_start(child);
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

/* What waits is written; the others give theirs, if there is time. */
static void
stop(struct child *child)
{
	judge_filtered_stop();
	judge_gather_stop();
	history_flush(judge.history);
	child_exit(child);
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
	const struct child_spec spec = {
		.name = "policy",
		.kind = PROCESS_POLICY,
		.sandbox = SANDBOX_POLICY,
		.serves = {
			[PROCESS_SMTP] = &policy_service,
			[PROCESS_QUEUE] = &policy_service,
			[PROCESS_POLICY] = first_offer(),
			[PROCESS_OPERATOR] = policy_admin_offer(),
		},
		.asks = { [PROCESS_RESOLVER] = true, [PROCESS_POLICY] = true },
		.start = start,
		.reload = reload,
		.lists_changed = on_lists_changed,
		.stop = stop,
	};

	return child_main(argc, argv, &spec);
}
