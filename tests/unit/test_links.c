/* SPDX-License-Identifier: ISC */
/* Sessions of attempts: shared, closed, without TLS, over LMTP, traced. */

#include <sys/mman.h>

#include "tests/unit/attempt_stage.h"

static void
test_reuse(void **state)
{
	int asked;

	(void)state;
	send_one("both.test", DELIVER_ANY);
	assert_false(reused);
	asked = lookups;
	for (int i = 0; i < 10; i++) {
		send_one("both.test", DELIVER_ANY);
		expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX6_IPV6);
		assert_true(reused);
	}
	assert_int_equal(lookups, asked);
	assert_int_equal(six->connections, 1);
	assert_int_equal(six->messages, 11);
}

static void
test_reuse_has_an_end(void **state)
{
	(void)state;
	config.connection_messages = 3;
	set_up(NULL);
	for (int i = 0; i < 7; i++)
		send_one("four.test", DELIVER_ANY);
	assert_int_equal(four->connections, 3);
	config.connection_messages = 100;
}

/* A session that the server closed while it rested is not its failure. */
static void
test_reuse_of_a_closed_one(void **state)
{
	(void)state;
	four->dies_after_message = true;
	for (int i = 0; i < 4; i++) {
		send_one("four.test", DELIVER_ANY);
		expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	}
	assert_int_equal(four->connections, 4);
	assert_int_equal(four2->connections, 0);
}

/* An address of both domains: found by SRV here, by MX there. */
static void
test_never_shared(void **state)
{
	(void)state;
	send_one("both.test", DELIVER_ANY);
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX_IPV6);
	assert_int_equal(six->connections, 2);
	send_one("both.test", DELIVER_IPV4_ONLY);
	send_one("both.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX6_IPV6);
	assert_int_equal(six->connections, 2);
}

static void
test_broken_tls(void **state)
{
	(void)state;
	four->broken_tls = true;
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(four->connections, 2);
	assert_int_equal(four2->connections, 0);
}

static void
test_broken_tls_required(void **state)
{
	(void)state;
	config.tls = TLS_REQUIRED;
	set_up(NULL);
	four->broken_tls = true;
	send_one("four.test", DELIVER_ANY);
	assert_int_equal(results[0].outcome, OUTCOME_DEFERRED);
	assert_int_equal(four->connections, 1);
	assert_int_equal(four->messages + four2->messages, 0);
	config.tls = TLS_OPPORTUNISTIC;
}

static void
test_file_body(void **state)
{
	static const char *const one[] = { "you@there.test" };
	char body[300000];
	int file = memfd_create("body", MFD_CLOEXEC);

	(void)state;
	for (size_t i = 0; i < sizeof body; i += 100) {
		memset(body + i, 'x', 98);
		memcpy(body + i + 98, "\r\n", 2);
	}
	assert_int_equal(write(file, body, sizeof body), sizeof body);
	answers = 0;
	send_file("four.test", DELIVER_ANY, file, sizeof body, one, 1);
	run_until(1);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	close(file);
}

static void
test_many_at_once(void **state)
{
	static const char *const one[] = { "you@there.test" };

	(void)state;
	answers = 0;
	for (int i = 0; i < 20; i++)
		send_file("both.test", DELIVER_ANY, -1, 0, one, 1);
	run_until(20);
	assert_int_equal(six->messages, 20);
	assert_true(lookups <= 6);	/* all waited for one plan */
	answers = 0;
	for (int i = 0; i < 200; i++)
		send_file("both.test", DELIVER_ANY, -1, 0, one, 1);
	run_until(200);
	assert_int_equal(six->messages, 220);
}

static void
test_lmtp(void **state)
{
	static const char *const rcpts[] = {
		"a@us.test", "no@us.test", "later@us.test", "b@us.test",
	};

	(void)state;
	as_lmtp = true;
	for (int i = 0; i < 2; i++) {
		send_to("unix:/run/lmtp", DELIVER_ANY, rcpts, 4);
		assert_int_equal(reused, i > 0);
		expect(0, OUTCOME_DELIVERED, "250", "none", VIA_LMTP);
		expect(1, OUTCOME_FAILED, "550", "none", VIA_LMTP);
		expect(2, OUTCOME_DEFERRED, "450", "none", VIA_LMTP);
		expect(3, OUTCOME_DELIVERED, "250", "none", VIA_LMTP);
	}
	assert_int_equal(lmtp->connections, 1);
	assert_string_equal(results[0].remote, "unix:/run/lmtp");
	send_to("unix:/nowhere", DELIVER_ANY, rcpts, 1);
	as_lmtp = false;
	expect(0, OUTCOME_DEFERRED, "", "none", VIA_LMTP);
	assert_non_null(strstr(results[0].text, "no such server"));
}

/* ---- the trace ---- */

static int seen_mail, seen_push;

static void
on_trace(void *arg, struct trace_batch *batch)
{
	struct trace_line line;

	(void)arg;
	while (trace_batch_next(batch, &line)) {
		assert_string_equal(line.peer, "[fd00::1]:2525");
		seen_mail += line.direction[0] == '>' &&
		    starts(line.text, "MAIL FROM:<from@us.test>");
		seen_push += line.direction[0] == '<' &&
		    starts(line.text, "550 5.5.64");
	}
}

static void
test_trace(void **state)
{
	(void)state;
	six->dot_reply = "550-5.5.64 fall back\r\n550 5.5.64 to IPv4";
	trace_read("fd00::/16", 0, 1000, on_trace, NULL);
	send_one("both.test", DELIVER_ANY);
	send_one("both.test", DELIVER_IPV4_ONLY);
	for (int i = 0; i < 1000 && seen_mail == 0; i++)
		uv_run(&loop, UV_RUN_ONCE);
	trace_read("fd00::/16", 2, 0, on_trace, NULL);
	assert_true(seen_mail > 0);
	assert_true(seen_push > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_reuse), T(test_reuse_has_an_end),
		T(test_reuse_of_a_closed_one), T(test_never_shared),
		T(test_broken_tls), T(test_broken_tls_required),
		T(test_file_body), T(test_many_at_once), T(test_lmtp),
		T(test_trace),
	};

	return run_on_stage(tests, sizeof tests / sizeof tests[0]);
}
