/* SPDX-License-Identifier: ISC */
/*
 * The operator's changes.  One call may mean a million recipients: they are
 * changed piece by piece, each in a transaction of its own, and mail goes on
 * in between.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "queue/engine.h"
#include "queue/queue_admin_ipc.h"
#include "queue/serve.h"
#include "queue/store_admin.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PIECE	2000
#define REST_MS	1

struct job {
	uv_timer_t		 timer;
	struct engine		*engine;
	struct ipc_call		*call;
	enum queue_action	 action;
	char			*message;
	char			*sender;
	char			*domain;
	uint32_t		 state;
	uint64_t		 after;
	uint64_t		 changed;
	uint32_t		 picked;	/* in this piece */
	uint64_t		*spool_ids;	/* to be removed after it */
	uint32_t		 spool_count;
};

static const char *const words[] = {
	[ACTION_RETRY] = "retry",
	[ACTION_HOLD] = "hold",
	[ACTION_RELEASE] = "release",
	[ACTION_REMOVE] = "remove",
};

/* What is in memory of it follows. */
static void
on_picked(void *arg, uint64_t rcpt_id)
{
	struct job *job = arg;
	struct rcpt *r = taken_rcpt(&job->engine->taken, rcpt_id);

	job->after = rcpt_id;
	job->picked++;
	if (r == NULL)
		return;
	if (job->action == ACTION_HOLD || job->action == ACTION_REMOVE)
		r->withdrawn = true;
	else if (job->action == ACTION_RELEASE)
		r->withdrawn = false;
}

static void
on_gone(void *arg, uint64_t spool_id)
{
	struct job *job = arg;

	if (spool_id == 0)
		return;
	job->spool_ids = xreallocarray(job->spool_ids, job->spool_count + 1,
	    sizeof *job->spool_ids);
	job->spool_ids[job->spool_count++] = spool_id;
}

/* Destinations that rest or are walked already are looked at anew. */
static void
wake_lanes(struct engine *e)
{
	struct lane *lane;

	for (lane = lanes_after(&e->lanes, ""); lane != NULL;
	    lane = lanes_after(&e->lanes, lane->name)) {
		schedule_window_wake(&lane->window);
		if (lane->on_disk)
			lane_opened(&e->lanes, lane);
	}
	engine_wake(e, engine_now());
	engine_turn_soon(e);
}

static void
on_closed(uv_handle_t *handle)
{
	struct job *job = handle->data;

	free(job->message);
	free(job->sender);
	free(job->domain);
	free(job->spool_ids);
	free(job);
}

static void
finish(struct job *job)
{
	struct queue_admin_act_answer answer = {
		.count = (uint32_t)job->changed,
	};

	log_say(LOG_LEVEL_INFO, "operator", "queue %s: %llu recipients",
	    words[job->action], (unsigned long long)job->changed);
	if (job->action == ACTION_RETRY || job->action == ACTION_RELEASE)
		wake_lanes(job->engine);
	queue_admin_act_reply(job->call, &answer);
	uv_close((uv_handle_t *)&job->timer, on_closed);
}

static void
do_piece(uv_timer_t *timer)
{
	struct job *job = timer->data;
	struct engine *e = job->engine;
	struct store_filter filter = {
		.after = job->after,
		.message = job->message,
		.sender = job->sender,
		.domain = job->domain,
		.state = job->state,
		.limit = PIECE,
	};
	struct store_action action = {
		.action = job->action,
		.now = engine_now(),
		.picked = on_picked,
		.gone = on_gone,
		.arg = job,
	};
	uint64_t changed = 0;

	job->picked = job->spool_count = 0;
	if (store_act(e->store, &filter, &action, &changed) != STORE_OK) {
		log_say(LOG_LEVEL_ERROR, "store", "queue %s: %s",
		    words[job->action], store_trouble(e->store));
		finish(job);
		return;
	}
	for (uint32_t i = 0; i < job->spool_count; i++)
		spool_remove(e->spool, job->spool_ids[i]);
	job->changed += changed;
	if (job->picked < PIECE)
		finish(job);
	else
		uv_timer_start(timer, do_piece, REST_MS, 0);
}

void
admin_act(struct ipc_call *call, const struct queue_admin_act_ask *ask)
{
	struct queue_admin_act_answer nothing = { 0 };
	struct engine *e = serving_engine();
	struct job *job;

	if (ask->action < ACTION_RETRY || ask->action > ACTION_REMOVE ||
	    (!ask->all && ask->message[0] == '\0' && ask->sender[0] == '\0' &&
	    ask->domain[0] == '\0' && ask->state == 0)) {
		queue_admin_act_reply(call, &nothing);
		return;
	}
	job = xcalloc(1, sizeof *job);
	job->engine = e;
	job->call = call;
	job->action = (enum queue_action)ask->action;
	job->message = xstrdup(ask->message);
	job->sender = xstrdup(ask->sender);
	job->domain = xstrdup(ask->domain);
	job->state = ask->state;
	job->timer.data = job;
	uv_timer_init(e->loop, &job->timer);
	uv_timer_start(&job->timer, do_piece, 0, 0);
}
