/* SPDX-License-Identifier: ISC */
/* At connect: who is this client, and is it welcome at all? */

#include "policy/judge.h"

#include "util/xalloc.h"

/* No configuration: a reload may come while DNS is asked. */
struct greeting {
	struct ipc_call		*call;
	struct netaddr		 peer;
	enum listener_role	 role;
};

/* Only at a defensive listener, and never a network that is on a list. */
static bool
is_turned_away(const struct greeting *g, bool listed)
{
	char row[LISTS_VALUE_SIZE];

	return g->role == ROLE_DEFENSIVE && !listed &&
	    insistent_turned_away(judge.insistent, &g->peer,
	    uv_now(judge.child->loop)) &&
	    lists_green_address(judge.lists, LISTS_GREEN_NETWORK,
	    &g->peer, row) == LISTS_ABSENT &&
	    lists_green_address(judge.lists, LISTS_GREEN_FORWARDER,
	    &g->peer, row) == LISTS_ABSENT;
}

static void
answer_client(const struct greeting *g, const struct iprev *iprev)
{
	const struct netaddr *peer = &g->peer;
	struct policy_client_answer answer = {
		.relay = block_list_contains(
		    &judge.child->config->relay_networks, peer),
		.whitelisted = known_whitelisted(judge.known, peer,
		    uv_now(judge.child->loop)) == LIST_YES,
		.iprev = (uint8_t)iprev->status,
		.rdns = iprev->count > 0 ? iprev->names[0] : "",
		.guesses = judge_has_best_guesses(),
	};

	answer.turned_away = is_turned_away(g,
	    answer.relay != 0 || answer.whitelisted != 0);
	policy_client_reply(g->call, &answer);
}

static bool
client_step(void *arg, const struct answers *answers, struct questions *need)
{
	struct greeting *g = arg;
	const struct asked_about about = { .config = judge.child->config,
	    .peer = g->peer, .role = g->role };
	struct iprev iprev = { .status = IPREV_TEMPERROR };
	struct asked asked;

	if (need != NULL) {
		bool known = iprev_of(&g->peer, answers, need, &iprev);

		if (!asked_of(&about, answers, need, &asked) || !known)
			return false;
	}
	answer_client(g, &iprev);
	free(g);
	return true;
}

void
judge_client(struct ipc_call *call, const struct policy_client_ask *ask)
{
	struct greeting *g = xcalloc(1, sizeof *g);

	g->call = call;
	g->peer = ask->peer;
	g->role = (enum listener_role)ask->role;
	inquirer_ask(judge.inquirer, JUDGE_WAIT_MS, client_step, g);
}
