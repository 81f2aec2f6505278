/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SHARE_H
#define POLICY_SHARE_H

/*
 * Counts over all policy processes.  Each judges by what it knows itself, at
 * once, and tells the first process twice a second what it has seen: of
 * signatures (policy/replay.h) and of pushed-back networks
 * (policy/insistent.h).  The answer says what all have seen of these, and is
 * learnt.  So a limit may be passed by what comes within half a second, and by
 * one message a process.  In the first process all calls do nothing.
 */

#include "util/child.h"

bool share_start(struct child *child);
/* A message with this signature (b=) came to so many recipients. */
void share_signature(const char *b, size_t recipients);
/* A message from this client was pushed back, or taken. */
void share_network(const struct netaddr *peer, bool pushed_back);

#endif
