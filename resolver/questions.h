/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_QUESTIONS_H
#define RESOLVER_QUESTIONS_H

/*
 * The questions that are open.  A question that is asked again while it is
 * open is looked up once and answered to all who wait; more than so many at
 * once stand in line; whoever has waited long enough gets a failure.
 *
 *	questions_ask --cached--> reply
 *	      |
 *	   WAITING --place free, hooks.start--> ACTIVE
 *	      |                                   |
 *	   questions_expire, nobody waits    questions_answer, or active_ms
 *	      |  (hooks.cancel if ACTIVE)         |  over (hooks.cancel)
 *	      v                                   v
 *	    gone                          reply to all, cached, gone
 *
 * No I/O and no clock: time comes in.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/answer.h"
#include "resolver/cache.h"

struct questions;
struct question;

struct questions_hooks {
	/* Begins a look-up, which ends in questions_answer, perhaps before
	 * this returns (*ret_job is then not touched any more).  *ret_job is
	 * what cancel gets.  false: it cannot be looked up. */
	bool (*start)(void *arg, struct question *question,
	    enum dns_type type, const char *name, void **ret_job);
	void (*cancel)(void *arg, void *job);
	/* The answer for one who asked; good for ttl_s more seconds. */
	void (*reply)(void *arg, void *waiter, const struct answer *answer,
	    uint32_t ttl_s);
};

struct questions_limits {
	size_t	active_max;		/* look-ups at once */
	size_t	waiters_max;		/* askers in all; more are refused */
	/* The longest look-up.  Who asks again and again would else wait
	 * behind one that never ends. */
	uint64_t active_ms;
};

/* cache is the caller's and may be NULL. */
struct questions *questions_new(const struct questions_hooks *hooks, void *arg,
    const struct questions_limits *limits, struct cache *cache);
/* Those who wait get no reply any more; nothing is cancelled. */
struct questions *questions_free(struct questions *q);

/* Every waiter gets exactly one reply, perhaps before this returns. */
void questions_ask(struct questions *q, enum dns_type type, const char *name,
    uint32_t timeout_ms, void *waiter, uint64_t now_ms);
/* A look-up has ended; the answer stays the caller's to free. */
void questions_answer(struct questions *q, struct question *question,
    struct answer *answer, uint64_t now_ms);
/* What it asks for. */
const char *questions_name(const struct question *question);
/* To be called now and then while true was returned: somebody waits. */
bool questions_expire(struct questions *q, uint64_t now_ms);
size_t questions_waiters(const struct questions *q);

#endif
