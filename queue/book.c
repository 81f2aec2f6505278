/* SPDX-License-Identifier: ISC */
/*
 * The group commit.  All that arrived and all that ended since the last one
 * becomes one transaction:
 *
 *	BEGIN   arrivals inserted, results booked, lanes settled
 *	COMMIT  on disk, or nothing of it has happened
 *	tell    answers given, lines logged, what goes on goes on
 *
 * Booking may have to be done again (a row found damaged is left out the
 * second time), so until COMMIT has returned nothing outside the database
 * changes but what is set anew each time.
 *
 * No room on disk: arrivals are refused, results are kept and booked when
 * there is room; nothing more is handed out meanwhile, as its result could
 * not be kept.  Any other failure ends the process.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/bounce.h"
#include "queue/engine.h"
#include "queue/queue_ipc.h"
#include "util/log.h"
#include "util/xalloc.h"

/* ---- the transaction ---- */

static enum store_status
book_arrival(struct engine *e, struct arrival *a)
{
	uint64_t now = a->message->queued_ms / 1000;
	enum store_status status = store_add_message(e->store, a->message);
	struct parcel *p;
	struct rcpt *r;
	uint32_t n = 0;

	if (status == STORE_DUPLICATE) {
		a->refused = true;
		a->why = "a message with this id is in the queue already";
		return STORE_OK;
	}
	TAILQ_FOREACH(p, &a->parcels, link) {
		STAILQ_FOREACH(r, &p->rcpts, link) {
			if (status != STORE_OK)
				return status;
			status = store_add_rcpt(e->store, a->message, n++, r,
			    p->lane->name, p->kept, now);
		}
		if (status == STORE_OK && !p->kept)
			status = store_wake(e->store, p->lane->name, now);
	}
	return status;
}

static enum store_status
book_delivered(struct engine *e, struct parcel *p, struct rcpt *r)
{
	(void)p;
	return store_remove_rcpt(e->store, r);
}

static enum store_status
book_failed(struct engine *e, struct parcel *p, struct rcpt *r)
{
	if (!bounce_wanted(p->message->sender))
		return store_remove_rcpt(e->store, r);
	p->message->failed_some = true;
	return store_fail_rcpt(e->store, r);
}

static enum store_status
book_deferred(struct engine *e, struct parcel *p, struct rcpt *r)
{
	enum store_status status = store_defer_rcpt(e->store, r);

	if (status == STORE_OK)
		status = store_wake(e->store, p->lane->name,
		    r->result->due_at);
	return status;
}

static enum store_status
book_pushed_back(struct engine *e, struct parcel *p, struct rcpt *r)
{
	(void)p;
	return store_push_back_rcpt(e->store, r);
}

static enum store_status (*const bookings[])(struct engine *,
    struct parcel *, struct rcpt *) = {
	[OUTCOME_DELIVERED] = book_delivered,
	[OUTCOME_FAILED] = book_failed,
	[OUTCOME_DEFERRED] = book_deferred,
	[OUTCOME_PUSHED_BACK] = book_pushed_back,
	[OUTCOME_UNCERTAIN] = book_deferred,
};

/* No recipient of m is in memory any more: its sender is told what must be
 * told, and if none is left on disk either, it goes. */
static enum store_status
end_message(struct engine *e, struct parcel *p)
{
	struct message *m = p->message;
	enum store_status status = STORE_OK;

	if (m->failed_some)
		status = notify_failed(e, m, p->bounce);
	if (status == STORE_OK)
		status = store_finish_message(e->store, m->id,
		    &p->message_gone, &p->spool_id);
	if (status == STORE_OK && !p->message_gone && m->warn_at != 0 &&
	    engine_now() >= m->warn_at)
		status = notify_delayed(e, m, p->warning);
	return status;
}

static enum store_status
book_parcel(struct engine *e, struct parcel *p)
{
	enum store_status status = STORE_OK;
	struct rcpt *r;

	p->message_gone = false;
	p->bounce[0] = p->warning[0] = '\0';
	if (p->routed)
		status = notify_routed(e, p);
	else
		STAILQ_FOREACH(r, &p->rcpts, link) {
			if (status != STORE_OK)
				return status;
			status = bookings[r->result->outcome](e, p, r);
			if (status == STORE_NONE)	/* the operator's */
				status = STORE_OK;
		}
	if (status == STORE_OK && p->noted)
		status = store_save_destination(e->store, p->lane->name,
		    &p->lane->pushback);
	if (status != STORE_OK || p->again)
		return status;
	if (++p->message->ending < p->message->parcels)
		return STORE_OK;
	return end_message(e, p);
}

static enum store_status
book_parcels(struct engine *e, bool *ret_skipped)
{
	enum store_status status = STORE_OK;
	struct parcel *p;

	TAILQ_FOREACH(p, &e->ended, link)
		p->message->ending = 0;
	TAILQ_FOREACH(p, &e->ended, link) {
		if (p->skipped)
			continue;
		status = book_parcel(e, p);
		if (status == STORE_DAMAGED) {
			log_say(LOG_LEVEL_ERROR, "damaged", "message %s: its "
			    "result could not be kept: %s", p->message->name,
			    store_trouble(e->store));
			p->skipped = *ret_skipped = true;
		}
		if (status != STORE_OK)
			break;
	}
	return status;
}

