/* SPDX-License-Identifier: ISC */
/* Connection counts that several processes share. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "smtpd/limits.h"

static const struct config config = {
	.connections_max = 6,
	.connections_per_address = 2,
	.connections_per_network = 3,
};

static int
make_shared(void **state)
{
	static int fd;

	fd = memfd_create("limits", MFD_CLOEXEC);
	*state = &fd;
	return fd < 0 || ftruncate(fd, (off_t)limits_shared_size()) != 0;
}

static int
drop_shared(void **state)
{
	return close(*(int *)*state);
}

static struct netaddr
addr(const char *text)
{
	struct netaddr a;

	assert_true(netaddr_parse(text, &a));
	return a;
}

static void
counts_over_processes(void **state)
{
	int fd = *(int *)*state;
	struct limits *a = limits_open(fd, 0, 2), *b = limits_open(fd, 1, 2);
	struct netaddr one = addr("192.0.2.1"), two = addr("192.0.2.2");

	assert_int_equal(limits_enter(a, &one, &config), LIMITS_OK);
	assert_int_equal(limits_enter(b, &one, &config), LIMITS_OK);
	assert_int_equal(limits_enter(a, &one, &config), LIMITS_ADDRESS);
	assert_int_equal(limits_enter(b, &one, &config), LIMITS_ADDRESS);
	assert_int_equal(limits_enter(b, &two, &config), LIMITS_OK);
	limits_leave(b, &one);
	assert_int_equal(limits_enter(a, &one, &config), LIMITS_OK);
	limits_close(a);
	limits_close(b);
}

static void
network_of_ipv6(void **state)
{
	struct limits *l = limits_open(*(int *)*state, 0, 1);
	struct netaddr a = addr("2001:db8::1"), b = addr("2001:db8::2"),
	    c = addr("2001:db8:0:0:ff::3"), d = addr("2001:db8:0:1::1");

	assert_int_equal(limits_enter(l, &a, &config), LIMITS_OK);
	assert_int_equal(limits_enter(l, &a, &config), LIMITS_OK);
	assert_int_equal(limits_enter(l, &a, &config), LIMITS_ADDRESS);
	assert_int_equal(limits_enter(l, &b, &config), LIMITS_OK);
	assert_int_equal(limits_enter(l, &c, &config), LIMITS_NETWORK);
	assert_int_equal(limits_enter(l, &d, &config), LIMITS_OK);
	limits_close(l);
}

static void
all_and_a_successor(void **state)
{
	int fd = *(int *)*state;
	struct limits *l = limits_open(fd, 0, 1);

	for (uint8_t i = 0; i < 6; i++) {
		struct netaddr a = addr("198.51.100.0");

		a.bytes[3] = i;
		assert_int_equal(limits_enter(l, &a, &config), LIMITS_OK);
	}
	assert_int_equal(limits_enter(l, &(struct netaddr){ .family = 4 },
	    &config), LIMITS_ALL);
	limits_close(l);	/* as one that was killed: it never left */
	l = limits_open(fd, 0, 1);
	assert_int_equal(limits_enter(l, &(struct netaddr){ .family = 4 },
	    &config), LIMITS_OK);
	limits_close(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counts_over_processes,
		    make_shared, drop_shared),
		cmocka_unit_test_setup_teardown(network_of_ipv6,
		    make_shared, drop_shared),
		cmocka_unit_test_setup_teardown(all_and_a_successor,
		    make_shared, drop_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
