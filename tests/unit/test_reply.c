/* SPDX-License-Identifier: ISC */
/* Replies as they come from servers good and bad, whole and in octets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/fallback.h"
#include "queue/reply.h"

/* Feeds until something other than a further line comes. */
static enum reply_status
feed(struct reply *r, const char *bytes, size_t n, size_t step,
    size_t *ret_left)
{
	enum reply_status status = REPLY_MORE;
	size_t used, now;

	while (n > 0) {
		now = step < n ? step : n;
		status = reply_feed(r, bytes, now, &used);
		bytes += used;
		n -= used;
		if (status == REPLY_WHOLE || status == REPLY_MALFORMED)
			break;
	}
	*ret_left = n;
	return status;
}

struct sample {
	const char		*bytes;
	enum reply_status	 status;
	const char		*code, *enhanced, *text;
	bool			 strict;
	size_t			 left;
};

static const struct sample samples[] = {
	{ "250 ok\r\n", REPLY_WHOLE, "250", "", "ok", true, 0 },
	{ "250\r\n", REPLY_WHOLE, "250", "", "", true, 0 },
	{ "250 \r\n", REPLY_WHOLE, "250", "", "", true, 0 },
	{ "250-\r\n250\r\n", REPLY_WHOLE, "250", "", "", true, 0 },
	{ "250-a\r\n250-b\r\n250 c\r\n", REPLY_WHOLE, "250", "", "a b c",
	    true, 0 },
	{ "250 a\r\n250 b\r\n", REPLY_WHOLE, "250", "", "a", true, 7 },
	{ "250 2.1.5 ok\r\n", REPLY_WHOLE, "250", "2.1.5", "ok", true, 0 },
	{ "250 2.1.5\r\n", REPLY_WHOLE, "250", "2.1.5", "", true, 0 },
	{ "550-5.7.1 a\r\n550 5.7.1 b\r\n", REPLY_WHOLE, "550", "5.7.1",
	    "a b", true, 0 },
	{ "550-5.7.1 a\r\n550 5.7.2 b\r\n", REPLY_WHOLE, "550", "5.7.1",
	    "a 5.7.2 b", true, 0 },
	{ "550-a\r\n550 5.7.1 b\r\n", REPLY_WHOLE, "550", "", "a 5.7.1 b",
	    true, 0 },
	{ "550 4.7.1 a\r\n", REPLY_WHOLE, "550", "", "4.7.1 a", true, 0 },
	{ "550 5.999.999 a\r\n", REPLY_WHOLE, "550", "5.999.999", "a", true,
	    0 },
	{ "550 5.1000.1 a\r\n", REPLY_WHOLE, "550", "", "5.1000.1 a", true,
	    0 },
	{ "550 5.01.1 a\r\n", REPLY_WHOLE, "550", "", "5.01.1 a", true, 0 },
	{ "550 5.0.0 a\r\n", REPLY_WHOLE, "550", "5.0.0", "a", true, 0 },
	{ "550 5.1. a\r\n", REPLY_WHOLE, "550", "", "5.1. a", true, 0 },
	{ "550 5..1 a\r\n", REPLY_WHOLE, "550", "", "5..1 a", true, 0 },
	{ "550 5.1.1.1 a\r\n", REPLY_WHOLE, "550", "", "5.1.1.1 a", true, 0 },
	{ "571 5.7.1 a\r\n", REPLY_WHOLE, "571", "5.7.1", "a", true, 0 },
	{ "250 ok\n", REPLY_WHOLE, "250", "", "ok", false, 0 },
	{ "250 a\rb\r\n", REPLY_WHOLE, "250", "", "a?b", false, 0 },
	{ "250 a\r\r\n", REPLY_WHOLE, "250", "", "a?", false, 0 },
	{ "250 a\tb\x80\r\n", REPLY_WHOLE, "250", "", "a?b?", true, 0 },
	{ "250 ok", REPLY_MORE, "", "", "", true, 0 },
	{ "\r\n", REPLY_MALFORMED, "", "", "", true, 0 },
	{ "25\r\n", REPLY_MALFORMED, "", "", "", true, 0 },
	{ "2500\r\n", REPLY_MALFORMED, "", "", "", true, 0 },
	{ "250_ok\r\n", REPLY_MALFORMED, "", "", "", true, 0 },
	{ " 250 ok\r\n", REPLY_MALFORMED, "", "", "", true, 0 },
	{ "150 ok\r\n", REPLY_MALFORMED, "", "", "", true, 0 },
	{ "650 ok\r\n", REPLY_MALFORMED, "", "", "", true, 0 },
	{ "250-a\r\n251 b\r\n", REPLY_MALFORMED, "250", "", "a", true, 0 },
	{ "250-a\r\n.\r\n", REPLY_MALFORMED, "250", "", "a", true, 0 },
};

