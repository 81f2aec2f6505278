/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "util/number.h"

static void
test_taken(void **state)
{
	static const struct { const char *text; uint64_t value; } cases[] = {
		{ "0", 0 }, { "7", 7 }, { "007", 7 }, { "4096", 4096 },
		{ "18446744073709551614", UINT64_MAX - 1 },
		{ "18446744073709551615", UINT64_MAX },
	};
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(number_parse(cases[i].text, 0, UINT64_MAX, &n));
		assert_true(n == cases[i].value);
	}
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "1 ", " 1", "+1", "-1", "0x1", "1e3", "1.0", "1k",
		"18446744073709551616", "18446744073709551625",
		"99999999999999999999", "184467440737095516150",
		"\xd9\xa1", "1\n",
	};
	uint64_t n = 42;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(number_parse(bad[i], 0, UINT64_MAX, &n));
	assert_true(n == 42);
}

static void
test_bounds(void **state)
{
	uint64_t n;

	(void)state;
	assert_true(number_parse("1", 1, 3, &n));
	assert_true(number_parse("3", 1, 3, &n));
	assert_false(number_parse("0", 1, 3, &n));
	assert_false(number_parse("4", 1, 3, &n));
}

static void
test_copy(void **state)
{
	char to[4] = "xyz";

	(void)state;
	assert_ptr_equal(strcpy_bounded(to, sizeof to, "abc"), to);
	assert_string_equal(to, "abc");
	assert_string_equal(strcpy_bounded(to, 1, ""), "");
}

static void
test_lower(void **state)
{
	(void)state;
	for (int c = -128; c < 128; c++) {
		char lower = ascii_lower((char)c);

		assert_int_equal(lower, c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_lower),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
