/* SPDX-License-Identifier: ISC */
/* RDATA in wire form: each type, its edges, and names that must not pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "resolver/answer.h"
#include "resolver/rdata.h"

static uint8_t store[70000];
static struct rdata r;

/* From a literal, without its NUL. */
#define PARSE(type, wire) \
	rdata_parse(type, (const uint8_t *)wire, sizeof wire - 1, store, &r)

static void
addresses(void **state)
{
	char text[NETADDR_TEXT_SIZE];

	(void)state;
	assert_true(PARSE(DNS_A, "\300\0\2\1"));
	assert_string_equal(netaddr_format(&r.addr, text), "192.0.2.1");
	assert_false(PARSE(DNS_A, "\300\0\2"));
	assert_false(PARSE(DNS_A, "\300\0\2\1\1"));
	assert_true(PARSE(DNS_AAAA, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2"));
	assert_int_equal(r.addr.family, NETADDR_IPV6);
	assert_true(PARSE(DNS_AAAA, "\0\0\0\0\0\0\0\0\0\0\xff\xff\300\0\2\1"));
	assert_int_equal(r.addr.family, NETADDR_IPV4);
	assert_false(PARSE(DNS_AAAA, "\x20\1"));
	assert_false(PARSE(DNS_AAAA, ""));
}

static void
hosts(void **state)
{
	(void)state;
	assert_true(PARSE(DNS_MX, "\0\12\2MX\4Test\0"));
	assert_int_equal(r.preference, 10);
	assert_string_equal(r.name, "mx.test");
	assert_true(PARSE(DNS_MX, "\0\0\0"));	/* null MX, RFC 7505 */
	assert_string_equal(r.name, "");
	assert_true(PARSE(DNS_SRV, "\0\1\0\2\0\31\3mx6\4test\0"));
	assert_int_equal(r.preference, 1);
	assert_int_equal(r.weight, 2);
	assert_int_equal(r.port, 25);
	assert_string_equal(r.name, "mx6.test");
	assert_true(PARSE(DNS_PTR, "\1a\0"));
	assert_string_equal(r.name, "a");
}

static void
bad_names(void **state)
{
	(void)state;
	assert_false(PARSE(DNS_MX, "\0"));
	assert_false(PARSE(DNS_MX, "\0\12"));
	assert_false(PARSE(DNS_MX, "\0\12\2mx"));
	assert_false(PARSE(DNS_MX, "\0\12\2m"));
	assert_false(PARSE(DNS_MX, "\0\12\2mx\0\0"));
	assert_false(PARSE(DNS_PTR, "\300\0"));		/* compressed */
	assert_false(PARSE(DNS_PTR, "\3a.b\0"));
	assert_false(PARSE(DNS_PTR, "\3a b\0"));
	assert_false(PARSE(DNS_PTR, "\3a\nb\0"));
	assert_false(PARSE(DNS_PTR, "\3a\0b\0"));
	assert_false(PARSE(DNS_PTR, "\2\303\244\0"));
}

static void
long_name(void **state)
{
	uint8_t wire[400];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		wire[n++] = 63;
		memset(wire + n, 'a', 63);
		n += 63;
	}
	wire[n++] = 61;
	memset(wire + n, 'b', 61);
	n += 61;
	wire[n++] = 0;
	assert_int_equal(n, 255);
	assert_true(rdata_parse(DNS_PTR, wire, n, store, &r));
	assert_int_equal(strlen(r.name), 253);
	wire[n - 1 - 62] = 62;
	wire[n - 1] = 'b';
	wire[n++] = 0;
	assert_false(rdata_parse(DNS_PTR, wire, n, store, &r));
}

static void
texts(void **state)
{
	(void)state;
	assert_true(PARSE(DNS_TXT, "\3v=s\0\3pf1"));
	assert_int_equal(r.size, 6);
	assert_memory_equal(r.data, "v=spf1", 6);
	assert_true(PARSE(DNS_TXT, "\0"));
	assert_int_equal(r.size, 0);
	assert_false(PARSE(DNS_TXT, ""));
	assert_false(PARSE(DNS_TXT, "\3ab"));
	assert_true(PARSE(DNS_TLSA, "\3\1\1\xab"));
	assert_int_equal(r.size, 4);
	assert_false(PARSE(DNS_TLSA, "\3\1\1"));
	assert_false(PARSE((enum dns_type)2, "\1a\0"));
}

static void
answers(void **state)
{
	struct answer_facts facts = { .ttl_s = 60, .canonical = "Host.TEST." };
	struct answer_wire wires[] = {
		{ (const uint8_t *)"\0\12\2mx", 5 },
		{ (const uint8_t *)"\0\24\2m2\0", 6 },
	};
	struct answer *a = answer_new(DNS_MX, wires, 2, &facts);

	(void)state;
	assert_int_equal(a->status, DNS_OK);
	assert_int_equal(a->count, 1);
	assert_int_equal(a->records[0].preference, 20);
	assert_string_equal(a->records[0].name, "m2");
	assert_string_equal(a->canonical, "host.test");
	answer_free(answer_ref(a));
	answer_free(a);
	a = answer_new(DNS_MX, wires, 1, &facts);
	assert_int_equal(a->status, DNS_FAILED);
	assert_int_equal(a->count, 0);
	answer_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(hosts),
		cmocka_unit_test(bad_names),
		cmocka_unit_test(long_name),
		cmocka_unit_test(texts),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
