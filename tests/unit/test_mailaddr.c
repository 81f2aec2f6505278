/* SPDX-License-Identifier: ISC */
/*
 * Mailboxes: the public isemail cases as far as they fit RFC 5321, and our
 * own for paths, UTF-8 and the way back to text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/mailaddr.h"

#define CASES_FILE "tests/data/isemail.tsv"

/*
 * isemail judges RFC 5322 addr-specs and marks what SMTP takes of them.
 * Its categories, and the diagnoses within them where we differ:
 */
static const struct {
	const char	*category;
	const char	*diagnosis;	/* or number; NULL: all others */
	bool		 taken;
	const char	*why;
} expected[] = {
	{ "VALID_CATEGORY", NULL, true, "an ordinary address" },
	{ "DNSWARN", NULL, true, "the DNS is not asked by a parser" },
	{ "RFC5321", NULL, true, "unusual, but SMTP's grammar" },
	{ "DEPREC", "RFC5321_IPV6DEPRECATED", true,
	    "\"::\" for one group: RFC 5321 forbids it, RFC 4291 does not" },
	{ "RFC5322", "40", false, "a domain of 255 octets: the DNS has 253" },
	{ "RFC5322", "RFC5322_TOOLONG", true,
	    "the whole over 254, each part within its limit: RFC 5321 "
	    "4.5.3.1.3 says what must be taken, not what must be refused" },
	{ "RFC5322", NULL, false, "header fields only, or over a limit" },
	{ "CFWS", NULL, false, "comments and folding: header fields only" },
	{ "DEPREC", NULL, false, "obsolete forms: header fields only" },
	{ "ERR", NULL, false, "no address at all" },
};

static size_t
unescape(char *text)
{
	char *to = text;

	for (const char *p = text; *p != '\0'; ) {
		unsigned octet;

		if (sscanf(p, "\\x%2x", &octet) == 1) {
			*to++ = (char)octet;
			p += 4;
		} else
			*to++ = *p++;
	}
	*to = '\0';
	return (size_t)(to - text);
}

static bool
is_expected(const char *id, const char *category, const char *diagnosis)
{
	for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
		if (strcmp(category, expected[i].category) == 0 &&
		    (expected[i].diagnosis == NULL ||
		    strcmp(id, expected[i].diagnosis) == 0 ||
		    strcmp(diagnosis, expected[i].diagnosis) == 0))
			return expected[i].taken;
	fail_msg("unknown category %s", category);
	return false;
}

static void
test_isemail(void **state)
{
	char line[2048], *next, *id, *category, *diagnosis;
	FILE *cases = fopen(CASES_FILE, "r");
	unsigned count = 0, wrong = 0;
	struct mailaddr addr;

	(void)state;
	assert_non_null(cases);
	while (fgets(line, sizeof line, cases) != NULL) {
		bool taken;

		line[strcspn(line, "\n")] = '\0';
		next = line;
		id = strsep(&next, "\t");
		category = strsep(&next, "\t");
		diagnosis = strsep(&next, "\t");
		assert_non_null(next);
		count++;
		taken = mailaddr_parse(next, unescape(next), false, &addr) ==
		    MAILADDR_OK;
		if (taken == is_expected(id, category, diagnosis))
			continue;
		wrong++;
		print_error("case %s (%s): %s\n", id, diagnosis,
		    taken ? "taken" : "refused");
	}
	fclose(cases);
	assert_int_equal(count, 164);
	assert_int_equal(wrong, 0);
}

static enum mailaddr_fault
parse(const char *text, bool utf8, struct mailaddr *ret_addr)
{
	return mailaddr_parse(text, strlen(text), utf8, ret_addr);
}

