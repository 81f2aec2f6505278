/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_STUFF_H
#define QUEUE_STUFF_H

/*
 * A message body as it goes out after DATA (RFC 5321 4.5.2): lines end in
 * CRLF and in nothing else, a line that begins with a dot gets another one,
 * and the only line that is a lone dot is the one that stuff_end writes.
 *
 * What our own door accepts has only CRLF in it.  Should anything else get
 * this far, it is mended, not sent: a bare CR or LF becomes CRLF, NUL is
 * left out.  Then no server, however it counts line ends, can see an end of
 * data that we did not mean.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct stuff {
	bool		line_start;
	bool		cr_held;	/* a CR came; what follows it decides */
	uint64_t	lines;
	uint64_t	mended;		/* bare CR, bare LF and NUL so far */
};

void stuff_init(struct stuff *s);
/* Adds n octets of the body to out: at most 2 * n + 2 octets. */
void stuff_add(struct stuff *s, struct buf *out, const void *bytes, size_t n);
/* Ends the last line if it is not ended, and adds the final dot. */
void stuff_end(struct stuff *s, struct buf *out);

#endif
