/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_FALLBACK_H
#define QUEUE_FALLBACK_H

/*
 * MX6's fall-back reply as the sender sees it: 550 on every line, one of the
 * accepted enhanced codes (5.5.64) on the first.  Whether it means anything
 * in a session is for the caller to know (MX6.md, Sender 3).
 */

#include <stdbool.h>
#include <stddef.h>

#include "queue/reply.h"

bool fallback_is(const struct reply *reply, char *const *codes, size_t count);

#endif
