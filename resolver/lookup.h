/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_LOOKUP_H
#define RESOLVER_LOOKUP_H

/*
 * Questions to name servers, by libunbound, which nothing but lookup.c
 * knows.  It validates (RFC 4035) and runs in a thread of its own, which
 * the first question starts.
 *
 *	lookup_new	before chroot: reads a configuration through /proc
 *	lookup_run	ties it to the loop
 *	lookup_start	any number at once; each ends in done, or in
 *			lookup_cancel
 */

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "resolver/answer.h"

struct lookup;
struct lookup_job;

struct lookup_options {
	const struct netaddr	*forwarders;	/* with ports; none: recurse */
	size_t			 forwarder_count;
	char *const		*anchors;	/* DS or DNSKEY lines; none: */
	size_t			 anchor_count;	/* nothing is validated */
};

/* NULL and the reason; why has room for LOOKUP_WHY_SIZE. */
#define LOOKUP_WHY_SIZE 256
struct lookup *lookup_new(const struct lookup_options *options,
    char why[static LOOKUP_WHY_SIZE]);
bool lookup_run(struct lookup *l, uv_loop_t *loop);

/* The answer is done's to free. */
typedef void lookup_done(void *arg, struct answer *answer);

/* NULL if libunbound refuses the question; done is never called before this
 * returns. */
struct lookup_job *lookup_start(struct lookup *l, enum dns_type type,
    const char *name, lookup_done *done, void *arg);
/* done will not be called any more. */
void lookup_cancel(struct lookup_job *job);
/* libunbound could not start, in words, or NULL.  It cannot be used again:
 * the process must end. */
const char *lookup_broken(const struct lookup *l);

#endif
