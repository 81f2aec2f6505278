/* SPDX-License-Identifier: ISC */
#ifndef UTIL_TRACE_H
#define UTIL_TRACE_H

/*
 * The live dialogue of sessions, for mx6ctl trace (util/trace_calls.h).
 * Lines are kept in a ring, and only while somebody watches: a reader calls
 * again within TRACE_WATCH_MS or is thought gone.  When nobody watches,
 * trace_add costs one comparison.
 *
 * Each service writes the rows of its own type from a batch:
 *
 *	serve_deliver_admin_trace -> trace_read(..., done, call)
 *	done(call, batch): trace_batch_next(batch) for each row, then reply
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "util/netaddr.h"

#define TRACE_WATCH_MS	10000
#define TRACE_BATCH_MAX	500	/* lines in one answer */

struct trace_line {
	uint64_t	 at_ms;		/* unix time */
	const char	*session;
	const char	*peer;		/* in words, with port */
	const char	*direction;	/* "<", ">", "*" */
	const char	*text;
};

struct trace_batch;

/* Once, before anything else here. */
void trace_init(uv_loop_t *loop);
/* A line of a session; peer may be of no family (a unix socket). */
void trace_add(const struct netaddr *peer, const char *session,
    char direction, const char *text);
/*
 * Lines after serial number `after` (0: from now on) of peers in `filter` (an
 * address, a network, or "" for all).  done is called once: with lines as
 * soon as there are any, without when timeout_ms have passed or the filter
 * cannot be read.
 */
void trace_read(const char *filter, uint64_t after, uint32_t timeout_ms,
    void (*done)(void *arg, struct trace_batch *batch), void *arg);

/* The next line of a batch; valid until done returns.  false at the end. */
bool trace_batch_next(struct trace_batch *batch, struct trace_line *ret_line);
uint64_t trace_batch_last(const struct trace_batch *batch);
uint64_t trace_batch_missed(const struct trace_batch *batch);

#endif
