/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "util/netaddr.h"

static struct netaddr
addr_of(const char *text)
{
	struct netaddr addr;

	if (!netaddr_parse(text, &addr))
		fail_msg("%s", text);
	return addr;
}

static void
test_parse_and_format(void **state)
{
	static const struct { const char *in, *out; int family; } cases[] = {
		{ "192.0.2.1", "192.0.2.1", 4 },
		{ "2001:DB8:0:0:0::1", "2001:db8::1", 6 },
		{ "[2001:db8::1]", "2001:db8::1", 6 },
		{ "::", "::", 6 },
		{ "::ffff:192.0.2.1", "192.0.2.1", 4 },
		{ "::ffff:c000:201", "192.0.2.1", 4 },
		{ "[::ffff:192.0.2.1]", "192.0.2.1", 4 },
		/* IPv4-compatible and NAT64 forms are real IPv6 */
		{ "::fffe:192.0.2.1", "::fffe:c000:201", 6 },
		{ "64:ff9b::192.0.2.1", "64:ff9b::c000:201", 6 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6 },
	};
	char text[NETADDR_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct netaddr addr = addr_of(cases[i].in);

		assert_string_equal(netaddr_format(&addr, text), cases[i].out);
		assert_int_equal(addr.family, cases[i].family);
		assert_int_equal(netaddr_is_ipv6(&addr), cases[i].family == 6);
		assert_int_equal(addr.port, 0);
	}
}

static void
test_parse_refuses(void **state)
{
	static const char *const bad[] = {
		"", "[", "[]", "[:", "1.2.3", "1.2.3.4.5", "1.2.3.256",
		"01.2.3.4", "1.2.3.4 ", "[1.2.3.4]", "1.2.3.4:25", ":::",
		"2001:db8::1%eth0", "fe80::1%2", "2001:db8::1]", "[2001:db8::1",
		"[[::1]]", "g::", "1:2:3:4:5:6:7:8:9", "localhost", "0x7f.1",
		"2001:db8:0000:0000:0000:0000:0000:00000000000000000000000000"
		"00000000000000001",
	};
	struct netaddr addr;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(netaddr_parse(bad[i], &addr));
}

static void
test_ports(void **state)
{
	static const struct { const char *in, *out; } good[] = {
		{ "192.0.2.1:25", "192.0.2.1:25" },
		{ "192.0.2.1", "192.0.2.1:7" },
		{ "[2001:db8::1]:65535", "[2001:db8::1]:65535" },
		{ "[2001:db8::1]", "[2001:db8::1]:7" },
		{ "2001:db8::1", "[2001:db8::1]:7" },
		{ "2001:db8::25", "[2001:db8::25]:7" },
		{ "::1", "[::1]:7" },
		{ "[::ffff:192.0.2.1]:25", "192.0.2.1:25" },
	};
	static const char *const bad[] = {
		"", ":25", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536",
		"192.0.2.1:25:25", "[::1]:", "[::1]25", "[::1]x:25", "[::1:25",
		"192.0.2.1]:25", "[192.0.2.1]:25", "192.0.2.1:-1", "*:25",
	};
	char text[NETADDR_TEXT_SIZE];
	struct netaddr addr;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(netaddr_parse_port(good[i].in, 7, &addr));
		assert_string_equal(netaddr_format_port(&addr, text),
		    good[i].out);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(netaddr_parse_port(bad[i], 7, &addr));
}

static void
test_other_forms(void **state)
{
	struct netaddr four = addr_of("192.0.2.1");
	struct netaddr six = addr_of("2001:db8::1");
	struct netaddr none = { .family = NETADDR_NONE };
	char text[NETADDR_TEXT_SIZE], name[NETADDR_REVERSE_SIZE];

	(void)state;
	assert_string_equal(netaddr_format_literal(&four, text), "[192.0.2.1]");
	assert_string_equal(netaddr_format_literal(&six, text),
	    "[IPv6:2001:db8::1]");
	assert_string_equal(netaddr_format(&none, text), "none");
	assert_string_equal(netaddr_reverse_name(&four, name),
	    "1.2.0.192.in-addr.arpa");
	assert_string_equal(netaddr_reverse_name(&six, name),
	    "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
	    "ip6.arpa");
}

static void
test_sockaddr(void **state)
{
	struct sockaddr_storage sa;
	struct netaddr addr, back;
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(25),
	};
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct netaddr none = { .family = NETADDR_NONE };

	(void)state;
	assert_true(netaddr_parse_port("192.0.2.1:25", 0, &addr));
	assert_int_equal(netaddr_to_sockaddr(&addr, &sa),
	    sizeof(struct sockaddr_in));
	assert_true(netaddr_from_sockaddr((struct sockaddr *)&sa, &back));
	assert_true(netaddr_equal(&addr, &back));
	assert_int_equal(back.port, 25);
	assert_true(netaddr_parse_port("[2001:db8::1]:25", 0, &addr));
	assert_int_equal(netaddr_to_sockaddr(&addr, &sa),
	    sizeof(struct sockaddr_in6));
	assert_true(netaddr_from_sockaddr((struct sockaddr *)&sa, &back));
	assert_true(netaddr_equal(&addr, &back));
	assert_int_equal(inet_pton(AF_INET6, "::ffff:192.0.2.1",
	    &in6.sin6_addr), 1);
	assert_true(netaddr_from_sockaddr((struct sockaddr *)&in6, &back));
	assert_int_equal(back.family, NETADDR_IPV4);
	assert_int_equal(back.port, 25);
	assert_false(netaddr_from_sockaddr(&other, &back));
	assert_int_equal(netaddr_to_sockaddr(&none, &sa), 0);
	assert_int_equal(sa.ss_family, AF_UNSPEC);
}

