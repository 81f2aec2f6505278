/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "util/domain.h"

static bool
parse(const char *text, bool underscore, char domain[static DOMAIN_SIZE])
{
	return domain_parse(text, strlen(text), underscore, domain);
}

static void
test_canonical(void **state)
{
	static const char *const cases[][2] = {
		{ "example.org", "example.org" },
		{ "EXAMPLE.Org.", "example.org" },
		{ "a", "a" },
		{ "1.2.3.4", "1.2.3.4" },
		{ "xn--bcher-kva.example", "xn--bcher-kva.example" },
		{ "b\xc3\xbc" "cher.example", "xn--bcher-kva.example" },
		{ "B\xc3\x9c" "CHER.example.", "xn--bcher-kva.example" },
		/* decomposed: u, combining diaeresis */
		{ "bu\xcc\x88" "cher.example", "xn--bcher-kva.example" },
		{ "stra\xc3\x9f" "e.example", "xn--strae-oqa.example" },
		{ "\xe4\xbe\x8b\xe3\x81\x88\xe3\x80\x82jp",
		    "xn--r8jz45g.jp" },	/* ideographic full stop */
	};
	char domain[DOMAIN_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_true(parse(cases[i][0], false, domain));
		assert_string_equal(domain, cases[i][1]);
	}
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", ".a", "a..b", "a..", "-a", "a-", "a.-b", "a b",
		"a/b", "a_b", "a*", "a@b", "a\r\n", "[192.0.2.1]", "a:25",
		"\xff\xfe", "b\xc3", "\xe2\x84\x80.example", "\xc2\xad",
		"a\xe2\x80\x8b.exam ple",
	};
	char domain[DOMAIN_SIZE] = "kept";

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(parse(bad[i], false, domain));
		assert_string_equal(domain, "kept");
	}
	assert_false(domain_parse("a\0b", 3, false, domain));
	assert_false(domain_parse("\xc3\xbc\0b", 4, false, domain));
}

static void
test_underscore(void **state)
{
	char domain[DOMAIN_SIZE];

	(void)state;
	assert_true(parse("_mx6._tcp.Example.org", true, domain));
	assert_string_equal(domain, "_mx6._tcp.example.org");
	assert_false(parse("_mx6._tcp.example.org", false, domain));
}

static void
test_lengths(void **state)
{
	char text[2000], domain[DOMAIN_SIZE];

	(void)state;
	memset(text, 'a', sizeof text);
	assert_true(domain_parse(text, 63, false, domain));
	assert_false(domain_parse(text, 64, false, domain));
	for (size_t i = 49; i < sizeof text; i += 50)
		text[i] = '.';
	assert_true(domain_parse(text, 253, false, domain));
	assert_int_equal(strlen(domain), 253);
	assert_false(domain_parse(text, 254, false, domain));
	text[253] = '.';	/* the final dot does not count */
	assert_true(domain_parse(text, 254, false, domain));
	assert_int_equal(strlen(domain), 253);
	text[0] = (char)0xc3;
	text[1] = (char)0xbc;
	assert_false(domain_parse(text, sizeof text, false, domain));
}

static void
test_within(void **state)
{
	(void)state;
	assert_true(domain_within("example.org", "example.org"));
	assert_true(domain_within("a.example.org", "example.org"));
	assert_true(domain_within("a.b.example.org", "org"));
	assert_true(domain_within("a", ""));
	assert_false(domain_within("badexample.org", "example.org"));
	assert_false(domain_within("org", "example.org"));
	assert_false(domain_within("example.com", "example.org"));
}

static void
test_parent(void **state)
{
	(void)state;
	assert_string_equal(domain_parent("a.b.org"), "b.org");
	assert_string_equal(domain_parent("org"), "");
	assert_string_equal(domain_parent(""), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_underscore),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
