/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_POOL_H
#define QUEUE_POOL_H

/*
 * Links that rest between messages, and addresses that lately could not be
 * reached.  A link is shared only by messages with an equal key
 * (queue/link.h): same destination, found in the same way, same address, same
 * TLS demand.  So domains found by SRV and by MX never share one.
 */

#include <stdbool.h>

#include "queue/link.h"

#define POOL_LINKS_MAX	1000	/* the one that rested longest leaves first */

/* Is a link with this key resting? */
bool pool_has(const struct link_key *key);
/* That link, the caller's from now on; NULL if there is none. */
struct link *pool_take(const struct link_key *key);
/* Rests the link for `setup`'s connection-idle, or ends it after
 * connection-messages. */
void pool_put(struct link *l, const struct setup *setup);
/* Says QUIT on all that rest, and forgets what was noted of addresses. */
void pool_close(void);

/* An address that could not be connected to: for a minute another candidate
 * with a resting link is preferred to it. */
void pool_note_dead(const struct netaddr *addr, uint64_t now_ms);
bool pool_is_dead(const struct netaddr *addr, uint64_t now_ms);
/* An address from which no answer came to a whole message: for an hour it is
 * tried after all others.  Where a path swallows large packets, the retry
 * would end in the same way for ever. */
void pool_note_doubted(const struct netaddr *addr, uint64_t now_ms);
bool pool_is_doubted(const struct netaddr *addr, uint64_t now_ms);

#endif