static void
test_bytes(void **state)
{
	uint8_t bytes[16] = { 192, 0, 2, 1 };
	struct netaddr addr;

	(void)state;
	assert_true(netaddr_from_bytes(bytes, 4, &addr));
	assert_int_equal(addr.family, NETADDR_IPV4);
	assert_true(netaddr_from_bytes(bytes, 16, &addr));
	assert_int_equal(addr.family, NETADDR_IPV6);
	assert_false(netaddr_from_bytes(bytes, 0, &addr));
	assert_false(netaddr_from_bytes(bytes, 5, &addr));
	assert_false(netaddr_from_bytes(bytes, 12, &addr));
}

static void
test_compare_and_loopback(void **state)
{
	struct netaddr a = addr_of("192.0.2.1"), b = addr_of("192.0.2.2");
	struct netaddr c = addr_of("::1"), d = addr_of("127.255.0.1");
	struct netaddr e = addr_of("::ffff:192.0.2.1"), f = addr_of("::2");
	struct netaddr g = addr_of("::ffff:127.0.0.1");

	(void)state;
	assert_true(netaddr_compare(&a, &b) < 0);
	assert_true(netaddr_compare(&b, &a) > 0);
	assert_true(netaddr_compare(&a, &c) < 0);
	assert_true(netaddr_compare(&c, &b) > 0);
	a.port = 25;
	assert_true(netaddr_equal(&a, &e));
	assert_true(netaddr_is_loopback(&c));
	assert_true(netaddr_is_loopback(&d));
	assert_true(netaddr_is_loopback(&g));
	assert_false(netaddr_is_loopback(&a));
	assert_false(netaddr_is_loopback(&f));
}

static void
test_netblock_parse(void **state)
{
	static const struct { const char *in, *out; } good[] = {
		{ "192.0.2.0/24", "192.0.2.0/24" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1/32", "192.0.2.1" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "128.0.0.0/1", "128.0.0.0/1" },
		{ "2001:db8::/32", "2001:db8::/32" },
		{ "2001:db8::/61", "2001:db8::/61" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "::/0", "::/0" },
		{ "::ffff:192.0.2.0/120", "192.0.2.0/24" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "[2001:db8::]/32", "2001:db8::/32" },
	};
	static const char *const bad[] = {
		"", "/", "/8", "192.0.2.0/", "192.0.2.0/33", "192.0.2.1/24",
		"192.0.2.0/-1", "192.0.2.0/24/24", "2001:db8::/129",
		"2001:db8::1/64", "::ffff:192.0.2.0/24", "::ffff:192.0.2.0/95",
		"192.0.2/24", "192.0.2.0/ 24", "192.0.2.0/255.255.255.0",
	};
	char text[NETADDR_TEXT_SIZE];
	struct netblock block;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(netblock_parse(good[i].in, &block));
		assert_string_equal(netblock_format(&block, text), good[i].out);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(netblock_parse(bad[i], &block));
}

static void
test_netblock_contains(void **state)
{
	static const struct {
		const char *block, *addr;
		bool inside;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.0/25", "192.0.2.128", false },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false },
		{ "::/0", "::ffff:192.0.2.1", false },
		{ "192.0.2.0/24", "::ffff:192.0.2.9", true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "2001:db8::1", "2001:db8::1", true },
		{ "2001:db8::1", "2001:db8::2", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct netaddr addr = addr_of(cases[i].addr);
		struct netblock block;

		assert_true(netblock_parse(cases[i].block, &block));
		assert_int_equal(netblock_contains(&block, &addr),
		    cases[i].inside);
	}
}

static void
test_netblock_of(void **state)
{
	struct netaddr addr;
	char text[NETADDR_TEXT_SIZE];

	(void)state;
	assert_true(netaddr_parse_port("[2001:db8:1:2:ffff::1]:25", 0, &addr));
	for (unsigned bits = 0; bits <= 128; bits++) {
		struct netblock block = netblock_of(&addr, (uint8_t)bits);
		struct netblock again;

		assert_int_equal(block.addr.port, 0);
		assert_true(netblock_contains(&block, &addr));
		assert_true(netblock_parse(netblock_format(&block, text),
		    &again));
		assert_int_equal(again.prefix_bits, bits);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_and_format),
		cmocka_unit_test(test_parse_refuses),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_sockaddr),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_compare_and_loopback),
		cmocka_unit_test(test_netblock_parse),
		cmocka_unit_test(test_netblock_contains),
		cmocka_unit_test(test_netblock_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
