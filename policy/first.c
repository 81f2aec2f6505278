/* SPDX-License-Identifier: ISC */
/* What the other policy processes ask the first one. */

#include <stdlib.h>
#include <uv.h>

#include "policy/judge.h"
#include "util/xalloc.h"

#define IPC_NAME history
#define IPC_FILE "policy/history.msg"
#include "util/ipc_serve.h"

const struct ipc_service *
first_offer(void)
{
	return &history_service;
}

void
serve_history_record(struct ipc_call *call,
    const struct history_record_ask *ask)
{
	static const struct history_record_answer done;

	history_write(judge.history, ask->rows, ask->rows_count);
	history_record_reply(call, &done);
}

void
serve_history_domain(struct ipc_call *call,
    const struct history_domain_ask *ask)
{
	struct history_domain_answer answer;
	struct history_counts counts;

	if (history_store(judge.history) == NULL)
		abort();	/* a mistake of the wiring */
	history_store_domain(history_store(judge.history), ask->domain,
	    &counts);
	answer.accepted = counts.accepted;
	answer.spam = counts.spam;
	answer.refused = counts.refused;
	history_domain_reply(call, &answer);
}

static struct history_signature_total *
total_signatures(const struct history_seen_ask *ask, uint64_t now_ms)
{
	struct history_signature_total *rows = xcalloc(
	    ask->signatures_count + 1, sizeof *rows);

	for (uint32_t i = 0; i < ask->signatures_count; i++) {
		const struct history_signature_seen *s = &ask->signatures[i];

		rows[i].b = s->b;
		rows[i].recipients = replay_add(judge.replay, s->b,
		    s->recipients, now_ms);
	}
	return rows;
}

static struct history_network_away *
away_networks(const struct history_seen_ask *ask, uint64_t now_ms)
{
	const struct config *config = judge.child->config;
	struct history_network_away *rows = xcalloc(ask->networks_count + 1,
	    sizeof *rows);

	for (uint32_t i = 0; i < ask->networks_count; i++) {
		const struct history_network_seen *n = &ask->networks[i];

		insistent_note(judge.insistent, &n->peer, n->pushed_back != 0,
		    config->defensive_refuse_after,
		    config->defensive_refuse_for, now_ms);
		rows[i].peer = n->peer;
		rows[i].away_ms = insistent_away_ms(judge.insistent, &n->peer,
		    now_ms);
	}
	return rows;
}

void
serve_history_seen(struct ipc_call *call, const struct history_seen_ask *ask)
{
	uint64_t now_ms = uv_now(judge.child->loop);
	struct history_signature_total *signatures = total_signatures(ask,
	    now_ms);
	struct history_network_away *networks = away_networks(ask, now_ms);
	const struct history_seen_answer answer = {
		.signatures = signatures,
		.signatures_count = ask->signatures_count,
		.networks = networks,
		.networks_count = ask->networks_count,
	};

	history_seen_reply(call, &answer);
	free(signatures);
	free(networks);
}
