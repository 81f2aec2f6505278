/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_ROUTE_H
#define QUEUE_ROUTE_H

/*
 * From a destination to a finished plan (queue/plan.h): asks the resolver
 * what the plan wants to know.  Plans are kept for a few seconds, so that a
 * busy destination costs no lookups; who asks for one that is being made
 * waits for the same one.
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "queue/plan.h"
#include "queue/setup.h"
#include "util/ipc.h"

struct route_ask {
	const char		*domain;	/* canonical, or LMTP place */
	bool			 lmtp;
	enum deliver_family	 demand;
};

struct route;

typedef void route_done(void *arg, struct route *route);

void route_init(uv_loop_t *loop, struct ipc_peer *resolver);
/* The settings from now on; plans made with others are forgotten.  Both must
 * stay valid until the next call. */
void route_configure(const struct config *config, const struct setup *setup);

/* done gets a reference, given back with route_drop; it may be called before
 * this returns. */
void route_find(const struct route_ask *ask, route_done *done, void *arg);
/* The same with the plan's steps filled in, never from what is kept. */
void route_explain(const struct route_ask *ask, route_done *done, void *arg);
/* A plan whose status is not PLAN_ASK. */
const struct plan *route_plan(const struct route *route);
void route_drop(struct route *route);

/* `host` answered for `domain` with the fall-back reply: its IPv4 addresses
 * come first in the next IPv4-only plans (MX6 sender 3). */
void route_pushed_back(const char *domain, const char *host);

#endif