static void
reads_samples(void **state)
{
	struct reply r;
	size_t left;

	(void)state;
	reply_init(&r);
	for (size_t i = 0; i < 2 * sizeof samples / sizeof samples[0]; i++) {
		const struct sample *s = &samples[i / 2];
		size_t n = strlen(s->bytes);

		reply_clear(&r);
		assert_int_equal(feed(&r, s->bytes, n, i % 2 == 0 ? n : 1,
		    &left), s->status);
		assert_int_equal(left, s->left);
		assert_string_equal(r.code, s->code);
		if (s->status != REPLY_WHOLE)
			continue;
		assert_string_equal(r.enhanced, s->enhanced);
		assert_string_equal(buf_cstr(&r.text), s->text);
		assert_int_equal(r.strict, s->strict);
		assert_int_equal(r.class, s->code[0] - '0');
	}
	reply_done(&r);
}

/* 2048 octets with CRLF are a line, 2049 are not; nor is it waited for. */
static void
lines_have_a_limit(void **state)
{
	char line[REPLY_LINE_MAX + 1];
	struct reply r;
	size_t left;

	(void)state;
	memset(line, 'x', sizeof line);
	memcpy(line, "250 ", 4);
	reply_init(&r);
	for (size_t step = 1; step <= sizeof line; step += REPLY_LINE_MAX) {
		memcpy(line + REPLY_LINE_MAX - 2, "\r\n", 2);
		assert_int_equal(feed(&r, line, REPLY_LINE_MAX, step, &left),
		    REPLY_WHOLE);
		reply_clear(&r);
		memcpy(line + REPLY_LINE_MAX - 2, "x\r\n", 3);
		assert_int_equal(feed(&r, line, sizeof line, step, &left),
		    REPLY_MALFORMED);
		reply_clear(&r);
	}
	reply_done(&r);
}

static void
replies_have_a_limit(void **state)
{
	struct reply r;
	size_t used;

	(void)state;
	reply_init(&r);
	for (unsigned i = 0; i < REPLY_LINES_MAX; i++)
		assert_int_equal(reply_feed(&r, "250-x\r\n", 7, &used),
		    REPLY_LINE);
	assert_int_equal(reply_feed(&r, "250 x\r\n", 7, &used),
	    REPLY_MALFORMED);
	reply_done(&r);
}

/* Text beyond the maximum is dropped, the reply stays whole. */
static void
text_has_a_limit(void **state)
{
	struct reply r;
	char line[1000];
	size_t used;

	(void)state;
	memset(line, 'x', sizeof line);
	memcpy(line, "250-", 4);
	memcpy(line + sizeof line - 2, "\r\n", 2);
	reply_init(&r);
	for (int i = 0; i < 50; i++)
		assert_int_equal(reply_feed(&r, line, sizeof line, &used),
		    REPLY_LINE);
	assert_int_equal(reply_feed(&r, "250 end\r\n", 9, &used), REPLY_WHOLE);
	assert_int_equal(buf_len(&r.text), REPLY_TEXT_MAX);
	reply_done(&r);
}

static bool
means_fallback(const char *bytes)
{
	static char first[] = "5.5.64", second[] = "5.5.99", none[] = "";
	char *const codes[] = { none, first, second };
	struct reply r;
	size_t left;
	bool is;

	reply_init(&r);
	assert_int_equal(feed(&r, bytes, strlen(bytes), 1, &left),
	    REPLY_WHOLE);
	is = fallback_is(&r, codes, sizeof codes / sizeof codes[0]);
	reply_done(&r);
	return is;
}

static void
knows_the_fallback_reply(void **state)
{
	(void)state;
	assert_true(means_fallback("550 5.5.64 fall back to IPv4\r\n"));
	assert_true(means_fallback("550-5.5.64 a\r\n550 5.5.64 b\r\n"));
	assert_true(means_fallback("550-5.5.64 a\r\n550 b\r\n"));
	assert_true(means_fallback("550 5.5.64\r\n"));
	assert_true(means_fallback("550 5.5.99 x\r\n"));
	assert_false(means_fallback("550-b\r\n550 5.5.64 a\r\n"));
	assert_false(means_fallback("550 x\r\n"));
	assert_false(means_fallback("550 5.5.6 x\r\n"));
	assert_false(means_fallback("550 5.5.640 x\r\n"));
	assert_false(means_fallback("554 5.5.64 x\r\n"));
	assert_false(means_fallback("450 4.5.64 x\r\n"));
	assert_false(means_fallback("550 5.5.64 x\n"));
	assert_false(means_fallback("550 5.5.64 \x1b[2J\r\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_samples),
		cmocka_unit_test(lines_have_a_limit),
		cmocka_unit_test(replies_have_a_limit),
		cmocka_unit_test(text_has_a_limit),
		cmocka_unit_test(knows_the_fallback_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
