/* SPDX-License-Identifier: ISC */
/*
 * After the commit: answers are given, lines are logged, what is done leaves
 * the memory and what goes on goes on.
 */
#include <stdlib.h>

#include "queue/engine.h"
#include "queue/queue_ipc.h"

static void
release_rcpts(struct engine *e, struct rcpt_list *rcpts)
{
	struct rcpt *r;

	while ((r = STAILQ_FIRST(rcpts)) != NULL) {
		STAILQ_REMOVE_HEAD(rcpts, link);
		taken_release_rcpt(&e->taken, r);
	}
}

static void
parcel_free(struct engine *e, struct parcel *p)
{
	release_rcpts(e, &p->rcpts);
	release_rcpts(e, &p->targets);
	p->message->parcels--;
	taken_release_message(&e->taken, p->message);
	free(p);
}

void
parcel_sift(struct engine *e, struct parcel *p,
    bool (*keep)(const struct rcpt *))
{
	struct rcpt_list all = STAILQ_HEAD_INITIALIZER(all);
	struct rcpt *r;

	STAILQ_CONCAT(&all, &p->rcpts);
	p->count = 0;
	while ((r = STAILQ_FIRST(&all)) != NULL) {
		STAILQ_REMOVE_HEAD(&all, link);
		if (keep(r))
			parcel_add(p, r);
		else
			taken_release_rcpt(&e->taken, r);
	}
}

void
parcel_drop(struct engine *e, struct parcel *p)
{
	lane_ended(&e->lanes, p);
	parcel_free(e, p);
}

/* Its end is booked all the same: the message's bounce, or the end of the
 * message itself, may have waited for this one. */
void
parcel_withdraw(struct engine *e, struct parcel *p)
{
	release_rcpts(e, &p->rcpts);
	p->count = 0;
	results_end(e, p);
}

/* The lane has a new row on disk; where the walk through its rows has passed
 * that row's place, it begins anew. */
static void
row_added(struct engine *e, struct lane *lane, uint64_t due_at, uint64_t id)
{
	if (!lane->on_disk)
		engine_wake(e, due_at);
	else if (due_at < lane->cursor.due_at ||
	    (due_at == lane->cursor.due_at && id < lane->cursor.id))
		lane_opened(&e->lanes, lane);
	else
		lane_more(&e->lanes, lane);
}

/* On disk: the client may be told, and what is kept goes out. */
static void
tell_arrival(struct engine *e, struct arrival *a)
{
	struct queue_submit_answer answer = { .status = QUEUE_OK, .why = "" };
	struct parcel *p, *next;
	struct rcpt *r;

	if (a->refused) {
		answer.status = QUEUE_TROUBLE;
		answer.why = a->why;
	}
	queue_submit_reply(a->call, &answer);
	if (a->refused) {
		if (a->message->spool_id != 0)
			spool_remove(e->spool, a->message->spool_id);
		arrival_free(e, a);
		return;
	}
	e->counts.accepted++;
	report_queued(a);
	taken_add_message(&e->taken, a->message);
	for (p = TAILQ_FIRST(&a->parcels); p != NULL; p = next) {
		next = TAILQ_NEXT(p, link);
		if (!p->kept) {
			row_added(e, p->lane, a->message->queued_ms / 1000,
			    STAILQ_FIRST(&p->rcpts)->id);
			continue;
		}
		TAILQ_REMOVE(&a->parcels, p, link);
		STAILQ_FOREACH(r, &p->rcpts, link)
			taken_add_rcpt(&e->taken, r);
		lane_unreserve(&e->lanes, p->lane);
		lane_push(&e->lanes, p->lane, p, false);
	}
	arrival_free(e, a);
}

static void
count(struct engine *e, const struct rcpt *r)
{
	switch ((enum deliver_outcome)r->result->outcome) {
	case OUTCOME_DELIVERED:
		e->counts.delivered++;
		break;
	case OUTCOME_FAILED:
		e->counts.bounced++;
		break;
	case OUTCOME_DEFERRED:
	case OUTCOME_UNCERTAIN:
		e->counts.deferred += !r->result->put_off;
		engine_wake(e, r->result->due_at);
		break;
	case OUTCOME_PUSHED_BACK:
		e->counts.pushed_back++;
		break;
	}
}

