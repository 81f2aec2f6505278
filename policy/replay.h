/* SPDX-License-Identifier: ISC */
#ifndef POLICY_REPLAY_H
#define POLICY_REPLAY_H

/*
 * How many recipients a DKIM signature has come to in the last day.  A
 * signature stays valid however often a message is sent again, by whomever;
 * only counting tells.  Bounded in memory; the signature seen longest ago is
 * forgotten first.  policy/share.h joins what the processes count.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Enough of b= to tell signatures apart, with a NUL. */
#define REPLAY_KEY_SIZE	65

struct replay;

struct replay *replay_new(void);
struct replay *replay_free(struct replay *replay);
/* Counts the recipients of one more message (0: none is counted) with this
 * signature (b=, as base64); true if there have been more than most. */
bool replay_count(struct replay *replay, const char *b, size_t recipients,
    uint64_t most, uint64_t now_ms);
/* The same; how many there have been. */
uint64_t replay_add(struct replay *replay, const char *b, size_t recipients,
    uint64_t now_ms);
/* Others have counted so many, ours included. */
void replay_learn(struct replay *replay, const char *b, uint64_t recipients,
    uint64_t now_ms);

#endif
