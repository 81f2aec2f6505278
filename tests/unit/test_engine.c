/* SPDX-License-Identifier: ISC */
/* The way of a message through the queue. */
#include "tests/unit/engine_stage.h"

static void
test_accepted_delivered_and_gone(void **state)
{
	(void)state;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(answered, 1);
	assert_string_equal(sent[0].domain, "example.org");
	assert_string_equal(sent[0].head, "Subject: test\r\n\r\nhello\r\n");
	assert_int_equal(rows("1"), 0);
	assert_int_equal(engine.taken.body_bytes, 0);
	assert_int_equal(engine.active, 0);
}

static void
test_recipients_share_a_delivery_by_destination(void **state)
{
	static const char *const addresses[] = {
		"a@one.example", "b@two.example", "c@one.example",
		"d@one.example",
	};

	(void)state;
	submit_to("m1", "ann@example.net", addresses, 4, 0);
	run_until_sent(2);
	assert_string_equal(sent[0].domain, "one.example");
	assert_int_equal(sent[0].rcpts, 3);
	assert_int_equal(sent[1].rcpts, 1);
	assert_int_equal(rows("1"), 0);
}

static void
test_pushed_back_goes_out_again_over_ipv4(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	tried_mx6 = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(2);
	assert_int_equal(sent[0].family, DELIVER_ANY);
	assert_int_equal(sent[1].family, DELIVER_IPV4_ONLY);
	assert_int_equal(rows("1"), 0);
	assert_int_equal(engine.counts.pushed_back, 1);
}

static void
test_forwarded_mail_prefers_ipv4(void **state)
{
	static const char *const address = "joe@example.org";

	(void)state;
	submit_to("m1", "ann@example.net", &address, 1, 1);
	run_until_sent(1);
	assert_int_equal(sent[0].family, DELIVER_IPV4_UNLESS_NONE);
}

static void
test_deferred_waits_its_time(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "450";
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	WAIT_FOR(sent_count == 1);
	run_ms(100);
	assert_int_equal(sent_count, 1);
	assert_int_equal(rows("state=1 AND attempts=1 AND "
	    "due_at BETWEEN unixepoch()+200 AND unixepoch()+400"), 1);
	assert_int_equal(engine.taken.body_bytes, 0);
}

static void
test_a_restart_delivers_what_was_under_way(void **state)
{
	(void)state;
	swallow = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(answered, 1);
	assert_int_equal(rows("state=2"), 1);
	swallow = false;
	end();
	start();
	run_until_sent(2);
	assert_string_equal(sent[1].head, sent[0].head);
	assert_int_equal(rows("1"), 0);
}

static void
test_a_lost_delivery_process_counts_no_attempt(void **state)
{
	(void)state;
	swallow = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	ipc_door_close(doors[0]);
	doors[0] = doors[--door_count];
	run_ms(50);
	assert_int_equal(rows("state=1 AND due_at>unixepoch() AND "
	    "due_at<unixepoch()+20 AND attempts=0"), 1);
	assert_int_equal(rows("id IN (SELECT recipient FROM attempt)"), 0);
	assert_int_equal(engine.active, 0);
	connect_peer(engine.deliver, &deliver_service);
}

static void
test_the_same_id_twice_is_refused(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	submit("m1", "ann@example.net", "joe@example.org");
	submit("m2", "ann@example.net", "joe@example.org");
	run_until_sent(2);
	assert_int_equal(answered, 2);
	assert_int_equal(refused_trouble, 1);
}

/* MX6.md, Sender, 4: after a restart, and after a 4xx over IPv4. */
static void
test_a_push_back_is_kept_for_good(void **state)
{
	(void)state;
	keep = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(sent[0].family, DELIVER_ANY);
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	answer_kept(0);
	run_until_sent(2);
	assert_int_equal(sent[1].family, DELIVER_IPV4_ONLY);
	end();
	start();
	run_until_sent(3);
	assert_int_equal(sent[2].family, DELIVER_IPV4_ONLY);
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_kept(2);
	run_ms(30);
	act(ACTION_RETRY, "example.org");
	run_until_sent(4);
	assert_int_equal(sent[3].family, DELIVER_IPV4_ONLY);
}

/* What the queue does not know for certain it does not act upon. */
static void
test_a_push_back_that_was_not_booked_is_forgotten(void **state)
{
	(void)state;
	keep = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	answer_kept(0);
	end();
	start();
	run_until_sent(2);
	assert_int_equal(sent[1].family, DELIVER_ANY);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(test_accepted_delivered_and_gone),
		T(test_recipients_share_a_delivery_by_destination),
		T(test_pushed_back_goes_out_again_over_ipv4),
		T(test_forwarded_mail_prefers_ipv4),
		T(test_deferred_waits_its_time),
		T(test_a_restart_delivers_what_was_under_way),
		T(test_a_lost_delivery_process_counts_no_attempt),
		T(test_the_same_id_twice_is_refused),
		T(test_a_push_back_is_kept_for_good),
		T(test_a_push_back_that_was_not_booked_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
