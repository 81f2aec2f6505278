/* SPDX-License-Identifier: ISC */
#include "util/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define FIRST_SIZE 256

void
buf_init(struct buf *b, size_t max_bytes)
{
	memset(b, 0, sizeof *b);
	b->max_bytes = max_bytes;
}

void
buf_done(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max_bytes);
}

void
buf_clear(struct buf *b)
{
	b->start = b->end = 0;
	b->overflow = false;
}

void
buf_shrink(struct buf *b)
{
	if (buf_len(b) == 0 && b->data != NULL) {
		free(b->data);
		b->data = NULL;
		b->size = b->start = b->end = 0;
	}
}

/* One byte more than asked is kept, for the NUL of buf_cstr. */
static bool
make_room(struct buf *b, size_t n)
{
	size_t live = buf_len(b), size;

	if (n > b->max_bytes || live > b->max_bytes - n) {
		b->overflow = true;
		return false;
	}
	if (b->size - b->end > n)
		return true;
	if (b->start > 0 && b->size - live > n && b->start >= b->size / 2) {
		memmove(b->data, b->data + b->start, live);
		b->start = 0;
		b->end = live;
		return true;
	}
	size = b->size < FIRST_SIZE ? FIRST_SIZE : b->size;
	while (size <= live + n)
		size *= 2;
	if (size > b->max_bytes + 1)
		size = b->max_bytes + 1;
	if (b->start > 0) {
		memmove(b->data, b->data + b->start, live);
		b->start = 0;
		b->end = live;
	}
	b->data = xreallocarray(b->data, size, 1);
	b->size = size;
	return true;
}

uint8_t *
buf_reserve(struct buf *b, size_t n)
{
	return make_room(b, n) ? b->data + b->end : NULL;
}

void
buf_commit(struct buf *b, size_t n)
{
	assert(b->size - b->end > n);
	b->end += n;
}

bool
buf_add(struct buf *b, const void *bytes, size_t n)
{
	if (!make_room(b, n))
		return false;
	if (n > 0)
		memcpy(b->data + b->end, bytes, n);
	b->end += n;
	return true;
}

bool
buf_add_str(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

bool
buf_vaddf(struct buf *b, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	if (n < 0 || !make_room(b, (size_t)n)) {
		b->overflow = true;
		va_end(again);
		return false;
	}
	vsnprintf((char *)b->data + b->end, (size_t)n + 1, format, again);
	va_end(again);
	b->end += (size_t)n;
	return true;
}

bool
buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;
	bool added;

	va_start(args, format);
	added = buf_vaddf(b, format, args);
	va_end(args);
	return added;
}

void
buf_consume(struct buf *b, size_t n)
{
	assert(n <= buf_len(b));
	b->start += n;
	if (b->start == b->end)
		b->start = b->end = 0;
}

const char *
buf_cstr(struct buf *b)
{
	if (b->data == NULL)
		return "";
	b->data[b->end] = '\0';
	return (const char *)b->data + b->start;
}