/* Text in, what it means, text out. */
static void
test_meaning_and_format(void **state)
{
	static const struct {
		const char *in, *local, *domain, *out;
	} cases[] = {
		{ "Joe.Doe@Example.ORG", "Joe.Doe", "example.org",
		    "Joe.Doe@example.org" },
		{ "\"Joe.Doe\"@example.org", "Joe.Doe", "example.org",
		    "Joe.Doe@example.org" },
		{ "\"\\J\\o\\e\"@example.org", "Joe", "example.org",
		    "Joe@example.org" },
		{ "\"a b\"@example.org", "a b", "example.org",
		    "\"a b\"@example.org" },
		{ "\"a\\\"b\\\\\"@example.org", "a\"b\\", "example.org",
		    "\"a\\\"b\\\\\"@example.org" },
		{ "\"a@b\"@example.org", "a@b", "example.org",
		    "\"a@b\"@example.org" },
		{ "\"\"@example.org", "", "example.org", "\"\"@example.org" },
		{ "\".a\"@example.org", ".a", "example.org",
		    "\".a\"@example.org" },
		{ "\"a..b\"@example.org", "a..b", "example.org",
		    "\"a..b\"@example.org" },
		{ "a@[192.0.2.1]", "a", "[192.0.2.1]", "a@[192.0.2.1]" },
		{ "a@[ipv6:2001:DB8:0::1]", "a", "[IPv6:2001:db8::1]",
		    "a@[IPv6:2001:db8::1]" },
		{ "a@[IPv6:::ffff:192.0.2.1]", "a", "[192.0.2.1]",
		    "a@[192.0.2.1]" },
	};
	char text[MAILADDR_TEXT_SIZE];
	struct mailaddr addr, again;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(parse(cases[i].in, false, &addr), MAILADDR_OK);
		assert_string_equal(addr.local, cases[i].local);
		assert_string_equal(addr.domain, cases[i].domain);
		assert_int_equal(addr.literal, cases[i].domain[0] == '[');
		assert_string_equal(mailaddr_format(&addr, text), cases[i].out);
		assert_int_equal(parse(text, false, &again), MAILADDR_OK);
		assert_true(mailaddr_equal(&addr, &again));
	}
}

static void
test_utf8(void **state)
{
	static const char *const bad[] = {
		"\xc3@example.org", "\xc0\xaf@example.org",
		"\xed\xa0\x80@example.org", "\xf4\x90\x80\x80@example.org",
		"\xc2\x9b@example.org", "a@\xff.org",
		"\"\xe2\x82\"@example.org",
	};
	struct mailaddr addr;

	(void)state;
	assert_int_equal(parse("j\xc3\xb6rg@example.org", false, &addr),
	    MAILADDR_NEEDS_UTF8);
	assert_int_equal(parse("\"j\xc3\xb6rg\"@example.org", false, &addr),
	    MAILADDR_NEEDS_UTF8);
	assert_int_equal(parse("a@b\xc3\xbc.example", false, &addr),
	    MAILADDR_NEEDS_UTF8);
	assert_int_equal(parse("j\xc3\xb6rg@example.org", true, &addr),
	    MAILADDR_OK);
	assert_true(addr.utf8);
	assert_string_equal(addr.local, "j\xc3\xb6rg");
	assert_int_equal(parse("a@B\xc3\x9c" "cher.example", true, &addr),
	    MAILADDR_OK);
	assert_string_equal(addr.domain, "xn--bcher-kva.example");
	assert_false(addr.utf8);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(parse(bad[i], true, &addr), MAILADDR_SYNTAX);
}

static void
test_too_long(void **state)
{
	char text[700];
	struct mailaddr addr = { .local = "kept" };

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text + 65, "@b.example", sizeof "@b.example");
	assert_int_equal(parse(text, false, &addr), MAILADDR_TOO_LONG);
	assert_int_equal(parse(text + 1, false, &addr), MAILADDR_OK);
	memset(text, 'a', sizeof text);
	text[0] = '"';
	memcpy(text + 65, "\"@b.example", sizeof "\"@b.example");
	assert_int_equal(parse(text, false, &addr), MAILADDR_TOO_LONG);
	memset(text, 'a', sizeof text);
	text[1] = '@';
	for (size_t i = 10; i < 600; i += 10)
		text[i] = '.';
	text[600] = '\0';
	addr.local[0] = 'K';
	assert_int_equal(parse(text, false, &addr), MAILADDR_TOO_LONG);
	assert_int_equal(addr.local[0], 'K');	/* untouched on a fault */
}

