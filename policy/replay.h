/* SPDX-License-Identifier: ISC */
#ifndef POLICY_REPLAY_H
#define POLICY_REPLAY_H

/*
 * How many recipients a DKIM signature has come to in the last day.  A
 * signature stays valid however often a message is sent again, by whomever;
 * only counting tells.  Bounded in memory; the signature seen longest ago is
 * forgotten first.  Each policy process counts what it sees itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct replay;

struct replay *replay_new(void);
struct replay *replay_free(struct replay *replay);
/* Counts the recipients of one more message (0: none is counted) with this
 * signature (b=, as base64); true if there have been more than most. */
bool replay_count(struct replay *replay, const char *b, size_t recipients,
    uint64_t most, uint64_t now_ms);

#endif
