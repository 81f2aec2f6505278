/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_ATTEMPT_H
#define QUEUE_ATTEMPT_H

/*
 * One attempt to bring one message to the recipients of one destination: the
 * queue's `send` call from its arrival to its answer.
 *
 *	plan --> candidate --> transaction --> book --+--> all final: answer
 *	             ^                                |
 *	             +--- some recipients are open ---+
 *
 * What ends a recipient, and what goes on to the next candidate, is decided
 * in attempt_book.c.
 */

#include <uv.h>

#include "queue/deliver_ipc.h"
#include "queue/setup.h"

void attempt_init(uv_loop_t *loop, struct ipc_peer *parent);
/* The setup of attempts that start from now on. */
void attempt_configure(struct setup *setup);
/* Takes over the call and the file in ask; the rest is copied. */
void attempt_start(struct ipc_call *call, const struct deliver_send_ask *ask);
/* How many are under way; `idle`, if not NULL, is called when it falls to
 * none, and new ones are answered with "deferred" from now on. */
size_t attempt_count(void);
void attempt_stop(void (*idle)(void));

#endif
