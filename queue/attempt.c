/* SPDX-License-Identifier: ISC */
/* The way of an attempt from candidate to candidate. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queue/attempt_state.h"
#include "queue/pool.h"
#include "smtpd/privileged_ipc.h"
#include "util/xalloc.h"

#define PARENT_TIMEOUT_MS	10000
#define UNIX_PREFIX		"unix:"

static uv_loop_t *the_loop;
static struct ipc_peer *the_parent;
static struct setup *the_setup;
static size_t under_way;
static bool stopping;
static void (*when_idle)(void);

static void next_candidate(struct attempt *a);
static void on_ready(void *arg, struct link *l);
static void on_ended(void *arg, struct link *l);

static const struct link_events link_events = {
	.ready = on_ready,
	.ended = on_ended,
};

void
attempt_init(uv_loop_t *loop, struct ipc_peer *parent)
{
	the_loop = loop;
	the_parent = parent;
}

uv_loop_t *
attempt_loop(void)
{
	return the_loop;
}

void
attempt_configure(struct setup *setup)
{
	setup_drop(the_setup);
	the_setup = setup_hold(setup);
}

size_t
attempt_count(void)
{
	return under_way;
}

void
attempt_stop(void (*idle)(void))
{
	stopping = true;
	when_idle = idle;
}

const struct plan_candidate *
attempt_candidate(const struct attempt *a)
{
	return &route_plan(a->route)->candidates[a->at];
}

/* ---- birth and end ---- */

static void
destroy(struct attempt *a)
{
	for (size_t i = 0; i < a->rcpt_count; i++)
		free(a->rcpts[i].text);
	if (a->body.file >= 0)
		close(a->body.file);
	if (a->route != NULL)
		route_drop(a->route);
	setup_drop(a->setup);
	free(a->tried);
	free(a->batch_of);
	free(a->batch);
	free(a->rcpts);
	free(a->texts);
	free(a);
	if (--under_way == 0 && when_idle != NULL)
		when_idle();
}

static void
finish(struct attempt *a)
{
	attempt_answer(a);
	destroy(a);
}

/* One block for all texts and the body, filled from front to back. */
static const char *
keep(char **next, const char *text)
{
	size_t size = strlen(text) + 1;
	char *kept = memcpy(*next, text, size);

	*next += size;
	return kept;
}

static size_t
texts_size(const struct deliver_send_ask *ask)
{
	size_t n = strlen(ask->message) + strlen(ask->sender) +
	    strlen(ask->domain) + 3 + ask->body.size;

	for (uint32_t i = 0; i < ask->rcpts_count; i++)
		n += strlen(ask->rcpts[i].address) + 1;
	return n;
}

static void
copy_texts(struct attempt *a, const struct deliver_send_ask *ask)
{
	char *next = a->texts = xmalloc(texts_size(ask));

	a->message_id = keep(&next, ask->message);
	a->sender = keep(&next, ask->sender);
	a->domain = keep(&next, ask->domain);
	for (size_t i = 0; i < a->rcpt_count; i++) {
		a->rcpts[i] = (struct attempt_rcpt){
			.id = ask->rcpts[i].id,
			.address = keep(&next, ask->rcpts[i].address),
			.outcome = OUTCOME_DEFERRED,
		};
	}
	if (ask->file >= 0)
		return;
	memcpy(next, ask->body.data, ask->body.size);
	a->body.data = (const uint8_t *)next;
}

static struct attempt *
create(struct ipc_call *call, const struct deliver_send_ask *ask)
{
	struct attempt *a = xcalloc(1, sizeof *a);

	a->call = call;
	a->setup = setup_hold(the_setup);
	a->rcpt_count = a->open_count = ask->rcpts_count;
	a->rcpts = xcalloc(a->rcpt_count, sizeof *a->rcpts);
	a->batch = xcalloc(a->rcpt_count, sizeof *a->batch);
	a->batch_of = xcalloc(a->rcpt_count, sizeof *a->batch_of);
	a->demand = ask->family <= DELIVER_IPV4_UNLESS_NONE ?
	    (enum deliver_family)ask->family : DELIVER_ANY;
	a->body.file = ask->file;
	a->body.size_bytes = ask->file >= 0 ? ask->size_bytes :
	    ask->body.size;
	copy_texts(a, ask);
	a->message = (struct client_message){
		.sender = a->sender,
		.rcpts = a->batch,
		.size_bytes = a->body.size_bytes,
		.eightbit = ask->eightbit,
		.utf8 = ask->utf8,
	};
	a->started_ms = uv_now(the_loop);
	under_way++;
	return a;
}

