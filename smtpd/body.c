/* SPDX-License-Identifier: ISC */
#include "smtpd/body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "policy/authres.h"
#include "util/xalloc.h"

#define HEAD_ROOM	1024
#define FIRST_SIZE	8192

void
body_init(struct body *b, size_t max_bytes)
{
	memset(b, 0, sizeof *b);
	b->max_bytes = max_bytes;
}

void
body_done(struct body *b)
{
	free(b->data);
	body_init(b, b->max_bytes);
}

bool
body_add(struct body *b, const void *bytes, size_t n)
{
	size_t size = b->size;

	if (n > b->max_bytes || body_len(b) > b->max_bytes - n)
		return false;
	if (b->data == NULL) {
		b->front = b->end = HEAD_ROOM;
		size = FIRST_SIZE;
	}
	while (size - b->end < n)
		size *= 2;
	if (size != b->size) {
		b->data = xreallocarray(b->data, size, 1);
		b->size = size;
	}
	memcpy(b->data + b->end, bytes, n);
	b->end += n;
	return true;
}

bool
body_prepend(struct body *b, const void *bytes, size_t n)
{
	size_t length = body_len(b);

	if (n > b->max_bytes || length > b->max_bytes - n)
		return false;
	if (n > b->front) {
		uint8_t *grown = xmalloc(n + length + FIRST_SIZE);

		memcpy(grown + n, body_bytes(b), length);
		free(b->data);
		b->data = grown;
		b->size = n + length + FIRST_SIZE;
		b->front = n;
		b->end = n + length;
	}
	b->front -= n;
	if (n > 0)
		memcpy(b->data + b->front, bytes, n);
	return true;
}

/* Each piece that stays moves towards the end, from the last one on: what
 * lies behind the header section, most of the message, stays where it is. */
void
body_cut(struct body *b, size_t base, const struct authres_span *spans,
    size_t count)
{
	uint8_t *start = b->data + b->front;
	size_t to;

	if (count == 0)
		return;
	to = base + spans[count - 1].end;
	assert(to <= body_len(b));
	for (size_t i = count; i > 0; i--) {
		size_t end = base + spans[i - 1].start;
		size_t begin = i == 1 ? 0 : base + spans[i - 2].end;

		assert(begin <= end && end <= to);
		to -= end - begin;
		memmove(start + to, start + begin, end - begin);
	}
	b->front += to;
}

bool
body_replace(struct body *b, size_t old, const void *bytes, size_t n)
{
	assert(old <= body_len(b));
	b->front += old;
	return body_prepend(b, bytes, n);
}

void
body_truncate(struct body *b, size_t n)
{
	assert(n <= body_len(b));
	b->end = b->front + n;
}
