/* SPDX-License-Identifier: ISC */
/*
 * The reply parser: any bytes, in one piece and octet by octet, give the same
 * replies, within their limits.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "queue/fallback.h"
#include "queue/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_reply(struct reply *r)
{
	static char code[] = "5.5.64";
	char *const codes[] = { code };
	const char *text = buf_cstr(&r->text);

	check(strlen(r->code) == 3 && r->class >= 2 && r->class <= 5);
	check(r->enhanced[0] == '\0' || r->enhanced[0] == r->code[0]);
	check(strlen(text) == buf_len(&r->text) &&
	    buf_len(&r->text) <= REPLY_TEXT_MAX);
	for (; *text != '\0'; text++)
		check(*text >= ' ' && *text <= '~');
	if (fallback_is(r, codes, 1))
		check(strcmp(r->code, "550") == 0 &&
		    strcmp(r->enhanced, code) == 0);
}

/* A number that two ways of feeding must agree on. */
static uint64_t
read_all(const uint8_t *data, size_t size, size_t step)
{
	enum reply_status status = REPLY_MORE;
	uint64_t sum = 0;
	struct reply r;
	size_t used;

	reply_init(&r);
	while (size > 0 && status != REPLY_MALFORMED) {
		status = reply_feed(&r, data, step < size ? step : size,
		    &used);
		check(used <= size && (used > 0 || status == REPLY_MALFORMED));
		data += used;
		size -= used;
		if (status != REPLY_MORE)
			sum = sum * 31 + r.line_count;
		if (status != REPLY_WHOLE)
			continue;
		check_reply(&r);
		for (const char *p = buf_cstr(&r.text); *p != '\0'; p++)
			sum = sum * 31 + (uint8_t)*p;
		reply_clear(&r);
	}
	reply_done(&r);
	return status == REPLY_MALFORMED ? 0 : sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check(read_all(data, size, 1) == read_all(data, size, size));
	return 0;
}
