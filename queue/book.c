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

#include "queue/bounce.h"
#include "queue/engine.h"
#include "util/log.h"
#include "util/xalloc.h"

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
book_forget(struct engine *e)
{
	struct arrival *a;
	struct parcel *p;
	struct aside *s;
	struct lane *lane;

	while ((a = STAILQ_FIRST(&e->arrivals)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->arrivals, link);
		ipc_call_drop(a->call);
		arrival_free(e, a);
	}
	while ((p = TAILQ_FIRST(&e->ended)) != NULL) {
		TAILQ_REMOVE(&e->ended, p, link);
		parcel_drop(e, p);
	}
	while ((s = STAILQ_FIRST(&e->asides)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->asides, link);
		free(s);
	}
	for (lane = lanes_after(&e->lanes, ""); lane != NULL;
	    lane = lanes_after(&e->lanes, lane->name)) {
		while ((p = lane_pop(&e->lanes, lane)) != NULL)
			parcel_drop(e, p);
	}
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
book_no_room(struct engine *e)
{
	if (!e->no_room_said)
		log_say(LOG_LEVEL_ERROR, "disk", "no room for the queue: %s",
		    store_trouble(e->store));
	e->no_room_said = true;
}

static void
book_room(struct engine *e)
{
	if (e->no_room_said && e->taken_over) {
		log_say(LOG_LEVEL_INFO, "disk",
		    "there is room for the queue again");
		e->no_room_said = false;
	}
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
		book_room(e);
		tell_all(e);
		return;
	case STORE_FULL:
		book_no_room(e);
		e->blocked = true;
		tell_refused(e, QUEUE_FULL, "no room on disk");
		return;
	case STORE_NONE:
	case STORE_DUPLICATE:
	case STORE_DAMAGED:
	case STORE_TROUBLE:
		tell_refused(e, QUEUE_TROUBLE, "the queue cannot be written");
		engine_give_up(e, "a commit failed");
	}
}
