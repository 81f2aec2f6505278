/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_ENGINE_H
#define QUEUE_ENGINE_H

/*
 * The running queue: what its shell files share.
 *
 *	arrive.c    submit calls become arrivals
 *	book.c      arrivals and ended parcels become one transaction
 *	notify.c    bounces, warnings and routed recipients in that transaction
 *	tell.c      what follows once it is: answers, log lines, goings on
 *	due.c       what is due comes into memory
 *	handout.c   and is handed out in turn
 *	ask.c       to deliver, local and policy
 *	results.c   their answers become ended parcels
 *	report.c    the log lines
 *	admin.c     the operator's calls
 *
 * One turn: book, then hand out.  It follows each round of the loop's
 * descriptors, so that whatever came in while the last commit was on its way
 * to disk shares the next one.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "queue/lanes.h"
#include "queue/schedule.h"
#include "queue/spool.h"
#include "queue/store.h"
#include "queue/taken.h"
#include "util/config.h"
#include "util/ipc.h"
#include "util/message_id.h"

/* A submit call that waits for the commit. */
struct arrival {
	STAILQ_ENTRY(arrival)	 link;
	struct ipc_call		*call;
	struct message		*message;
	struct parcel_list	 parcels;
	bool			 refused;	/* not in this transaction */
	const char		*why;
};

/* A message whose row or body cannot be right. */
struct aside {
	STAILQ_ENTRY(aside)	 link;
	uint64_t		 message_id;
	char			 name[80];
};

STAILQ_HEAD(arrival_list, arrival);
STAILQ_HEAD(aside_list, aside);

struct engine_counts {
	uint64_t	accepted;
	uint64_t	delivered;
	uint64_t	deferred;
	uint64_t	bounced;
	uint64_t	pushed_back;
	uint64_t	commits;
};

struct engine {
	uv_loop_t		*loop;
	const struct config	*config;
	char			 hostname[256];
	struct store		*store;
	struct spool		*spool;
	struct ipc_peer		*deliver;
	struct ipc_peer		*local;
	struct ipc_peer		*policy;
	struct schedule		 schedule;
	struct pushback_rule	 pushback;
	struct lanes		 lanes;
	struct taken		 taken;
	struct arrival_list	 arrivals;
	struct parcel_list	 ended;
	struct aside_list	 asides;
	struct lane_list	 settling;	/* drained lanes, to be settled */
	unsigned		 syncing;	/* spool files on their way */
	uint32_t		 active;	/* deliveries under way */
	uint32_t		 remote;	/* of these, to other servers */
	uint64_t		 wake_at;	/* unix s: look at the index; 0 */
	struct id_source	 ids;		/* of bounces and warnings */
	bool			 full;		/* too little room on disk */
	bool			 blocked;	/* the last commit found no room */
	bool			 no_room_said;	/* in the log */
	bool			 taken_over;	/* what the last process left */
	bool			 stopping;
	bool			 in_turn;
	struct engine_counts	 counts;
	uv_check_t		 check;
	uv_timer_t		 timer;		/* the next turn */
	uv_timer_t		 tick;		/* each second */
	void			(*stopped)(void *arg);
	void			*stopped_arg;
};

/* engine.c.  The peers may be set later; the store and spool are opened in
 * the current directory.  false after logging why. */
bool engine_start(struct engine *e, uv_loop_t *loop,
    const struct config *config);
void engine_configure(struct engine *e, const struct config *config);
/* Hands out nothing more; calls stopped when nothing is under way. */
void engine_stop(struct engine *e, void (*stopped)(void *arg), void *arg);
/* Forgets what is in memory, as if the process had ended; nothing may be
 * under way. */
void engine_close(struct engine *e);
void engine_turn(struct engine *e);
/* A turn soon, outside the caller's callback. */
void engine_turn_soon(struct engine *e);
/* Messages may be taken. */
bool engine_has_room(const struct engine *e);
/* Something on disk is due at at (unix seconds). */
void engine_wake(struct engine *e, uint64_t at);
/* The lane of that name, with its push-back memory. */
struct lane *engine_lane(struct engine *e, const char *name);
uint64_t engine_now_ms(void);
uint64_t engine_now(void);		/* unix seconds */
uint32_t engine_random(void);
/* The store cannot go on: logs why and ends the process, for the parent to
 * start it anew with a database that has been proven. */
_Noreturn void engine_give_up(struct engine *e, const char *doing);

/* arrive.c */
void arrival_free(struct engine *e, struct arrival *a);

/* book.c */
void book(struct engine *e);
void book_aside(struct engine *e, uint64_t message_id, const char *name);
void book_forget(struct engine *e);
/* Logs, once, that the database finds no room. */
void book_no_room(struct engine *e);
/* tell.c: everything in the lists is on disk now. */
void tell_all(struct engine *e);
void tell_refused(struct engine *e, uint32_t queue_status, const char *why);

/* If the lane is drained, the next transaction settles it. */
void book_settle(struct engine *e, struct lane *lane);
/* Leaves in it the recipients that are to be kept; the others leave the
 * memory. */
void parcel_sift(struct engine *e, struct parcel *p,
    bool (*keep)(const struct rcpt *));
/* Takes a parcel out of memory; its recipients stay as they are on disk. */
void parcel_drop(struct engine *e, struct parcel *p);
/* The same, and that is booked as the end of the parcel. */
void parcel_withdraw(struct engine *e, struct parcel *p);

/* notify.c: inside the transaction.  name gets the id of the new message,
 * "" if there was nothing to tell. */
#define NOTIFY_NAME_SIZE MESSAGE_ID_SIZE
enum store_status notify_failed(struct engine *e, struct message *m,
    char name[static NOTIFY_NAME_SIZE]);
enum store_status notify_delayed(struct engine *e, struct message *m,
    char name[static NOTIFY_NAME_SIZE]);
enum store_status notify_routed(struct engine *e, struct parcel *p);
/* After a restart: bounces for failures that none has told. */
void notify_untold(struct engine *e);

/* due.c */
/* The index is to be looked at, and there is room for what it names. */
bool due_scan_wanted(const struct engine *e, uint64_t now);
void due_scan(struct engine *e, uint64_t now);
/* The next few due recipients of a lane that is open, into its parcels. */
void due_load(struct engine *e, struct lane *lane);

/* ask.c: p is asked for, or has ended or been dropped. */
void ask_carrier(struct engine *e, struct parcel *p);

/* handout.c */
void hand_out(struct engine *e);

/* results.c */
struct deliver_result;
/* Gives r a result in our own words. */
void result_set(struct engine *e, struct parcel *p, struct rcpt *r,
    uint32_t outcome, const char *status, const char *reason);
/* Gives r the result that deliver told. */
void result_of(struct engine *e, struct parcel *p, struct rcpt *r,
    const struct deliver_result *told);
/* All of p the same; then p has ended. */
void results_all(struct engine *e, struct parcel *p, uint32_t outcome,
    const char *status, const char *reason);
/* All of p waits on, for a short time (soon) or as long as it has waited: no
 * attempt counts, and the caller has logged why. */
void results_put_off(struct engine *e, struct parcel *p, bool soon,
    const char *status, const char *reason);
/* p waits for booking. */
void results_end(struct engine *e, struct parcel *p);

/* report.c */
void report_queued(const struct arrival *a);
void report_result(const struct parcel *p, const struct rcpt *r);
void report_notice(const char *event, const struct message *m,
    const char *name);
void report_removed(const struct message *m);

#endif