static void
test_nul_is_no_end(void **state)
{
	struct mailaddr addr;

	(void)state;
	assert_int_equal(mailaddr_parse("a\0b@c.org", 9, false, &addr),
	    MAILADDR_SYNTAX);
	assert_int_equal(mailaddr_parse("a@c.org\0", 8, false, &addr),
	    MAILADDR_SYNTAX);
	assert_int_equal(mailaddr_parse("a@[192.0.2.1\0]", 14, false, &addr),
	    MAILADDR_SYNTAX);
}

struct path_case {
	const char		*in;
	enum mailaddr_fault	 fault;
	const char		*out;
	const char		*rest;
};

static void
test_paths(void **state)
{
	static const struct path_case cases[] = {
		{ "<a@b.org>", MAILADDR_OK, "a@b.org", "" },
		{ "<a@b.org> SIZE=1", MAILADDR_OK, "a@b.org", " SIZE=1" },
		{ "<\"a>b\"@b.org>x", MAILADDR_OK, "\"a>b\"@b.org", "x" },
		{ "<@c.org:a@b.org>", MAILADDR_OK, "a@b.org", "" },
		{ "<@c.org,@d.org:a@b.org>", MAILADDR_OK, "a@b.org", "" },
		{ "<>", MAILADDR_OK, "", "" },
		{ "<> BODY=8BITMIME", MAILADDR_OK, "", " BODY=8BITMIME" },
		{ "<PostMaster>", MAILADDR_OK, "postmaster", "" },
		{ "<postmaster@b.org>", MAILADDR_OK, "postmaster@b.org", "" },
		{ "<a@[192.0.2.1]>", MAILADDR_OK, "a@[192.0.2.1]", "" },
		{ "", MAILADDR_SYNTAX, NULL, NULL },
		{ "<", MAILADDR_SYNTAX, NULL, NULL },
		{ "a@b.org", MAILADDR_SYNTAX, NULL, NULL },
		{ "<a@b.org", MAILADDR_SYNTAX, NULL, NULL },
		{ "< a@b.org>", MAILADDR_SYNTAX, NULL, NULL },
		{ "<a@b.org >", MAILADDR_SYNTAX, NULL, NULL },
		{ "<a@b.org.>", MAILADDR_SYNTAX, NULL, NULL },
		{ "<a>", MAILADDR_SYNTAX, NULL, NULL },
		{ "<@c.org:>", MAILADDR_SYNTAX, NULL, NULL },
		{ "<@c.org,a@b.org>", MAILADDR_SYNTAX, NULL, NULL },
		{ "<@c.org a@b.org>", MAILADDR_SYNTAX, NULL, NULL },
		{ "<a@b_c.org>", MAILADDR_SYNTAX, NULL, NULL },
		{ "<\xc3\xb6@b.org>", MAILADDR_NEEDS_UTF8, NULL, NULL },
	};
	char text[MAILADDR_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct path_case *c = &cases[i];
		struct mailaddr addr;
		size_t used;
		bool null;

		assert_int_equal(mailaddr_parse_path(c->in, strlen(c->in),
		    false, true, &addr, &null, &used), c->fault);
		if (c->fault != MAILADDR_OK)
			continue;
		assert_string_equal(mailaddr_format(&addr, text), c->out);
		assert_string_equal(c->in + used, c->rest);
		assert_int_equal(null, c->out[0] == '\0');
	}
}

static void
test_postmaster_only_where_allowed(void **state)
{
	struct mailaddr addr;
	size_t used;
	bool null;

	(void)state;
	assert_int_equal(mailaddr_parse_path("<postmaster>", 12, false, false,
	    &addr, &null, &used), MAILADDR_SYNTAX);
}

static void
test_equal(void **state)
{
	struct mailaddr a, b;

	(void)state;
	parse("Joe@example.org", false, &a);
	parse("\"Joe\"@EXAMPLE.org", false, &b);
	assert_true(mailaddr_equal(&a, &b));
	parse("joe@example.org", false, &b);
	assert_false(mailaddr_equal(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_isemail),
		cmocka_unit_test(test_meaning_and_format),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_nul_is_no_end),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_postmaster_only_where_allowed),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
