/* SPDX-License-Identifier: ISC */
#include "smtpd/body.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

void
body_truncate(struct body *b, size_t n)
{
	assert(n <= body_len(b));
	b->end = b->front + n;
}
