/* SPDX-License-Identifier: ISC */
/* From candidate to candidate, and what to do after each transaction. */

#include <errno.h>
#include <string.h>

#include "queue/attempt_state.h"
#include "queue/pool.h"
#include "smtpd/privileged_ipc.h"

#define PARENT_TIMEOUT_MS	10000
#define UNIX_PREFIX		"unix:"

static void on_ready(void *arg, struct link *l);
static void on_ended(void *arg, struct link *l);

static const struct link_events link_events = {
	.ready = on_ready,
	.ended = on_ended,
};

const struct plan_candidate *
attempt_candidate(const struct attempt *a)
{
	return &route_plan(a->route)->candidates[a->at];
}

static struct link_key
key_of(const struct attempt *a, size_t at)
{
	const struct plan *plan = route_plan(a->route);
	const struct plan_candidate *c = &plan->candidates[at];

	return (struct link_key){
		.domain = a->domain,
		.host = c->host,
		.addr = c->addr,
		.via = c->via,
		.tls = plan->tls,
		.lmtp = plan->lmtp,
	};
}

static bool
has_resting(const struct attempt *a)
{
	for (size_t i = 0; i < route_plan(a->route)->candidate_count; i++) {
		struct link_key key = key_of(a, i);

		if (!a->tried[i] && pool_has(&key))
			return true;
	}
	return false;
}

/* The first that was not tried; one that was found dead a moment ago only if
 * no other has an open session, one that is in doubt only if it is the last.
 * The number of candidates: none is left. */
static size_t
choose(const struct attempt *a)
{
	const struct plan *plan = route_plan(a->route);
	uint64_t now_ms = uv_now(attempt_loop());
	size_t doubted = plan->candidate_count;

	for (size_t i = 0; i < plan->candidate_count; i++) {
		struct link_key key = key_of(a, i);

		if (a->tried[i] || (pool_is_dead(&key.addr, now_ms) &&
		    !pool_has(&key) && has_resting(a)))
			continue;
		if (!pool_is_doubted(&key.addr, now_ms))
			return i;
		if (doubted == plan->candidate_count)
			doubted = i;
	}
	return doubted;
}

static void
begin(struct attempt *a, struct link *l, bool only_again)
{
	attempt_book_batch(a, only_again);
	a->message.rcpt_count = a->batch_count;
	a->message.fallback_meant = attempt_candidate(a)->fallback_meant;
	if (l != NULL) {
		a->begun_ms = uv_now(attempt_loop());
		link_begin(l, &link_events, a, &a->message, &a->body);
	}
}

static void
on_unix_socket(void *arg, enum ipc_status status,
    const struct privileged_lmtp_socket_answer *answer)
{
	struct attempt *a = arg;
	struct link_key key = key_of(a, a->at);

	if (status != IPC_OK || answer->socket < 0) {
		attempt_book_trouble(a, "connect to", status != IPC_OK ?
		    "the parent process did not answer" : answer->error);
		attempt_next(a);
		return;
	}
	begin(a, NULL, false);
	if (link_adopt(attempt_loop(), a->setup, answer->socket, &key, &link_events,
	    a, &a->message, &a->body) != NULL)
		return;
	attempt_book_trouble(a, "connect to", strerrordesc_np(errno));
	attempt_next(a);
}

static bool
connect_unix(struct attempt *a, const char *place)
{
	struct privileged_lmtp_socket_ask ask = {
		.path = place + strlen(UNIX_PREFIX),
	};

	privileged_lmtp_socket(attempt_parent(), &ask, PARENT_TIMEOUT_MS,
	    on_unix_socket, a);
	return true;
}

/* false: it came to nothing at once. */
static bool
use_candidate(struct attempt *a)
{
	struct link_key key = key_of(a, a->at);
	struct link *l = a->fresh ? NULL : pool_take(&key);

	a->tried[a->at] = true;
	a->reused = l != NULL;
	if (l != NULL) {
		begin(a, l, false);
		return true;
	}
	if (key.addr.family == NETADDR_NONE)
		return connect_unix(a, key.host);
	begin(a, NULL, false);
	if (link_open(attempt_loop(), a->setup, &key, a->no_tls, &link_events, a,
	    &a->message, &a->body) != NULL)
		return true;
	/* Out of descriptors, the trouble is ours and not that address's. */
	if (errno != EMFILE && errno != ENFILE)
		pool_note_dead(&key.addr, uv_now(attempt_loop()));
	attempt_book_trouble(a, "connect to", strerrordesc_np(errno));
	return false;
}

void
attempt_next(struct attempt *a)
{
	const struct plan *plan = route_plan(a->route);

	while (a->open_count > 0) {
		a->no_tls = a->fresh = false;
		if (!ipc_call_wanted(a->call)) {
			ipc_call_drop(a->call);
			attempt_destroy(a);
			return;
		}
		if ((a->at = choose(a)) == plan->candidate_count)
			break;
		if (use_candidate(a))
			return;
	}
	attempt_finish(a);
}

static void
same_candidate(struct attempt *a)
{
	if (!use_candidate(a))
		attempt_next(a);
}

/* ---- what links say ---- */

static void
note_session(struct attempt *a, const struct link *l)
{
	if (!a->reused)
		a->begun_ms = link_opened_ms(l);
	if (attempt_candidate(a)->fallback_meant)
		a->mx6_tried = true;
}

static void
on_ready(void *arg, struct link *l)
{
	struct attempt *a = arg;

	note_session(a, l);
	if (attempt_book_results(a, link_client(l), NULL) ==
	    ATTEMPT_SAME_LINK) {
		begin(a, l, true);
		return;
	}
	pool_put(l, a->setup);
	attempt_next(a);
}

static bool
is_uncertain(const struct attempt *a)
{
	for (size_t i = 0; i < a->batch_count; i++)
		if (a->rcpts[a->batch_of[i]].outcome == OUTCOME_UNCERTAIN)
			return true;
	return false;
}

static void
on_ended(void *arg, struct link *l)
{
	struct attempt *a = arg;
	const struct client *client = link_client(l);
	enum attempt_step step;

	if (client == NULL) {
		attempt_book_trouble(a, "connect to", link_why(l));
		pool_note_dead(&link_key(l)->addr, uv_now(attempt_loop()));
		attempt_next(a);
		return;
	}
	note_session(a, l);
	step = attempt_book_results(a, client, client_end(client));
	if (is_uncertain(a))
		pool_note_doubted(&link_key(l)->addr, uv_now(attempt_loop()));
	switch (step) {
	case ATTEMPT_FRESH:
		a->fresh = true;
		same_candidate(a);
		return;
	case ATTEMPT_NO_TLS:
		a->no_tls = a->fresh = true;
		same_candidate(a);
		return;
	case ATTEMPT_SAME_LINK:
	case ATTEMPT_NEXT:
		attempt_next(a);
		return;
	}
}
