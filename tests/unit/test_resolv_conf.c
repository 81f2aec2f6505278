/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "resolver/resolv_conf.h"

static void
servers(void **state)
{
	static const char text[] =
	    "# nameserver 192.0.2.9\n"
	    "search example.org\n"
	    "nameserver 192.0.2.1\n"
	    "nameserver\t2001:db8::1 # two\r\n"
	    "nameserver fe80::1%eth0\n"
	    "nameserver nonsense\n"
	    "nameservers 192.0.2.8\n"
	    "nameserver ::1";
	struct netaddr addrs[RESOLV_CONF_SERVERS_MAX];
	char line[NETADDR_TEXT_SIZE];

	(void)state;
	assert_int_equal(resolv_conf_parse(text, sizeof text - 1, addrs), 3);
	assert_string_equal(netaddr_format_port(&addrs[0], line),
	    "192.0.2.1:53");
	assert_string_equal(netaddr_format_port(&addrs[1], line),
	    "[2001:db8::1]:53");
	assert_string_equal(netaddr_format_port(&addrs[2], line), "[::1]:53");
}

static void
at_most_so_many(void **state)
{
	char text[1024] = "";
	struct netaddr addrs[RESOLV_CONF_SERVERS_MAX];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 20; i++, n += 15)
		memcpy(text + n, "nameserver ::1\n", 15);
	assert_int_equal(resolv_conf_parse(text, n, addrs),
	    RESOLV_CONF_SERVERS_MAX);
	assert_int_equal(resolv_conf_parse("", 0, addrs), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers),
		cmocka_unit_test(at_most_so_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
