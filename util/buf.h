/* SPDX-License-Identifier: ISC */
#ifndef UTIL_BUF_H
#define UTIL_BUF_H

/*
 * A queue of bytes that grows up to a maximum set at its birth.
 *
 *	data                 start            end            size
 *	 | consumed           | live bytes     | room         |
 *
 * Adding beyond the maximum adds nothing and sets `overflow`, which stays set
 * until buf_clear: a writer may add many pieces and check once.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t	*data;
	size_t	 start;
	size_t	 end;
	size_t	 size;
	size_t	 max_bytes;
	bool	 overflow;
};

void buf_init(struct buf *b, size_t max_bytes);	/* allocates nothing yet */
void buf_done(struct buf *b);			/* releases the memory */
void buf_clear(struct buf *b);			/* empty, memory kept */
void buf_shrink(struct buf *b);			/* gives memory back if empty */

static inline size_t
buf_len(const struct buf *b)
{
	return b->end - b->start;
}

/* The live bytes; valid until the next call that adds.  Never NULL. */
static inline const uint8_t *
buf_bytes(const struct buf *b)
{
	return b->data == NULL ? (const uint8_t *)"" : b->data + b->start;
}

/* All adders return false, and set `overflow`, beyond the maximum. */
bool buf_add(struct buf *b, const void *bytes, size_t n);
bool buf_add_str(struct buf *b, const char *text);
bool buf_addf(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool buf_vaddf(struct buf *b, const char *format, va_list args);

/* Room for n more bytes, to be written in place and then made live with
 * buf_commit; NULL beyond the maximum. */
uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

/* Drops the first n live bytes (n at most buf_len). */
void buf_consume(struct buf *b, size_t n);

/* The live bytes as a C string (a NUL is kept behind them, not counted). */
const char *buf_cstr(struct buf *b);

#endif
