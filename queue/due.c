/* SPDX-License-Identifier: ISC */
/*
 * What is due: which destinations (the index of the store), and of each the
 * next few recipients, into memory.  A million waiting messages are never
 * walked: a scan names a few dozen destinations, a load reads a few dozen
 * rows.
 */
#include <stdio.h>

#include "policy/policy.h"
#include "queue/engine.h"
#include "util/log.h"

#define LOAD_ROWS	40	/* of one lane at a time */
#define LANES_OPEN_MAX	500	/* with rows from disk in memory */
#define SCAN_MORE	64	/* destinations beyond those that are open */

struct scan {
	struct engine	*engine;
	uint32_t	 rows;
	bool		 left;		/* some, for which there is no room */
};

static void
open_lane(void *arg, const char *destination)
{
	struct scan *scan = arg;
	struct engine *e = scan->engine;
	struct lane *lane = engine_lane(e, destination);

	scan->rows++;
	if (lane->on_disk)
		lane_more(&e->lanes, lane);
	else if (e->lanes.on_disk < LANES_OPEN_MAX)
		lane_opened(&e->lanes, lane);
	else
		scan->left = true;
}

bool
due_scan_wanted(const struct engine *e, uint64_t now)
{
	return e->wake_at != 0 && e->wake_at <= now &&
	    e->lanes.on_disk < LANES_OPEN_MAX;
}

void
due_scan(struct engine *e, uint64_t now)
{
	struct scan scan = { .engine = e };
	uint32_t limit = e->lanes.on_disk + SCAN_MORE;
	uint64_t next = 0;

	if (store_waiting(e->store, now, limit, open_lane, &scan, &next) !=
	    STORE_OK)
		engine_give_up(e, "what is due cannot be read");
	/* A full page has more behind it. */
	e->wake_at = scan.left || scan.rows == limit ? now : next;
}

struct load {
	struct engine	*e;
	struct lane	*lane;
	struct parcel	*parcel;	/* that the last row went to */
};

static struct message *
message_for(struct engine *e, uint64_t id)
{
	struct message *m = taken_message(&e->taken, id);
	char name[40];

	if (m != NULL)
		return message_ref(m);
	switch (store_load_message(e->store, id, &m)) {
	case STORE_OK:
		taken_add_message(&e->taken, m);
		return m;
	case STORE_NONE:
	case STORE_DUPLICATE:
	case STORE_DAMAGED:
		break;
	case STORE_FULL:
	case STORE_TROUBLE:
		engine_give_up(e, "a message cannot be read");
	}
	snprintf(name, sizeof name, "#%llu", (unsigned long long)id);
	book_aside(e, id, name);
	return NULL;
}

static bool
fits(const struct engine *e, const struct parcel *p, const struct rcpt *r)
{
	const struct rcpt *first;

	if (p == NULL || p->message->id != rcpt_message_id(r->id))
		return false;
	first = STAILQ_FIRST(&p->rcpts);
	return p->count < e->config->recipients_per_delivery &&
	    r->kind != TARGET_MAILDIR && r->kind != RCPT_UNROUTED &&
	    first->forwarded == r->forwarded &&
	    first->pushed_back == r->pushed_back;
}

static bool
load_row(void *arg, const struct rcpt *r)
{
	struct load *load = arg;
	struct engine *e = load->e;
	struct message *m;
	struct rcpt *copy;

	if (taken_rcpt(&e->taken, r->id) != NULL)
		return true;
	if (r->address[0] == '\0') {
		char name[40];

		snprintf(name, sizeof name, "#%llu",
		    (unsigned long long)rcpt_message_id(r->id));
		book_aside(e, rcpt_message_id(r->id), name);
		return true;
	}
	if (!fits(e, load->parcel, r)) {
		m = message_for(e, rcpt_message_id(r->id));
		if (m == NULL)
			return true;
		load->parcel = parcel_new(load->lane, m, engine_now_ms());
		taken_release_message(&e->taken, m);
		lane_push(&e->lanes, load->lane, load->parcel, false);
	}
	copy = rcpt_copy(r);
	taken_add_rcpt(&e->taken, copy);
	parcel_add(load->parcel, copy);
	return true;
}

void
due_load(struct engine *e, struct lane *lane)
{
	struct load load = { .e = e, .lane = lane };
	uint32_t count = 0;

	switch (store_due(e->store, lane->name, engine_now(), &lane->cursor,
	    LOAD_ROWS, load_row, &load, &count)) {
	case STORE_OK:
	case STORE_NONE:
		break;
	case STORE_DAMAGED:
		log_say(LOG_LEVEL_ERROR, "damaged", "what is due for %s: %s",
		    lane->name, store_trouble(e->store));
		count = 0;
		break;
	case STORE_DUPLICATE:
	case STORE_FULL:
	case STORE_TROUBLE:
		engine_give_up(e, "what is due cannot be read");
	}
	lane->backlog = count == LOAD_ROWS;
	lane_update(&e->lanes, lane);
	book_settle(e, lane);
}