static bool
was_pushed_back(const struct rcpt *r)
{
	return r->result->outcome == OUTCOME_PUSHED_BACK;
}

/* Those that were pushed back stay, and go out again at once. */
static void
send_again(struct engine *e, struct parcel *p)
{
	struct rcpt *r;

	parcel_sift(e, p, was_pushed_back);
	STAILQ_FOREACH(r, &p->rcpts, link) {
		free(r->result);
		r->result = NULL;
		r->pushed_back = true;
	}
	p->again = p->noted = false;
	lane_push(&e->lanes, p->lane, p, true);
}

/* The targets that policy has named are rows of their own now, due since
 * they were booked. */
static void
tell_targets(struct engine *e, const struct parcel *p)
{
	char destination[DESTINATION_SIZE];
	struct lane *lane;
	struct rcpt *r;

	engine_wake(e, engine_now());
	STAILQ_FOREACH(r, &p->targets, link) {
		if (!rcpt_destination(r, destination))
			continue;
		lane = lanes_find(&e->lanes, destination);
		if (lane != NULL && lane->on_disk)
			row_added(e, lane, 0, 0);
	}
}

static void
tell_parcel(struct engine *e, struct parcel *p)
{
	struct message *m = p->message;
	struct lane *lane = p->lane;
	struct rcpt *r;

	if (!p->skipped && !p->routed)
		STAILQ_FOREACH(r, &p->rcpts, link) {
			count(e, r);
			if (!r->result->put_off || r->result->expired)
				report_result(p, r);
		}
	if (p->bounce[0] != '\0') {
		report_notice("bounce", m, p->bounce);
		m->failed_some = false;
	}
	if (p->warning[0] != '\0') {
		report_notice("delayed", m, p->warning);
		m->warn_at = 0;
	}
	if (p->routed)
		tell_targets(e, p);
	if (p->bounce[0] != '\0' || p->warning[0] != '\0')
		engine_wake(e, engine_now());
	if (p->message_gone) {
		if (p->spool_id != 0)
			spool_remove(e->spool, p->spool_id);
		report_removed(m);
	}
	lane_ended(&e->lanes, p);
	if (p->again && !p->skipped)
		send_again(e, p);
	else if (!p->skipped)
		parcel_free(e, p);
	/* A skipped one stays in memory for good, so that it is not taken
	 * from disk and delivered again and again. */
	book_settle(e, lane);
}

static void
tell_lanes(struct engine *e)
{
	uint64_t soonest = engine_now() + 1;
	struct lane *lane;

	while ((lane = TAILQ_FIRST(&e->settling)) != NULL) {
		TAILQ_REMOVE(&e->settling, lane, settle_link);
		lane->settling = false;
		if (!lane_drained(lane))
			continue;
		lane_settled(&e->lanes, lane);
		if (lane->settled_at != 0)
			engine_wake(e, lane->settled_at < soonest ? soonest :
			    lane->settled_at);
	}
}

void
tell_all(struct engine *e)
{
	struct arrival *a;
	struct parcel *p;
	struct aside *s;

	tell_lanes(e);
	while ((a = STAILQ_FIRST(&e->arrivals)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->arrivals, link);
		tell_arrival(e, a);
	}
	while ((p = TAILQ_FIRST(&e->ended)) != NULL) {
		TAILQ_REMOVE(&e->ended, p, link);
		tell_parcel(e, p);
	}
	while ((s = STAILQ_FIRST(&e->asides)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->asides, link);
		free(s);
	}
}

void
tell_refused(struct engine *e, uint32_t status, const char *why)
{
	struct queue_submit_answer answer = { .status = status, .why = why };
	struct arrival *a;

	while ((a = STAILQ_FIRST(&e->arrivals)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->arrivals, link);
		queue_submit_reply(a->call, &answer);
		if (a->message->spool_id != 0)
			spool_remove(e->spool, a->message->spool_id);
		arrival_free(e, a);
	}
}
