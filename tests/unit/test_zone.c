/* SPDX-License-Identifier: ISC */
/* Zone files: what they say, what they answer, and how errors are named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "resolver/zone.h"

static const char text[] =
    "; the example of MX6\n"
    "$ORIGIN with6.test.\n"
    "$TTL 1m\n"
    "@\tIN SOA ns.test. root.test. ( 1 2 3\n"
    "\t\t4 5 ) ; over two lines\n"
    "\tMX 0 mx\n"
    "\tTXT \"v=spf1 \" \"-all; \\\"x\\\" \\065\"\n"
    "mx 30 IN A 192.0.2.2\n"
    "mx AAAA ::ffff:192.0.2.3\n"
    "_mx6._tcp SRV 0 0 25 MX6\n"
    "MX6 AAAA 2001:db8::2\n"
    "mx6 A 192.0.2.2\n"
    "_25._tcp.mx6 TLSA 3 1 1 abcd ef01\n"
    "alias CNAME mx\n"
    "alias2 CNAME alias\n"
    "loop CNAME loop\n"
    "away CNAME nowhere.test.\n"
    "*.wild A 192.0.2.9\n"
    "there.wild TXT x\n"
    "1.2.0.192.in-addr.arpa. PTR mx.with6.test.\n"
    "broken SERVFAIL\n"
    "half SERVFAIL A\n"
    "half AAAA 2001:db8::3\n"
    "silent TIMEOUT\n"
    "forged BOGUS\n"
    "nullmx MX 0 .\n"
    "$SECURE on\n"
    "safe A 192.0.2.4\n"
    "$SECURE off\n";

static struct zone *
parse(const char *from)
{
	char error[ZONE_ERROR_SIZE];
	struct zone *z = zone_parse(from, strlen(from), "lab.zone", error);

	if (z == NULL)
		fail_msg("%s", error);
	return z;
}

static struct zone *zone;
static struct answer *a;

static void
ask(enum dns_type type, const char *name, enum dns_status status, size_t count)
{
	answer_free(a);
	a = zone_lookup(zone, type, name);
	assert_non_null(a);
	assert_int_equal(a->status, status);
	assert_int_equal(a->count, count);
}

static void
records(void **state)
{
	(void)state;
	ask(DNS_MX, "with6.test", DNS_OK, 1);
	assert_string_equal(a->records[0].name, "mx.with6.test");
	assert_int_equal(a->ttl_s, 60);
	assert_false(a->secure);
	ask(DNS_TXT, "with6.test", DNS_OK, 1);
	assert_int_equal(a->records[0].size, 18);
	assert_memory_equal(a->records[0].data, "v=spf1 -all; \"x\" A", 18);
	ask(DNS_A, "mx.with6.test", DNS_OK, 1);
	assert_int_equal(a->ttl_s, 30);
	ask(DNS_AAAA, "mx.with6.test", DNS_OK, 1);
	assert_int_equal(a->records[0].addr.family, NETADDR_IPV4);
	ask(DNS_SRV, "_mx6._tcp.with6.test", DNS_OK, 1);
	assert_string_equal(a->records[0].name, "mx6.with6.test");
	assert_int_equal(a->records[0].port, 25);
	ask(DNS_TLSA, "_25._tcp.mx6.with6.test", DNS_OK, 1);
	assert_memory_equal(a->records[0].data, "\3\1\1\xab\xcd\xef\1", 7);
	ask(DNS_PTR, "1.2.0.192.in-addr.arpa", DNS_OK, 1);
	ask(DNS_MX, "nullmx.with6.test", DNS_OK, 1);
	assert_string_equal(a->records[0].name, "");
	ask(DNS_A, "safe.with6.test", DNS_OK, 1);
	assert_true(a->secure);
}

static void
denials(void **state)
{
	(void)state;
	ask(DNS_AAAA, "with6.test", DNS_NODATA, 0);
	ask(DNS_A, "_tcp.with6.test", DNS_NODATA, 0);
	ask(DNS_A, "test", DNS_NODATA, 0);
	ask(DNS_A, "nowhere.with6.test", DNS_NXDOMAIN, 0);
	ask(DNS_A, "x.mx.with6.test", DNS_NXDOMAIN, 0);
	ask(DNS_A, "h6.test", DNS_NXDOMAIN, 0);
	ask(DNS_A, "", DNS_NXDOMAIN, 0);
	assert_int_equal(a->ttl_s, 60);
}

static void
aliases(void **state)
{
	(void)state;
	ask(DNS_A, "alias2.with6.test", DNS_OK, 1);
	assert_string_equal(a->canonical, "mx.with6.test");
	ask(DNS_MX, "alias.with6.test", DNS_NODATA, 0);
	ask(DNS_A, "away.with6.test", DNS_NXDOMAIN, 0);
	assert_string_equal(a->canonical, "nowhere.test");
	ask(DNS_A, "loop.with6.test", DNS_FAILED, 0);
	ask(DNS_A, "mx.with6.test", DNS_OK, 1);
	assert_string_equal(a->canonical, "");
}

static void
wildcards(void **state)
{
	(void)state;
	ask(DNS_A, "any.wild.with6.test", DNS_OK, 1);
	ask(DNS_A, "a.b.wild.with6.test", DNS_OK, 1);
	ask(DNS_AAAA, "any.wild.with6.test", DNS_NODATA, 0);
	ask(DNS_A, "there.wild.with6.test", DNS_NODATA, 0);
	ask(DNS_A, "x.there.wild.with6.test", DNS_NXDOMAIN, 0);
}

static void
trouble(void **state)
{
	(void)state;
	ask(DNS_A, "broken.with6.test", DNS_FAILED, 0);
	ask(DNS_A, "half.with6.test", DNS_FAILED, 0);
	ask(DNS_AAAA, "half.with6.test", DNS_OK, 1);
	ask(DNS_A, "forged.with6.test", DNS_BOGUS, 0);
	assert_null(zone_lookup(zone, DNS_A, "silent.with6.test"));
}

static void
errors(void **state)
{
	static const char *const cases[][2] = {
		{ "\n\nx A 192.0.2\n", "lab.zone:3: this is not an IPv4" },
		{ " A 192.0.2.1\n", "lab.zone:1: the first record has no" },
		{ "x\n", "lab.zone:1: the type is missing" },
		{ "x MX mx\n", "lab.zone:1: MX PREFERENCE HOST" },
		{ "x MX 65536 mx\n", "lab.zone:1: a number from 0 to 65535" },
		{ "x HINFO a b\n", "lab.zone:1: this type is not known" },
		{ "\nx TXT \"a\n", "lab.zone:2: the closing quote" },
		{ "x TXT ( a\n\n", "lab.zone:3: the closing parenthesis" },
		{ "x TXT )\n", "lab.zone:1: a closing parenthesis" },
		{ "x TXT \\3\n", "lab.zone:1: a backslash wants three" },
		{ "x TXT \\999\n", "lab.zone:1: an octet is at most" },
		{ "x TXT (\na\n) \\\n", "lab.zone:3: nothing behind" },
		{ "x..y A 192.0.2.1\n", "lab.zone:1: the name has an empty" },
		{ "x!y A 192.0.2.1\n", "lab.zone:1: the name has a char" },
		{ "$INCLUDE x\n", "lab.zone:1: only $ORIGIN" },
		{ "$TTL\n", "lab.zone:1: a directive has one value" },
		{ "$TTL 1y\n", "lab.zone:1: the time should be like" },
		{ "x TLSA 3 1 1 abc\n", "lab.zone:1: pairs of hex" },
		{ "x SERVFAIL A B\n", "lab.zone:1: behind it at most" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char error[ZONE_ERROR_SIZE] = "";

		assert_null(zone_parse(cases[i][0], strlen(cases[i][0]),
		    "lab.zone", error));
		if (strncmp(error, cases[i][1], strlen(cases[i][1])) != 0)
			fail_msg("%s, not %s", error, cases[i][1]);
	}
}

static void
without_final_newline(void **state)
{
	struct zone *z = parse("x. A 192.0.2.1");
	struct answer *found = zone_lookup(z, DNS_A, "x");

	(void)state;
	assert_int_equal(found->status, DNS_OK);
	answer_free(found);
	zone_free(z);
}

static int
set_up(void **state)
{
	(void)state;
	zone = parse(text);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	a = answer_free(a);
	zone = zone_free(zone);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(denials),
		cmocka_unit_test(aliases),
		cmocka_unit_test(wildcards),
		cmocka_unit_test(trouble),
		cmocka_unit_test(errors),
		cmocka_unit_test(without_final_newline),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
