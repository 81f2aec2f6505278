/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_BODY_H
#define SMTPD_BODY_H

/*
 * A message in memory, with room left in front for the fields that are known
 * only at the end.
 *
 *	data          front                 end         size
 *	 | head room   | the message         | room      |
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct authres_span;	/* policy/authres.h */

struct body {
	uint8_t	*data;
	size_t	 front;
	size_t	 end;
	size_t	 size;
	size_t	 max_bytes;
};

void body_init(struct body *b, size_t max_bytes);	/* allocates nothing yet */
void body_done(struct body *b);

static inline size_t
body_len(const struct body *b)
{
	return b->end - b->front;
}

/* Valid until the next call that adds.  Never NULL. */
static inline const uint8_t *
body_bytes(const struct body *b)
{
	return b->data == NULL ? (const uint8_t *)"" : b->data + b->front;
}

/* false, and nothing added, beyond the maximum. */
bool body_add(struct body *b, const void *bytes, size_t n);
bool body_prepend(struct body *b, const void *bytes, size_t n);
/* Takes out the spans, in order and apart; their offsets are from `base`. */
void body_cut(struct body *b, size_t base, const struct authres_span *spans,
    size_t count);
/* The first `old` octets become these; as body_prepend. */
bool body_replace(struct body *b, size_t old, const void *bytes, size_t n);
/* Keeps the first n octets. */
void body_truncate(struct body *b, size_t n);

#endif
