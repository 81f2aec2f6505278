/* SPDX-License-Identifier: ISC */
/*
 * Handing out: the lane whose turn it is gives a parcel, and the process
 * that can bring it there is asked to.
 */
#include <stdio.h>

#include "queue/engine.h"
#include "util/log.h"

#define STEPS_MAX	500	/* of one turn */

static bool
is_wanted(const struct rcpt *r)
{
	return !r->withdrawn;
}

/* Leaves out what the operator has held or removed since it was loaded; an
 * empty parcel ends at once. */
static bool
still_wanted(struct engine *e, struct parcel *p)
{
	parcel_sift(e, p, is_wanted);
	if (p->count > 0)
		return true;
	results_end(e, p);
	return false;
}

/* Puts off p and all that waits with it in memory. */
static void
suspend(struct engine *e, struct lane *lane, struct parcel *p)
{
	char reason[LANE_LAST_SIZE + 40];
	struct log_line l;
	uint32_t count = 0;

	snprintf(reason, sizeof reason, "delivery suspended for a while: %s",
	    lane->last);
	do {
		count += p->count;
		results_put_off(e, p, false, "4.4.1", reason);
	} while ((p = lane_pop(&e->lanes, lane)) != NULL);
	log_start(&l, LOG_LEVEL_INFO, "suspended");
	log_text(&l, "destination", lane->name);
	log_number(&l, "recipients", count);
	log_text(&l, "reason", lane->last);
	log_send(&l);
}

/* The lane whose turn it is and that may have one more delivery under way;
 * servers that keep us waiting leave room for mailboxes here.  NULL: none. */
static struct lane *
next_lane(struct engine *e)
{
	uint64_t most = e->config->deliveries_max;
	struct lane *lane, *passed = NULL;

	while ((lane = lanes_turn(&e->lanes)) != NULL && lane != passed) {
		if ((lane->remote ? e->remote : e->active - e->remote) < most)
			return lane;
		if (passed == NULL)
			passed = lane;
	}
	return NULL;
}

void
hand_out(struct engine *e)
{
	uint64_t now = engine_now();
	struct lane *lane;
	int steps = 0;

	if (e->blocked || e->stopping)
		return;
	if (due_scan_wanted(e, now))
		due_scan(e, now);
	while ((lane = next_lane(e)) != NULL) {
		struct parcel *p;

		if (++steps > STEPS_MAX)
			break;
		p = lane_pop(&e->lanes, lane);
		if (p == NULL)
			due_load(e, lane);
		else if (!still_wanted(e, p))
			continue;
		else if (schedule_window_resting(&lane->window, now))
			suspend(e, lane, p);
		else
			ask_carrier(e, p);
	}
	if (steps > STEPS_MAX || due_scan_wanted(e, now) ||
	    !TAILQ_EMPTY(&e->ended) || !TAILQ_EMPTY(&e->settling) ||
	    !STAILQ_EMPTY(&e->asides))
		engine_turn_soon(e);
}
