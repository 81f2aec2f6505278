/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_TAKEN_H
#define QUEUE_TAKEN_H

/*
 * Which messages and recipients are in memory, by their row numbers: one
 * copy of each message, and no recipient taken from disk a second time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "queue/message.h"

RB_HEAD(message_tree, message);
RB_HEAD(rcpt_tree, rcpt);

struct taken {
	struct message_tree	messages;
	struct rcpt_tree	rcpts;
	uint64_t		body_bytes;	/* of inline bodies in memory */
};

void taken_init(struct taken *t);
/* m and r have their ids now. */
void taken_add_message(struct taken *t, struct message *m);
void taken_add_rcpt(struct taken *t, struct rcpt *r);
/* Its body has come into memory. */
void taken_add_body(struct taken *t, const struct message *m);
struct message *taken_message(struct taken *t, uint64_t id);	/* or NULL */
struct rcpt *taken_rcpt(struct taken *t, uint64_t id);		/* or NULL */
/* Drop one reference, or the recipient; both may never have been added. */
void taken_release_message(struct taken *t, struct message *m);
void taken_release_rcpt(struct taken *t, struct rcpt *r);

#endif
