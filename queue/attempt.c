/* SPDX-License-Identifier: ISC */
/* The birth of an attempt, its plan, and its end. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queue/attempt_state.h"
#include "util/xalloc.h"

static uv_loop_t *the_loop;
static struct ipc_peer *the_parent;
static struct setup *the_setup;
static size_t under_way;
static bool stopping;
static void (*when_idle)(void);

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

struct ipc_peer *
attempt_parent(void)
{
	return the_parent;
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

/* ---- birth and end ---- */

void
attempt_destroy(struct attempt *a)
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

void
attempt_finish(struct attempt *a)
{
	attempt_answer(a);
	attempt_destroy(a);
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
	a->body.offset = ask->offset;
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

/* ---- the start ---- */

static void
on_route(void *arg, struct route *route)
{
	struct attempt *a = arg;
	const struct plan *plan = route_plan(route);

	a->route = route;
	if (plan->status == PLAN_USABLE) {
		a->tried = xcalloc(plan->candidate_count, sizeof *a->tried);
		attempt_next(a);
		return;
	}
	if (plan->status == PLAN_ASK)
		attempt_book_all(a, OUTCOME_DEFERRED, "4.4.3",
		    "the lookups for this destination do not come to an end");
	else
		attempt_book_all(a, plan->status == PLAN_FAIL ?
		    OUTCOME_FAILED : OUTCOME_DEFERRED, plan->enhanced,
		    plan->reason);
	attempt_finish(a);
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
		attempt_finish(a);
		return;
	}
	route_find(&route, on_route, a);
}
