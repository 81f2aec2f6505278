/* SPDX-License-Identifier: ISC */
/* Attempts: which answers end a recipient, and what is tried next. */

#include <fcntl.h>
#include <sys/mman.h>

#include "tests/unit/attempt_stage.h"
#include "tests/unit/few_descriptors.h"

#define PUSH_BACK	"550-5.5.64 fall back to IPv4\r\n550 5.5.64 please"

static void
test_willing(void **state)
{
	(void)state;
	send_one("both.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX6_IPV6);
	assert_string_equal(results[0].remote, "mx6.both.test");
	assert_string_equal(six->last, "Subject: x\r\n\r\n..dot\r\nend");
	assert_true(mx6_tried);
	assert_false(mx6_pushed_back);
}

static void
test_unwilling(void **state)
{
	(void)state;
	six->dot_reply = PUSH_BACK;
	send_one("both.test", DELIVER_ANY);
	expect(0, OUTCOME_PUSHED_BACK, "550", "fd00::1", VIA_MX6_IPV6);
	assert_true(mx6_tried);
	assert_true(mx6_pushed_back);
	assert_int_equal(four->connections, 0);
	send_one("both.test", DELIVER_IPV4_ONLY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX6_IPV4);
	assert_int_equal(six->connections, 1);
	assert_false(mx6_tried);
}

/* Exactly those that have no final answer yet. */
static void
test_unwilling_mixed(void **state)
{
	static const char *const rcpts[] = {
		"a@both.test", "no@both.test", "later@both.test",
	};

	(void)state;
	six->dot_reply = PUSH_BACK;
	send_to("both.test", DELIVER_ANY, rcpts, 3);
	expect(0, OUTCOME_PUSHED_BACK, "550", "fd00::1", VIA_MX6_IPV6);
	expect(1, OUTCOME_FAILED, "550", "fd00::1", VIA_MX6_IPV6);
	assert_string_equal(results[1].enhanced, "5.1.1");
	expect(2, OUTCOME_PUSHED_BACK, "550", "fd00::1", VIA_MX6_IPV6);
	assert_int_equal(four->connections, 0);
}

static void
test_unaware(void **state)
{
	(void)state;
	six->dot_reply = PUSH_BACK;
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_FAILED, "550", "fd00::1", VIA_MX_IPV6);
	assert_false(mx6_pushed_back);
	assert_int_equal(four->connections, 0);
}

static void
test_push_back_over_ipv4_fails(void **state)
{
	(void)state;
	four->dot_reply = PUSH_BACK;
	send_one("both.test", DELIVER_IPV4_ONLY);
	expect(0, OUTCOME_FAILED, "550", "127.0.0.1", VIA_MX6_IPV4);
}

static void
test_defensive(void **state)
{
	(void)state;
	six->dot_reply = "450 4.7.1 fall back to IPv4";
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(six->connections, 1);
}

static void
test_4xx_over_mx6(void **state)
{
	(void)state;
	six->dot_reply = "451 4.3.0 trouble";
	four->greeting = "421 4.3.2 busy";
	send_one("both.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.2", VIA_MX_IPV4);
	assert_false(mx6_pushed_back);
}

static void
test_4xx_over_ipv4_ends(void **state)
{
	(void)state;
	four->dot_reply = "451 4.3.0 trouble";
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DEFERRED, "451", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(four2->connections, 0);
}

static void
test_421_goes_on(void **state)
{
	(void)state;
	four->greeting = "421 4.3.2 busy";
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.2", VIA_MX_IPV4);
}

static void
test_greeting_554_goes_on(void **state)
{
	(void)state;
	four->greeting = "554 5.7.1 go away";
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.2", VIA_MX_IPV4);
}

static void
test_all_busy(void **state)
{
	(void)state;
	four->greeting = four2->greeting = "421 4.3.2 busy";
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DEFERRED, "421", "127.0.0.2", VIA_MX_IPV4);
}

static void
test_unreachable_address(void **state)
{
	(void)state;
	send_one("dead.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
}

static void
test_uncertain_waits(void **state)
{
	(void)state;
	six->dies_after_dot = true;
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_UNCERTAIN, "", "fd00::1", VIA_MX_IPV6);
	assert_int_equal(four->connections, 0);
	/* Its retry: the same address would swallow it again and again. */
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
}