/* settled_at of each drained lane: when its next recipient is due. */
static enum store_status
book_lanes(struct engine *e)
{
	enum store_status status = STORE_OK;
	struct lane *lane;

	TAILQ_FOREACH(lane, &e->settling, settle_link) {
		if (status == STORE_OK && lane_drained(lane))
			status = store_settle(e->store, lane->name,
			    &lane->settled_at);
	}
	return status;
}

static enum store_status
book_all(struct engine *e, bool *ret_skipped)
{
	enum store_status status = store_begin(e->store);
	struct arrival *a;
	struct aside *s;

	STAILQ_FOREACH(a, &e->arrivals, link) {
		if (status != STORE_OK)
			return status;
		if (!a->refused)
			status = book_arrival(e, a);
	}
	if (status == STORE_OK)
		status = book_parcels(e, ret_skipped);
	if (status == STORE_OK)
		status = book_lanes(e);
	STAILQ_FOREACH(s, &e->asides, link) {
		if (status == STORE_OK)
			status = store_set_aside(e->store, s->message_id);
	}
	if (status == STORE_OK)
		status = store_commit(e->store);
	return status;
}

/* ---- after it ---- */

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
parcel_drop(struct engine *e, struct parcel *p)
{
	lane_ended(&e->lanes, p);
	parcel_free(e, p);
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
		arrival_free(e, a);
		return;
	}
	e->counts.accepted++;
	report_queued(a);
	taken_add_message(&e->taken, a->message);
	for (p = TAILQ_FIRST(&a->parcels); p != NULL; p = next) {
		next = TAILQ_NEXT(p, link);
		if (!p->kept) {
			if (p->lane->on_disk)
				lane_more(&e->lanes, p->lane);
			else
				engine_wake(e, a->message->queued_ms / 1000);
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
		e->counts.deferred++;
		engine_wake(e, r->result->due_at);
		break;
	case OUTCOME_PUSHED_BACK:
		e->counts.pushed_back++;
		break;
	}
}

/* Those that were pushed back stay, and go out again at once. */
static void
send_again(struct engine *e, struct parcel *p)
{
	struct rcpt_list all = STAILQ_HEAD_INITIALIZER(all);
	struct rcpt *r;

	STAILQ_CONCAT(&all, &p->rcpts);
	p->count = 0;
	while ((r = STAILQ_FIRST(&all)) != NULL) {
		STAILQ_REMOVE_HEAD(&all, link);
		if (r->result->outcome != OUTCOME_PUSHED_BACK) {
			taken_release_rcpt(&e->taken, r);
			continue;
		}
		free(r->result);
		r->result = NULL;
		r->pushed_back = true;
		parcel_add(p, r);
	}
	p->again = p->noted = false;
	lane_push(&e->lanes, p->lane, p, true);
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
	if (p->bounce[0] != '\0' || p->warning[0] != '\0' || p->routed)
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

static void
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

static void
refuse_arrivals(struct engine *e, enum queue_status status, const char *why)
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

void
book_aside(struct engine *e, uint64_t message_id, const char *name)
{
	struct aside *s;

	STAILQ_FOREACH(s, &e->asides, link) {
		if (s->message_id == message_id)
			return;
	}
	s = xcalloc(1, sizeof *s);
	s->message_id = message_id;
	snprintf(s->name, sizeof s->name, "%s", name);
	STAILQ_INSERT_TAIL(&e->asides, s, link);
	log_say(LOG_LEVEL_ERROR, "damaged", "message %s (row %llu) cannot be "
	    "read and is set aside: see mx6ctl queue list", name,
	    (unsigned long long)message_id);
}

void
book_settle(struct engine *e, struct lane *lane)
{
	if (lane->settling || !lane_drained(lane))
		return;
	lane->settling = true;
	TAILQ_INSERT_TAIL(&e->settling, lane, settle_link);
}

static bool
nothing_to_book(const struct engine *e)
{
	return STAILQ_EMPTY(&e->arrivals) && TAILQ_EMPTY(&e->ended) &&
	    STAILQ_EMPTY(&e->asides) && TAILQ_EMPTY(&e->settling);
}

void
book(struct engine *e)
{
	enum store_status status;
	bool skipped;

	if (e->blocked || nothing_to_book(e))
		return;
	do {
		skipped = false;
		status = book_all(e, &skipped);
		if (status != STORE_OK)
			store_rollback(e->store);
	} while (status == STORE_DAMAGED && skipped);
	switch (status) {
	case STORE_OK:
		e->counts.commits++;
		tell_all(e);
		return;
	case STORE_FULL:
		log_say(LOG_LEVEL_ERROR, "disk", "no room for the queue: %s",
		    store_trouble(e->store));
		e->blocked = true;
		refuse_arrivals(e, QUEUE_FULL, "no room on disk");
		return;
	case STORE_NONE:
	case STORE_DUPLICATE:
	case STORE_DAMAGED:
	case STORE_TROUBLE:
		refuse_arrivals(e, QUEUE_TROUBLE, "the queue cannot be written");
		engine_give_up(e, "a commit failed");
	}
}
