/* SPDX-License-Identifier: ISC */
/* Columns that line up, and quantities for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/human.h"
#include "util/table.h"

static const struct table_column columns[] = {
	{ "NAME", false }, { "SIZE", true }, { "NOTE", false },
};

static void
prints(const struct table_column *c, const char *const *cells, size_t count,
    const char *wanted)
{
	struct table *t = table_new(c, 3);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < count; i++)
		table_add(t, cells[i]);
	table_print(t, out);
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
	assert_null(table_free(t));
}

static void
test_lines_up(void **state)
{
	static const char *const cells[] = {
		"a", "10", "x", "longer", "5", "", "", "", "",
	};

	(void)state;
	prints(columns, cells, 9,
	    "NAME    SIZE  NOTE\n"
	    "a         10  x\n"
	    "longer     5\n"
	    "\n");
	prints(columns, cells, 0, "NAME  SIZE  NOTE\n");
}

static void
test_without_headings(void **state)
{
	static const struct table_column plain[3];
	static const char *const cells[] = { "a", "bb", "c", "aa", "b", "c" };

	(void)state;
	prints(plain, cells, 6, "a   bb  c\naa  b   c\n");
}

static void
test_safe(void **state)
{
	static const char *const cells[] = {
		"j\xc3\xb6rg", "1", "\x1b[2J", "joerg", "2", "a\nb\xff\x7f",
		"\xc2\x9b", "3", "\xe2\x82",
	};

	(void)state;
	prints(columns, cells, 9,
	    "NAME      SIZE  NOTE\n"
	    "j\xc3\xb6rg         1  \\x1b[2J\n"
	    "joerg        2  a\\x0ab\\xff\\x7f\n"
	    "\\xc2\\x9b     3  \\xe2\\x82\n");
}

static void
test_safe_lines(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	table_add_safe(&b, "a\r\n\tb\0c", 7, true);
	assert_string_equal(buf_cstr(&b), "a\\x0d\n\tb\\x00c");
	buf_done(&b);
}

static void
test_bytes(void **state)
{
	char text[HUMAN_SIZE];

	(void)state;
	assert_string_equal(human_bytes(0, text), "0 B");
	assert_string_equal(human_bytes(1023, text), "1023 B");
	assert_string_equal(human_bytes(1024, text), "1.0 KiB");
	assert_string_equal(human_bytes(1048575, text), "1.0 MiB");
	assert_string_equal(human_bytes(1572864, text), "1.5 MiB");
	assert_string_equal(human_bytes(UINT64_MAX, text), "16777216.0 TiB");
}

static void
test_duration(void **state)
{
	char text[HUMAN_SIZE];

	(void)state;
	assert_string_equal(human_duration(0, text), "0 s");
	assert_string_equal(human_duration(59, text), "59 s");
	assert_string_equal(human_duration(60, text), "1 min");
	assert_string_equal(human_duration(3599, text), "59 min");
	assert_string_equal(human_duration(3600, text), "1 h");
	assert_string_equal(human_duration(11430, text), "3 h 10 min");
	assert_string_equal(human_duration(187200, text), "2 d 4 h");
}

static void
test_time(void **state)
{
	char text[HUMAN_SIZE];

	(void)state;
	setenv("TZ", "UTC", 1);
	assert_string_equal(human_time(0, text), "-");
	assert_string_equal(human_time(1795500240, text),
	    "2026-11-24 06:04:00");
	assert_string_equal(human_time(UINT64_MAX / 2, text), "-");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_up),
		cmocka_unit_test(test_without_headings),
		cmocka_unit_test(test_safe),
		cmocka_unit_test(test_safe_lines),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