/* The kernel takes little, so the dot waits with us when the server dies. */
static void
test_a_dot_that_never_left_is_no_doubt(void **state)
{
	static const char *const one[] = { "you@there.test" };
	static const char small[] = "4096 8192 8192";
	static char body[200000];
	int file = memfd_create("body", MFD_CLOEXEC);
	int limit = open("/proc/sys/net/ipv4/tcp_wmem", O_WRONLY);

	(void)state;
	if (limit == -1 || write(limit, small, sizeof small - 1) < 0) {
		print_message("the namespace's buffers cannot be set\n");
		skip();
	}
	close(limit);
	memset(body, 'x', sizeof body);
	for (size_t i = 98; i < sizeof body; i += 100)
		memcpy(body + i, "\r\n", 2);
	assert_int_equal(write(file, body, sizeof body), sizeof body);
	six->dies_in_body = true;
	answers = 0;
	send_file("plain.test", DELIVER_ANY, file, sizeof body, one, 1);
	run_until(1);
	close(file);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(six->connections, 1);
}

static void
test_out_of_descriptors_is_not_the_server_s_fault(void **state)
{
	(void)state;
	allow_descriptors(0);
	send_one("plain.test", DELIVER_ANY);
	allow_all_descriptors();
	expect(0, OUTCOME_DEFERRED, "", "127.0.0.1", VIA_MX_IPV4);
	assert_non_null(strstr(results[0].text, "Too many open files"));
	/* Neither address counts as dead: the first comes first. */
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX_IPV6);
}

static void
test_null_mx(void **state)
{
	(void)state;
	send_one("null.test", DELIVER_ANY);
	expect(0, OUTCOME_FAILED, "", "none", VIA_NONE);
	assert_string_equal(results[0].enhanced, "5.1.10");
}

/* 452 4.5.3 means another transaction in the same session. */
static void
test_too_many_rcpts(void **state)
{
	static const char *rcpts[25];

	(void)state;
	for (size_t i = 0; i < 25; i++)
		rcpts[i] = "you@there.test";
	four->rcpts_max = 10;
	send_to("four.test", DELIVER_ANY, rcpts, 25);
	for (uint32_t i = 0; i < 25; i++)
		expect(i, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(four->connections, 1);
	assert_int_equal(four->messages, 3);
	assert_int_equal(four->rcpts, 25);
}

/* One is delivered over IPv6, one failed, one goes on to IPv4. */
static void
test_mixed_over_ipv6(void **state)
{
	static const char *const rcpts[] = {
		"a@x.test", "no@x.test", "later@x.test",
	};

	(void)state;
	send_to("plain.test", DELIVER_ANY, rcpts, 3);
	expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX_IPV6);
	expect(1, OUTCOME_FAILED, "550", "fd00::1", VIA_MX_IPV6);
	expect(2, OUTCOME_DEFERRED, "450", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(four->connections, 1);
	assert_int_equal(four->messages, 0);
}

/* DNS answers are in lower case; so must be what they are compared with. */
static void
test_own_name_in_capitals(void **state)
{
	struct config capitals = config;
	char name[] = "MX.Us.Test";
	struct setup *setup;

	(void)state;
	capitals.hostname = name;
	setup = setup_new(&capitals);
	assert_string_equal(setup->self.names[0], "mx.us.test");
	setup_drop(setup);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_willing), T(test_unwilling), T(test_unwilling_mixed),
		T(test_unaware), T(test_push_back_over_ipv4_fails),
		T(test_defensive), T(test_4xx_over_mx6),
		T(test_4xx_over_ipv4_ends), T(test_421_goes_on),
		T(test_greeting_554_goes_on), T(test_all_busy),
		T(test_unreachable_address), T(test_uncertain_waits),
		T(test_out_of_descriptors_is_not_the_server_s_fault),
		T(test_a_dot_that_never_left_is_no_doubt),
		T(test_null_mx), T(test_too_many_rcpts),
		T(test_mixed_over_ipv6), T(test_own_name_in_capitals),
	};

	return run_on_stage(tests, sizeof tests / sizeof tests[0]);
}
