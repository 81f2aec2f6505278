/* SPDX-License-Identifier: ISC */
#ifndef POLICY_TALK_H
#define POLICY_TALK_H

/*
 * The shell of one talk with one filter: its connection comes from the
 * parent, the octets of the message from memory and then from a file, and
 * policy/milter.h says what to do.
 */

#include <stdint.h>
#include <uv.h>

#include "policy/milter.h"
#include "util/config.h"
#include "util/ipc.h"

/* A message that is shown; all filters look at the same. */
struct shown {
	struct milter_message	 message;
	const uint8_t		*body;		/* behind the empty line */
	size_t			 body_size;
	int			 file;		/* goes on here; -1 */
	uint64_t		 offset;
	uint64_t		 file_size;
};

struct talk;

/* ended(arg, result) is called once, never from within talk_start; both end
 * with it.  What `shown` points to must last until then. */
struct talk *talk_start(uv_loop_t *loop, struct ipc_peer *parent,
    const struct config_filter *filter, const struct shown *shown,
    void (*ended)(void *arg, const struct milter_result *result), void *arg);
/* Ended is not called any more. */
void talk_cancel(struct talk *t);

#endif
