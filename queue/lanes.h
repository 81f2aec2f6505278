/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_LANES_H
#define QUEUE_LANES_H

/*
 * The destinations that have something in memory, and whose turn it is.
 * Pure: time comes in as an argument.
 *
 *	lane: waiting parcels -> handed out (active, at most window.limit)
 *
 * Lanes that could hand something out stand in a ring; each turn takes one
 * parcel of the first and puts it last.  So a destination with a hundred
 * thousand messages gets its turn, and no more.
 *
 * A lane that came from the store's index (on_disk) loads the next few due
 * recipients when it has handed out what it had; when it has nothing left in
 * memory and nothing due (drained), it is settled in the store.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <bsd/sys/tree.h>

#include "queue/destinations.h"
#include "queue/message.h"
#include "queue/schedule.h"
#include "queue/store.h"

#define LANE_LAST_SIZE 160

struct parcel {
	TAILQ_ENTRY(parcel)	 link;	/* lane's waiting, or the ended ones */
	struct lane		*lane;
	struct message		*message;
	struct rcpt_list	 rcpts;
	uint32_t		 count;
	bool			 kept;		/* arriving: stays in memory */
	bool			 handed_out;
	bool			 again;		/* pushed back: once more */
	bool			 noted;		/* lane's memory has changed */
	bool			 routed;	/* policy has named targets */
	bool			 skipped;	/* booking it found damage */
	uint64_t		 taken_ms;	/* into memory */
	uint64_t		 handed_ms;
	uint32_t		 connect_ms;	/* of the last attempt */
	uint32_t		 transfer_ms;
	struct rcpt_list	 targets;	/* of a routed one, replace rcpts */
	/* What the transaction under way did, told when it is on disk: */
	bool			 message_gone;
	uint64_t		 spool_id;	/* of that message's body, or 0 */
	char			 bounce[40];	/* name of the new message */
	char			 warning[40];
};

TAILQ_HEAD(parcel_list, parcel);

struct lane {
	RB_ENTRY(lane)		 by_name;
	TAILQ_ENTRY(lane)	 link;		/* ring, or idle */
	TAILQ_ENTRY(lane)	 settle_link;	/* the engine's, when drained */
	bool			 settling;
	uint64_t		 settled_at;
	bool			 in_ring;
	bool			 in_idle;
	struct parcel_list	 waiting;
	uint32_t		 waiting_count;
	uint32_t		 reserved;	/* parcels on their way in */
	uint32_t		 active;
	bool			 remote;	/* other people's servers */
	struct schedule_window	 window;
	struct pushback_memory	 pushback;
	bool			 on_disk;	/* opened from the index */
	bool			 backlog;	/* more may be due on disk */
	struct store_cursor	 cursor;	/* how far it was loaded */
	char			 last[LANE_LAST_SIZE];	/* last trouble */
	char			 name[];
};

TAILQ_HEAD(lane_list, lane);
RB_HEAD(lane_tree, lane);

struct lanes {
	struct lane_tree	by_name;
	struct lane_list	ring;
	struct lane_list	idle;		/* empty, oldest first */
	uint32_t		idle_count;
	uint32_t		on_disk;	/* lanes opened from the index */
	uint32_t		parcels;	/* waiting and reserved in all */
};

void lanes_init(struct lanes *lanes);
void lanes_done(struct lanes *lanes);		/* no parcel may be left */
struct lane *lanes_find(struct lanes *lanes, const char *name);	/* or NULL */
/* A new one; the caller fills in its push-back memory. */
struct lane *lanes_add(struct lanes *lanes, const char *name,
    const struct schedule *schedule);
/* In the order of their names: the first one after name. */
struct lane *lanes_after(struct lanes *lanes, const char *name);

/* Room for another parcel of a message that has just arrived? */
bool lane_has_room(const struct lanes *lanes, const struct lane *lane);
void lane_reserve(struct lanes *lanes, struct lane *lane);
void lane_unreserve(struct lanes *lanes, struct lane *lane);
/* front: it was handed out before. */
void lane_push(struct lanes *lanes, struct lane *lane, struct parcel *parcel,
    bool front);
/* The first waiting one, or NULL; counts as active when handed out. */
struct parcel *lane_pop(struct lanes *lanes, struct lane *lane);
void lane_hand_out(struct lane *lane, struct parcel *parcel);
/* The attempt is over, whatever it came to. */
void lane_ended(struct lanes *lanes, struct parcel *parcel);
/* The index says that it has something due. */
void lane_opened(struct lanes *lanes, struct lane *lane);
/* ... and, open already, may have more behind the cursor. */
void lane_more(struct lanes *lanes, struct lane *lane);
void lane_settled(struct lanes *lanes, struct lane *lane);
bool lane_drained(const struct lane *lane);

/* The lane whose turn it is, moved to the end of the ring; NULL if none has
 * anything to hand out and room to do it. */
struct lane *lanes_turn(struct lanes *lanes);
/* Puts the lane where it belongs after a change of its own (window). */
void lane_update(struct lanes *lanes, struct lane *lane);

struct parcel *parcel_new(struct lane *lane, struct message *message,
    uint64_t now_ms);
void parcel_add(struct parcel *parcel, struct rcpt *rcpt);

#endif
