/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_SCHEDULE_H
#define QUEUE_SCHEDULE_H

/*
 * When what is tried again, and how much of it at once.  Times are unix
 * seconds and come in as arguments; so does chance.
 *
 * A destination has a window of deliveries at once.  It opens by one with
 * each delivery that reached a server and halves with each that did not; a
 * destination that could not be reached TROUBLE_MAX times running is resting:
 * what is due for it is put off without an attempt, until the rest is over
 * and one delivery alone tries again.
 */

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	uint32_t	retry_first_s;
	uint32_t	retry_most_s;
	uint32_t	window_max;	/* deliveries_per_destination */
};

/* The time of the next attempt after `attempts` (at least 1) have failed:
 * doubling from retry_first to retry_most, plus or minus a fifth by random.
 * The last one is made when the message expires. */
uint64_t schedule_retry_at(const struct schedule *s, uint64_t now,
    uint32_t attempts, uint64_t expires_at, uint32_t random);

/* The same where nothing was tried, of mail that waits since `since`: as long
 * as it has waited already, so that it doubles likewise. */
uint64_t schedule_put_off(const struct schedule *s, uint64_t now,
    uint64_t since, uint64_t expires_at, uint32_t random);

/* A short wait of 5 to 14 seconds, after trouble of our own. */
uint64_t schedule_soon(uint64_t now, uint32_t random);

struct schedule_window {
	uint32_t	limit;		/* deliveries at once */
	uint32_t	troubles;	/* times running it was not reached */
	uint64_t	rest_until;	/* unix seconds; 0: not resting */
};

void schedule_window_init(struct schedule_window *w, const struct schedule *s);
/* A delivery ended; reached: there was a reply of the other server. */
void schedule_window_note(struct schedule_window *w, const struct schedule *s,
    uint64_t now, bool reached);
bool schedule_window_resting(const struct schedule_window *w, uint64_t now);
/* The operator wants it tried now. */
void schedule_window_wake(struct schedule_window *w);

#endif
