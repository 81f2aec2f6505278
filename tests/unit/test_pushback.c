/* SPDX-License-Identifier: ISC */
/* The words of a refusal: limits of lines, what is cut and what is not. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/pushback.h"

static struct authresults results;
static struct pushback_ask ask;
static struct pushback_reply reply;

static int
set_up(void **state)
{
	struct netaddr peer;
	struct iprev iprev = { .status = IPREV_FAIL };

	(void)state;
	assert_true(netaddr_parse("2001:db8::25", &peer));
	authresults_init(&results, "mx.example.org");
	authresults_add_iprev(&results, &peer, &iprev);
	ask = (struct pushback_ask){ .action = VERDICT_FALLBACK,
	    .role = ROLE_MX6, .fallback_code = "5.5.64", .message = "m-1",
	    .registration_url = "", .results = &results };
	return 0;
}

static void
check_limits(void)
{
	assert_in_range(reply.count, 1, PUSHBACK_LINES_MAX);
	for (size_t i = 0; i < reply.count; i++) {
		assert_true(strlen("550-") + strlen(reply.enhanced) + 1 +
		    strlen(reply.lines[i]) + 2 <= 512);
		for (const char *p = reply.lines[i]; *p != '\0'; p++)
			assert_in_range(*p, ' ', '~');
	}
	assert_int_equal(strncmp(reply.lines[reply.count - 1], "reference ",
	    10), 0);
}

static void
usual(void **state)
{
	(void)state;
	pushback_compose(&ask, &reply);
	check_limits();
	assert_string_equal(reply.code, "550");
	assert_string_equal(reply.enhanced, "5.5.64");
	assert_int_equal(reply.count, 3);
	assert_int_equal(strncmp(reply.lines[0], "fall back to IPv4", 17), 0);
	assert_string_equal(reply.lines[1], "Authentication-Results: "
	    "mx.example.org; iprev=fail policy.iprev=\"2001:db8::25\"");
	assert_string_equal(reply.lines[2], "reference m-1");
}

static void
with_url(void **state)
{
	char url[600];

	(void)state;
	ask.registration_url = "https://example.org/r\xc3\xa4g";
	pushback_compose(&ask, &reply);
	check_limits();
	assert_string_equal(reply.lines[2],
	    "register at https://example.org/r??g");
	/* One that does not fit is left out, not cut. */
	memset(url, 'u', sizeof url);
	url[sizeof url - 1] = '\0';
	ask.registration_url = url;
	pushback_compose(&ask, &reply);
	check_limits();
	assert_int_equal(reply.count, 3);
}

/* Results of the size that a later version may have. */
static void
grow_results(size_t pieces, size_t size)
{
	results.count = 1 + pieces;
	for (size_t i = 1; i <= pieces; i++) {
		memset(results.pieces[i], 'a' + (int)i, size);
		results.pieces[i][size] = '\0';
	}
}

static void
long_results(void **state)
{
	(void)state;
	ask.registration_url = "https://example.org/";
	for (size_t pieces = 1; pieces < AUTHRESULTS_PIECES_MAX; pieces++) {
		for (size_t size = 1; size < AUTHRESULTS_PIECE_SIZE; size++) {
			grow_results(pieces, size);
			pushback_compose(&ask, &reply);
			check_limits();
		}
	}
	assert_non_null(strstr(reply.lines[7], " (cut)"));
	/* What fits into the lines is whole. */
	grow_results(15, 60);
	pushback_compose(&ask, &reply);
	assert_non_null(strstr(reply.lines[reply.count - 3],
	    results.pieces[15]));
}

static void
other_refusals(void **state)
{
	(void)state;
	ask.role = ROLE_DEFENSIVE;
	pushback_compose(&ask, &reply);
	check_limits();
	assert_string_equal(reply.code, "450");
	assert_string_equal(reply.enhanced, "4.7.1");
	ask.action = VERDICT_REJECT;
	ask.role = ROLE_MX;
	ask.registration_url = "https://example.org/";
	pushback_compose(&ask, &reply);
	check_limits();
	assert_string_equal(reply.code, "550");
	assert_string_equal(reply.enhanced, "5.7.1");
	assert_int_equal(reply.count, 3);
	ask.action = VERDICT_DEFER;
	pushback_compose(&ask, &reply);
	check_limits();
	assert_string_equal(reply.code, "451");
}

static void
a_field(void **state)
{
	struct netaddr peer;
	struct iprev iprev = { .status = IPREV_PASS, .count = 1 };
	struct buf field;

	(void)state;
	assert_true(netaddr_parse("192.0.2.25", &peer));
	memcpy(iprev.names[0], "mail.example", 13);
	authresults_init(&results, "mx.example.org");
	authresults_add_iprev(&results, &peer, &iprev);
	buf_init(&field, 4096);
	authresults_field(&results, &field);
	assert_string_equal(buf_cstr(&field),
	    "Authentication-Results: mx.example.org;\r\n"
	    "\tiprev=pass policy.iprev=192.0.2.25 (mail.example)\r\n");
	/* A name that would break the comment is not in it. */
	buf_clear(&field);
	memcpy(iprev.names[0], "a)(b.example", 13);
	authresults_init(&results, "mx.example.org");
	authresults_add_iprev(&results, &peer, &iprev);
	authresults_field(&results, &field);
	assert_null(strchr(buf_cstr(&field), '('));
	buf_done(&field);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup(f, set_up)
	const struct CMUnitTest tests[] = {
		TEST(usual), TEST(with_url), TEST(long_results),
		TEST(other_refusals), TEST(a_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
