/* SPDX-License-Identifier: ISC */
#include "queue/lanes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define IDLE_MAX	1000	/* lanes remembered with nothing to do */
#define PARCELS_MAX	5000	/* waiting in memory beyond which disk must do */
#define PER_DELIVERY	10	/* waiting in a lane, for each delivery at once */

static int
compare(struct lane *a, struct lane *b)
{
	return strcmp(a->name, b->name);
}

RB_GENERATE_INTERNAL(lane_tree, lane, by_name, compare,
    static __attribute__((unused)))

void
lanes_init(struct lanes *lanes)
{
	memset(lanes, 0, sizeof *lanes);
	RB_INIT(&lanes->by_name);
	TAILQ_INIT(&lanes->ring);
	TAILQ_INIT(&lanes->idle);
}

static void
forget(struct lanes *lanes, struct lane *lane)
{
	RB_REMOVE(lane_tree, &lanes->by_name, lane);
	if (lane->in_idle) {
		TAILQ_REMOVE(&lanes->idle, lane, link);
		lanes->idle_count--;
	}
	if (lane->in_ring)
		TAILQ_REMOVE(&lanes->ring, lane, link);
	free(lane);
}

void
lanes_done(struct lanes *lanes)
{
	struct lane *lane;

	while ((lane = RB_ROOT(&lanes->by_name)) != NULL) {
		assert(TAILQ_EMPTY(&lane->waiting));
		forget(lanes, lane);
	}
}

/* A struct lane whose name can be compared; only for look-ups. */
static struct lane *
key_for(const char *name)
{
	static union {
		struct lane lane;
		char space[sizeof(struct lane) + DESTINATION_SIZE];
	} key;
	size_t n = strnlen(name, DESTINATION_SIZE - 1);

	memcpy(key.space + offsetof(struct lane, name), name, n);
	key.space[offsetof(struct lane, name) + n] = '\0';
	return &key.lane;
}

struct lane *
lanes_find(struct lanes *lanes, const char *name)
{
	return RB_FIND(lane_tree, &lanes->by_name, key_for(name));
}

struct lane *
lanes_after(struct lanes *lanes, const char *name)
{
	struct lane *lane = RB_NFIND(lane_tree, &lanes->by_name, key_for(name));

	if (lane != NULL && strcmp(lane->name, name) == 0)
		lane = RB_NEXT(lane_tree, &lanes->by_name, lane);
	return lane;
}

struct lane *
lanes_add(struct lanes *lanes, const char *name,
    const struct schedule *schedule)
{
	size_t n = strlen(name) + 1;
	struct lane *lane;

	if (lanes->idle_count > IDLE_MAX)
		forget(lanes, TAILQ_FIRST(&lanes->idle));
	lane = xcalloc(1, sizeof *lane + n);
	memcpy(lane->name, name, n);
	/* Only a domain has no "kind:" before it (queue/message.h). */
	lane->remote = name[0] == '[' || strchr(name, ':') == NULL;
	TAILQ_INIT(&lane->waiting);
	schedule_window_init(&lane->window, schedule);
	RB_INSERT(lane_tree, &lanes->by_name, lane);
	lane_update(lanes, lane);
	return lane;
}

static bool
is_idle(const struct lane *lane)
{
	return lane->waiting_count == 0 && lane->active == 0 &&
	    lane->reserved == 0 && !lane->on_disk;
}

void
lane_update(struct lanes *lanes, struct lane *lane)
{
	bool ring = (lane->waiting_count > 0 || lane->backlog) &&
	    lane->active < lane->window.limit;
	bool idle = is_idle(lane);

	assert(!(ring && idle));
	if (lane->in_idle && !idle) {
		TAILQ_REMOVE(&lanes->idle, lane, link);
		lanes->idle_count--;
	}
	if (lane->in_ring && !ring)
		TAILQ_REMOVE(&lanes->ring, lane, link);
	if (ring && !lane->in_ring)
		TAILQ_INSERT_TAIL(&lanes->ring, lane, link);
	if (idle && !lane->in_idle) {
		TAILQ_INSERT_TAIL(&lanes->idle, lane, link);
		lanes->idle_count++;
	}
	lane->in_ring = ring;
	lane->in_idle = idle;
}

