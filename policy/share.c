/* SPDX-License-Identifier: ISC */
#include "policy/share.h"

#include <uv.h>

#include "policy/judge.h"
#include "util/number.h"

#define TELL_MS		500
#define TELL_WITHIN_MS	5000
#define WAITING_MAX	256	/* of each kind; more is not told */

static struct child *self;	/* NULL: the first process */
static uv_timer_t timer;
static bool telling;

static struct history_signature_seen signatures[WAITING_MAX];
static char keys[WAITING_MAX][REPLAY_KEY_SIZE];	/* their texts */
static uint32_t signature_count;
static struct history_network_seen networks[WAITING_MAX];
static uint32_t network_count;

static void
told(void *arg, enum ipc_status status,
    const struct history_seen_answer *answer)
{
	uint64_t now_ms = uv_now(self->loop);

	(void)arg;
	telling = false;
	if (status != IPC_OK)
		return;		/* it has lost its own counts, too */
	for (uint32_t i = 0; i < answer->signatures_count; i++)
		replay_learn(judge.replay, answer->signatures[i].b,
		    answer->signatures[i].recipients, now_ms);
	for (uint32_t i = 0; i < answer->networks_count; i++)
		insistent_learn(judge.insistent, &answer->networks[i].peer,
		    answer->networks[i].away_ms, now_ms);
}

static void
tell(uv_timer_t *t)
{
	const struct history_seen_ask ask = {
		.signatures = signatures, .signatures_count = signature_count,
		.networks = networks, .networks_count = network_count,
	};

	if (telling) {
		uv_timer_start(t, tell, TELL_MS, 0);
		return;
	}
	telling = true;
	signature_count = network_count = 0;
	history_seen(child_peer(PROCESS_POLICY), &ask, TELL_WITHIN_MS, told,
	    NULL);
}

static void
tell_soon(void)
{
	if (!uv_is_active((uv_handle_t *)&timer))
		uv_timer_start(&timer, tell, TELL_MS, 0);
}

bool
share_start(struct child *child)
{
	if (child->index == 0)
		return true;
	self = child;
	return uv_timer_init(child->loop, &timer) == 0;
}

void
share_signature(const char *b, size_t recipients)
{
	if (self == NULL || recipients == 0 || signature_count == WAITING_MAX)
		return;
	snprintf(keys[signature_count], REPLAY_KEY_SIZE, "%.*s",
	    REPLAY_KEY_SIZE - 1, b);
	signatures[signature_count] = (struct history_signature_seen){
	    keys[signature_count], (uint32_t)recipients };
	signature_count++;
	tell_soon();
}

void
share_network(const struct netaddr *peer, bool pushed_back)
{
	if (self == NULL || network_count == WAITING_MAX)
		return;
	networks[network_count++] = (struct history_network_seen){ *peer,
	    pushed_back };
	tell_soon();
}
