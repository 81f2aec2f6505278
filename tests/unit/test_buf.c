/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "util/buf.h"

static void
test_empty(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	assert_int_equal(buf_len(&b), 0);
	assert_non_null(buf_bytes(&b));
	assert_string_equal(buf_cstr(&b), "");
	buf_consume(&b, 0);
	assert_true(buf_add(&b, "", 0));
	assert_true(buf_add(&b, NULL, 0));
	assert_string_equal(buf_cstr(&b), "");
	buf_shrink(&b);
	assert_null(b.data);
	buf_done(&b);
}

static void
test_maximum(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_true(buf_add_str(&b, "12345"));
	assert_string_equal(buf_cstr(&b), "12345");
	assert_false(b.overflow);
	assert_false(buf_add_str(&b, "6"));
	assert_true(b.overflow);
	assert_string_equal(buf_cstr(&b), "12345");
	buf_consume(&b, 2);
	assert_true(buf_add_str(&b, "67"));	/* room again */
	assert_true(b.overflow);		/* but it is not forgotten */
	assert_string_equal(buf_cstr(&b), "34567");
	assert_null(buf_reserve(&b, 1));
	assert_false(buf_addf(&b, "%d", 1));
	buf_clear(&b);
	assert_false(b.overflow);
	assert_false(buf_addf(&b, "%s", "123456"));
	assert_true(buf_addf(&b, "%s", "12345"));
	buf_done(&b);
	buf_init(&b, 0);
	assert_false(buf_add_str(&b, "x"));
	assert_true(buf_add_str(&b, ""));
	assert_false(buf_add(&b, "x", SIZE_MAX));
	buf_done(&b);
}

static void
test_reserve(void **state)
{
	struct buf b;
	uint8_t *to;

	(void)state;
	buf_init(&b, 100000);
	buf_add_str(&b, "ab");
	to = buf_reserve(&b, 1000);
	memset(to, 'x', 1000);
	buf_commit(&b, 1);
	assert_string_equal(buf_cstr(&b), "abx");
	to = buf_reserve(&b, 100000 - 3);
	assert_non_null(to);
	memset(to, 'y', 100000 - 3);
	buf_commit(&b, 100000 - 3);
	assert_int_equal(buf_len(&b), 100000);
	assert_int_equal(strlen(buf_cstr(&b)), 100000);
	buf_done(&b);
}

/* Against the simplest possible queue, with a fixed random sequence. */
static void
test_like_a_plain_array(void **state)
{
	static uint8_t model[4096], piece[4096];
	uint32_t seed = 1;
	size_t live = 0;
	struct buf b;

	(void)state;
	buf_init(&b, sizeof model);
	for (int i = 0; i < 200000; i++) {
		size_t n;

		seed = seed * 1664525u + 1013904223u;
		n = (seed >> 8) % ((seed >> 28) < 3 ? 4000 : 40);
		if ((seed >> 20 & 1) != 0) {
			memset(piece, (int)(seed >> 24), n);
			if (live + n > sizeof model) {
				assert_false(buf_add(&b, piece, n));
				continue;
			}
			assert_true(buf_add(&b, piece, n));
			memcpy(model + live, piece, n);
			live += n;
		} else {
			n = n > live ? live : n;
			buf_consume(&b, n);
			memmove(model, model + n, live - n);
			live -= n;
			if (live == 0)
				buf_shrink(&b);
		}
		assert_int_equal(buf_len(&b), live);
		assert_memory_equal(buf_bytes(&b), model, live);
		assert_true(b.size <= sizeof model + 1);
		assert_true(buf_cstr(&b)[live] == '\0');
	}
	buf_done(&b);
	assert_null(b.data);
	assert_int_equal(b.max_bytes, sizeof model);	/* ready for more */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_maximum),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_like_a_plain_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
