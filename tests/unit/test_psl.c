/* SPDX-License-Identifier: ISC */
/* The public suffix list as we ask it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/psl.h"

static void
registrable(void **state)
{
	static const struct {
		const char *domain, *registrable;
	} rows[] = {
		{ "example.com", "example.com" },
		{ "a.b.example.com", "example.com" },
		{ "www.example.co.uk", "example.co.uk" },
		{ "a.github.io", "a.github.io" },
		{ "x.a.github.io", "a.github.io" },
		{ "b.test", "b.test" },
		{ "a.b.test", "b.test" },
		{ "com", NULL }, { "co.uk", NULL }, { "github.io", NULL },
		{ "test", NULL }, { "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *is = psl_registrable(rows[i].domain);

		if (rows[i].registrable == NULL)
			assert_null(is);
		else
			assert_string_equal(is, rows[i].registrable);
	}
}

static void
same(void **state)
{
	(void)state;
	assert_true(psl_same_registrable("a.example.com", "b.example.com"));
	assert_true(psl_same_registrable("example.com", "b.example.com"));
	assert_true(psl_same_registrable("github.io", "github.io"));
	assert_false(psl_same_registrable("a.github.io", "b.github.io"));
	assert_false(psl_same_registrable("a.github.io", "github.io"));
	assert_false(psl_same_registrable("com", "example.com"));
	assert_false(psl_same_registrable("", "example.com"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registrable),
		cmocka_unit_test(same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
