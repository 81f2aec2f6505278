/* SPDX-License-Identifier: ISC */
#ifndef POLICY_INSISTENT_H
#define POLICY_INSISTENT_H

/*
 * Networks (/64) that a defensive listener has pushed back again and again:
 * the next connection is turned away at the banner, which every sender takes
 * as "try the next host", and which saves both sides a message.  For an hour
 * at most; a message that is accepted ends it.  Bounded in memory;
 * policy/share.h joins what the processes see.
 */

#include <stdbool.h>
#include <stdint.h>

#include "util/netaddr.h"

#define INSISTENT_SECONDS_MAX	3600

struct insistent;

struct insistent *insistent_new(void);
struct insistent *insistent_free(struct insistent *insistent);
/* A message from this client was pushed back, or taken.  After `after`
 * push-backs within an hour (0: never) its network is turned away for
 * for_s. */
void insistent_note(struct insistent *insistent, const struct netaddr *peer,
    bool pushed_back, uint64_t after, uint64_t for_s, uint64_t now_ms);
bool insistent_turned_away(struct insistent *insistent,
    const struct netaddr *peer, uint64_t now_ms);

/* How long yet; 0: it is welcome. */
uint64_t insistent_away_ms(struct insistent *insistent,
    const struct netaddr *peer, uint64_t now_ms);
/* Others have seen enough of it: it is turned away as long as this. */
void insistent_learn(struct insistent *insistent, const struct netaddr *peer,
    uint64_t away_ms, uint64_t now_ms);

#endif