bool
lane_has_room(const struct lanes *lanes, const struct lane *lane)
{
	/* Behind a backlog on disk a new message waits its turn there. */
	return lanes->parcels < PARCELS_MAX && !lane->backlog &&
	    lane->waiting_count + lane->reserved <
	    lane->window.limit * PER_DELIVERY;
}

void
lane_reserve(struct lanes *lanes, struct lane *lane)
{
	lane->reserved++;
	lanes->parcels++;
	lane_update(lanes, lane);
}

void
lane_unreserve(struct lanes *lanes, struct lane *lane)
{
	assert(lane->reserved > 0);
	lane->reserved--;
	lanes->parcels--;
	lane_update(lanes, lane);
}

void
lane_push(struct lanes *lanes, struct lane *lane, struct parcel *parcel,
    bool front)
{
	assert(parcel->lane == lane);
	parcel->handed_out = false;
	if (front)
		TAILQ_INSERT_HEAD(&lane->waiting, parcel, link);
	else
		TAILQ_INSERT_TAIL(&lane->waiting, parcel, link);
	lane->waiting_count++;
	lanes->parcels++;
	lane_update(lanes, lane);
}

struct parcel *
lane_pop(struct lanes *lanes, struct lane *lane)
{
	struct parcel *parcel = TAILQ_FIRST(&lane->waiting);

	if (parcel == NULL)
		return NULL;
	TAILQ_REMOVE(&lane->waiting, parcel, link);
	lane->waiting_count--;
	lanes->parcels--;
	/* Active from now on: the lane is not drained while it is away. */
	lane->active++;
	lane_update(lanes, lane);
	return parcel;
}

void
lane_hand_out(struct lane *lane, struct parcel *parcel)
{
	assert(parcel->lane == lane);
	parcel->handed_out = true;
}

void
lane_ended(struct lanes *lanes, struct parcel *parcel)
{
	struct lane *lane = parcel->lane;

	assert(lane->active > 0);
	lane->active--;
	parcel->handed_out = false;
	lane_update(lanes, lane);
}

void
lane_opened(struct lanes *lanes, struct lane *lane)
{
	if (!lane->on_disk)
		lanes->on_disk++;
	lane->on_disk = lane->backlog = true;
	memset(&lane->cursor, 0, sizeof lane->cursor);
	lane_update(lanes, lane);
}

void
lane_more(struct lanes *lanes, struct lane *lane)
{
	assert(lane->on_disk);
	lane->backlog = true;
	lane_update(lanes, lane);
}

void
lane_settled(struct lanes *lanes, struct lane *lane)
{
	assert(lane->on_disk);
	lanes->on_disk--;
	lane->on_disk = false;
	lane_update(lanes, lane);
}

bool
lane_drained(const struct lane *lane)
{
	return lane->on_disk && !lane->backlog && lane->waiting_count == 0 &&
	    lane->active == 0 && lane->reserved == 0;
}

struct lane *
lanes_turn(struct lanes *lanes)
{
	struct lane *lane = TAILQ_FIRST(&lanes->ring);

	if (lane != NULL) {
		TAILQ_REMOVE(&lanes->ring, lane, link);
		TAILQ_INSERT_TAIL(&lanes->ring, lane, link);
	}
	return lane;
}

struct parcel *
parcel_new(struct lane *lane, struct message *message, uint64_t now_ms)
{
	struct parcel *parcel = xcalloc(1, sizeof *parcel);

	parcel->lane = lane;
	parcel->message = message_ref(message);
	message->parcels++;
	parcel->taken_ms = now_ms;
	STAILQ_INIT(&parcel->rcpts);
	STAILQ_INIT(&parcel->targets);
	return parcel;
}

void
parcel_add(struct parcel *parcel, struct rcpt *rcpt)
{
	STAILQ_INSERT_TAIL(&parcel->rcpts, rcpt, link);
	rcpt->parcel = parcel;
	parcel->count++;
}
