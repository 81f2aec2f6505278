/* SPDX-License-Identifier: ISC */
/* Bounces and warnings: told once, to whom, and never lost. */
#include "tests/unit/engine_stage.h"

static void
test_a_failure_bounces_to_a_local_sender(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	answer_with.enhanced = "5.1.1";
	answer_with.text = "no such user";
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(2);
	assert_int_equal(stored_count, 1);
	assert_string_equal(sent[1].first, "ann@example.net");
	assert_string_equal(sent[1].sender, "");
	assert_non_null(strstr(sent[1].head,
	    "mx.example.org said: 550 5.1.1 no such user"));
	assert_int_equal(rows("1"), 0);
}

static void
test_never_a_bounce_for_a_bounce(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_FAILED;
	submit("m1", "", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(rows("1"), 0);
	route_status = RECIPIENT_UNKNOWN;
	submit("m2", "nobody@example.net", "joe@example.org");
	run_until_sent(2);
	WAIT_FOR(sent_count == 2);
	run_ms(50);
	assert_int_equal(sent_count, 2);
	assert_int_equal(rows("1"), 0);
}

static void
test_one_bounce_for_all_that_failed(void **state)
{
	static const char *const addresses[] = {
		"a@one.example", "b@two.example", "c@three.example",
	};

	(void)state;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit_to("m1", "ann@example.net", addresses, 3, 0);
	run_until_sent(4);
	WAIT_FOR(sent_count == 4);
	run_ms(50);
	assert_int_equal(sent_count, 4);
	for (int i = 0; i < 3; i++)
		assert_non_null(strstr(sent[3].head, addresses[i]));
	assert_int_equal(rows("1"), 0);
}

static void
test_expired_bounces(void **state)
{
	(void)state;
	config->expire_after = 0;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "450";
	answer_with.text = "later";
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(2);
	assert_non_null(strstr(sent[1].head, "given up after repeated"));
	assert_int_equal(rows("1"), 0);
}

static void
test_delay_is_told_once(void **state)
{
	(void)state;
	config->warn_after = 1;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "450";
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(store_exec(engine.store, "UPDATE message SET "
	    "warn_at=1; UPDATE recipient SET due_at=1; UPDATE waiting SET "
	    "due_at=1"), STORE_OK);
	engine_wake(&engine, 1);
	run_until_sent(3);
	assert_non_null(strstr(sent[2].head, "Subject: Delayed mail"));
	assert_int_equal(rows("state=1"), 1);
	assert_int_equal(store_exec(engine.store, "UPDATE recipient SET "
	    "due_at=1; UPDATE waiting SET due_at=1"), STORE_OK);
	engine_wake(&engine, 1);
	run_until_sent(4);
	WAIT_FOR(sent_count == 4);
	run_ms(50);
	assert_int_equal(sent_count, 4);
}

/* The operator holds a bounce while policy is asked where it goes. */
static void
test_a_held_bounce_stays_held(void **state)
{
	(void)state;
	keep_route = true;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit("m1", "ann@example.net", "joe@one.example");
	WAIT_FOR(kept_route != NULL);
	assert_non_null(kept_route);
	act(ACTION_HOLD, "example.net");
	assert_int_equal(acted, 1);
	answer_route(kept_route, "ann@example.net");
	keep_route = false;
	WAIT_FOR(engine.active == 0);
	run_ms(50);
	assert_int_equal(stored_count, 0);
	assert_int_equal(rows("state=3"), 1);
	act(ACTION_RELEASE, "example.net");
	WAIT_FOR(stored_count == 1);
	run_ms(30);
	assert_int_equal(stored_count, 1);
	assert_int_equal(rows("1"), 0);
}

static void
test_a_bounce_goes_to_all_targets(void **state)
{
	(void)state;
	route_targets = 2;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit("m1", "ann@example.net", "joe@one.example");
	run_until_sent(3);
	assert_int_equal(stored_count, 2);
	assert_int_equal(rows("1"), 0);
}

static void
test_a_target_without_a_destination_loses_no_bounce(void **state)
{
	static char path[DESTINATION_SIZE + 10];

	(void)state;
	memset(path, 'x', sizeof path - 1);
	route_path = path;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit("m1", "ann@example.net", "joe@one.example");
	WAIT_FOR(rows("attempts=1") == 1);
	assert_int_equal(rows("state=1 AND attempts=1"), 1);
	assert_int_equal(rows("1"), 1);
}

/* Five that are never answered fill the window of two.example, so that what
 * comes next for it waits in memory; one.example has answered. */
static void
stage_one_answered_one_waiting(void)
{
	static const char *const both[] = { "joe@one.example",
	    "joe@two.example" };
	char name[20];

	swallow = true;
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof name, "w%d", i);
		submit(name, "ann@example.net", "joe@two.example");
	}
	run_until_sent(5);
	swallow = false;
	submit_to("m", "ann@example.net", both, 2, 0);
	run_until_sent(6);
	assert_string_equal(sent[5].domain, "one.example");
}