/* ---- one candidate ---- */

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
 * no other has an open session.  The number of candidates: none is left. */
static size_t
choose(const struct attempt *a)
{
	const struct plan *plan = route_plan(a->route);
	uint64_t now_ms = uv_now(the_loop);

	for (size_t i = 0; i < plan->candidate_count; i++) {
		struct link_key key = key_of(a, i);

		if (a->tried[i])
			continue;
		if (!pool_is_dead(&key.addr, now_ms) || pool_has(&key) ||
		    !has_resting(a))
			return i;
	}
	return plan->candidate_count;
}

static void
begin(struct attempt *a, struct link *l, bool only_again)
{
	attempt_book_batch(a, only_again);
	a->message.rcpt_count = a->batch_count;
	a->message.fallback_meant = attempt_candidate(a)->fallback_meant;
	if (l != NULL) {
		a->begun_ms = uv_now(the_loop);
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
		next_candidate(a);
		return;
	}
	begin(a, NULL, false);
	if (link_adopt(the_loop, a->setup, answer->socket, &key, &link_events,
	    a, &a->message, &a->body) != NULL)
		return;
	attempt_book_trouble(a, "connect to", strerrordesc_np(errno));
	next_candidate(a);
}

static bool
connect_unix(struct attempt *a, const char *place)
{
	struct privileged_lmtp_socket_ask ask = {
		.path = place + strlen(UNIX_PREFIX),
	};

	privileged_lmtp_socket(the_parent, &ask, PARENT_TIMEOUT_MS,
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
	if (link_open(the_loop, a->setup, &key, a->no_tls, &link_events, a,
	    &a->message, &a->body) != NULL)
		return true;
	attempt_book_trouble(a, "connect to", strerrordesc_np(errno));
	pool_note_dead(&key.addr, uv_now(the_loop));
	return false;
}

static void
next_candidate(struct attempt *a)
{
	const struct plan *plan = route_plan(a->route);

	while (a->open_count > 0) {
		a->no_tls = a->fresh = false;
		if (!ipc_call_wanted(a->call)) {
			ipc_call_drop(a->call);
			destroy(a);
			return;
		}
		if ((a->at = choose(a)) == plan->candidate_count)
			break;
		if (use_candidate(a))
			return;
	}
	finish(a);
}

static void
same_candidate(struct attempt *a)
{
	if (!use_candidate(a))
		next_candidate(a);
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
	next_candidate(a);
}

static void
on_ended(void *arg, struct link *l)
{
	struct attempt *a = arg;
	const struct client *client = link_client(l);

	if (client == NULL) {
		attempt_book_trouble(a, "connect to", link_why(l));
		pool_note_dead(&link_key(l)->addr, uv_now(the_loop));
		next_candidate(a);
		return;
	}
	note_session(a, l);
	switch (attempt_book_results(a, client, client_end(client))) {
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
		next_candidate(a);
		return;
	}
}

/* ---- the start ---- */

static void
on_route(void *arg, struct route *route)
{
	struct attempt *a = arg;
	const struct plan *plan = route_plan(route);

	a->route = route;
	if (plan->status == PLAN_USABLE) {
		a->tried = xcalloc(plan->candidate_count, sizeof *a->tried);
		next_candidate(a);
		return;
	}
	if (plan->status == PLAN_ASK)
		attempt_book_all(a, OUTCOME_DEFERRED, "4.4.3",
		    "the lookups for this destination do not come to an end");
	else
		attempt_book_all(a, plan->status == PLAN_FAIL ?
		    OUTCOME_FAILED : OUTCOME_DEFERRED, plan->enhanced,
		    plan->reason);
	finish(a);
}

void
attempt_start(struct ipc_call *call, const struct deliver_send_ask *ask)
{
	struct attempt *a = create(call, ask);
	struct route_ask route = {
		.domain = a->domain,
		.lmtp = ask->lmtp,
		.demand = a->demand,
	};

	if (stopping) {
		attempt_book_all(a, OUTCOME_DEFERRED, "4.3.2",
		    "the daemon is shutting down");
		finish(a);
		return;
	}
	route_find(&route, on_route, a);
}
