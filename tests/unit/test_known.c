/* SPDX-License-Identifier: ISC */
/* The caches before the lists. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/known.h"

static struct netaddr
addr_of(const char *text)
{
	struct netaddr addr;

	assert_true(netaddr_parse(text, &addr));
	return addr;
}

/* The four octets of an IPv4 address also begin an IPv6 address. */
static void
families_are_kept_apart(void **state)
{
	const char *row[2] = { "42.1.0.4", "" };
	const struct netaddr four = addr_of("42.1.0.4"),
	    six = addr_of("2a01:4::"), mapped = addr_of("::ffff:42.1.0.4");
	char path[64], why[LISTS_WHY_SIZE];
	struct lists *lists;
	struct known *known;

	(void)state;
	snprintf(path, sizeof path, "/tmp/test_known.%ld.db", (long)getpid());
	unlink(path);
	lists = lists_open(path, 1000, why);
	assert_non_null(lists);
	assert_int_equal(lists_add(lists, LISTS_WHITELIST, row, 2,
	    why), LISTS_OK);
	known = known_new(lists);
	assert_int_equal(known_whitelisted(known, &four, 1), LIST_YES);
	assert_int_equal(known_whitelisted(known, &six, 1), LIST_NO);
	assert_int_equal(known_whitelisted(known, &mapped, 1), LIST_YES);
	known_free(known);
	lists_close(lists);
	unlink(path);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_are_kept_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