static void
withdraw_the_rest(enum queue_action action)
{
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	stage_one_answered_one_waiting();
	assert_int_equal(stored_count, 0);
	act(action, "two.example");
	ipc_door_close(doors[0]);
	doors[0] = doors[--door_count];
	WAIT_FOR(stored_count == 1);
	run_ms(50);
	assert_int_equal(stored_count, 1);
	assert_int_equal(rows("state=5"), 0);
	connect_peer(engine.deliver, &deliver_service);
}

static void
test_a_failure_is_told_when_the_rest_is_removed(void **state)
{
	(void)state;
	withdraw_the_rest(ACTION_REMOVE);
	assert_int_equal(rows("1"), 0);
}

static void
test_a_failure_is_told_when_the_rest_is_held(void **state)
{
	(void)state;
	withdraw_the_rest(ACTION_HOLD);
	assert_int_equal(rows("state<>3"), 0);
}

#define UNTOLD 1100	/* more than are told in one round */

static void
test_all_failures_are_told_after_a_restart(void **state)
{
	char sql[1200];

	(void)state;
	snprintf(sql, sizeof sql,
	    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c "
	    "WHERE i<%d) INSERT INTO message(id,name,session,sender,helo,"
	    "peer,role,arrived_ms,ended_ms,queued_ms,expires_at,warn_at,"
	    "eightbit,utf8,quarantine,authenticated,size_bytes,body_check,"
	    "spool_id) SELECT i,'s'||i,'','a@example.net','','none',0,1,1,1,"
	    "9999999999,0,0,0,0,0,1,%llu,0 FROM c;"
	    "INSERT INTO body SELECT id,'x' FROM message;"
	    "INSERT INTO recipient(id,destination,kind,address,user,path,"
	    "forwarded,pushed_back,state,due_at,attempts) SELECT id<<20,"
	    "'d.example',0,'a@d.example','','',0,0,5,10,1 FROM message",
	    UNTOLD, (unsigned long long)message_check("x", 1));
	assert_int_equal(store_exec(engine.store, sql), STORE_OK);
	end();
	start();
	run_until_sent(UNTOLD);
	assert_int_equal(stored_count, UNTOLD);
	assert_int_equal(rows("1"), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(test_a_failure_bounces_to_a_local_sender),
		T(test_never_a_bounce_for_a_bounce),
		T(test_one_bounce_for_all_that_failed),
		T(test_expired_bounces),
		T(test_delay_is_told_once),
		T(test_a_held_bounce_stays_held),
		T(test_a_bounce_goes_to_all_targets),
		T(test_a_target_without_a_destination_loses_no_bounce),
		T(test_a_failure_is_told_when_the_rest_is_removed),
		T(test_a_failure_is_told_when_the_rest_is_held),
		T(test_all_failures_are_told_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
