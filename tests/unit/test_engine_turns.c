/* SPDX-License-Identifier: ISC */
/* Destinations: their turns, their rests, their push-backs. */
#include "tests/unit/engine_stage.h"

static void
test_always_pushed_back_goes_to_ipv4_first(void **state)
{
	char name[20];

	(void)state;
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	tried_mx6 = true;
	for (unsigned i = 0; i < 20; i++) {
		snprintf(name, sizeof name, "m%u", i);
		submit(name, "ann@example.net", "joe@example.org");
		run_until_sent(2 * i + 2);
	}
	submit("last", "ann@example.net", "joe@example.org");
	run_until_sent(41);
	assert_int_equal(sent[40].family, DELIVER_IPV4_FIRST);
	/* It is remembered. */
	end();
	start();
	submit("after", "ann@example.net", "joe@example.org");
	run_until_sent(42);
	assert_int_equal(sent[41].family, DELIVER_IPV4_FIRST);
}

static void
test_a_slow_destination_starves_nobody(void **state)
{
	unsigned other = 0, slow = 0;
	char name[20], sql[1200];

	(void)state;
	snprintf(sql, sizeof sql,
	    "WITH RECURSIVE c(i) AS (SELECT 1000 UNION ALL SELECT i+1 FROM c "
	    "WHERE i<51000) INSERT INTO message(id,name,session,sender,helo,"
	    "peer,role,arrived_ms,ended_ms,queued_ms,expires_at,warn_at,"
	    "eightbit,utf8,quarantine,authenticated,size_bytes,body_check,"
	    "spool_id) SELECT i,'s'||i,'','a@example.net','','none',0,1,1,1,"
	    "9999999999,0,0,0,0,0,1,%llu,0 FROM c;"
	    "INSERT INTO body SELECT id,'x' FROM message;"
	    "INSERT INTO recipient(id,destination,kind,address,user,path,"
	    "forwarded,pushed_back,state,due_at,attempts) SELECT id<<20,"
	    "'slow.example',0,'a@slow.example','','',0,0,1,10,0 FROM message;"
	    "INSERT INTO waiting VALUES('slow.example',10)",
	    (unsigned long long)message_check("x", 1));
	assert_int_equal(store_exec(engine.store, sql), STORE_OK);
	engine.store->next_message_id = 100000;
	swallow = true;
	engine_wake(&engine, 10);
	run_ms(50);
	/* The window of a destination that has not answered yet. */
	assert_int_equal(sent_count, 5);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "m%u", i);
		submit(name, "ann@example.net", "joe@example.org");
	}
	run_ms(200);
	for (unsigned i = 0; i < sent_count; i++)
		strcmp(sent[i].domain, "slow.example") == 0 ? slow++ :
		    other++;
	assert_int_equal(slow, 5);
	assert_int_equal(other, 5);
	assert_true(engine.lanes.parcels < 1000);
	assert_int_equal(answered, 50);
}

static void
test_an_unreachable_destination_rests(void **state)
{
	char name[20];

	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "";
	answer_with.text = "connection refused";
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof name, "m%d", i);
		submit(name, "ann@example.net", "joe@example.org");
	}
	run_ms(300);
	assert_in_range(sent_count, 3, 10);
	WAIT_FOR(rows("state=1") == 30);
	assert_int_equal(rows("state=1"), 30);
	/* Only what was tried counts as an attempt. */
	assert_int_equal(rows("attempts=1"), sent_count);
	assert_int_equal(rows("id IN (SELECT recipient FROM attempt)"),
	    sent_count);
	assert_int_equal(engine.counts.deferred, sent_count);
	assert_int_equal(rows("reason LIKE 'delivery suspended%'"),
	    30 - sent_count);
	act(ACTION_RETRY, "example.org");
	answer_with.outcome = OUTCOME_DELIVERED;
	answer_with.code = "250";
	WAIT_FOR(rows("1") == 0);
	run_ms(300);
	assert_int_equal(rows("1"), 0);
}

static void
test_many_destinations_all_get_their_turn(void **state)
{
	char sql[1200];

	(void)state;
	snprintf(sql, sizeof sql,
	    "WITH RECURSIVE c(i) AS (SELECT 1000 UNION ALL SELECT i+1 FROM c "
	    "WHERE i<1559) INSERT INTO message(id,name,session,sender,helo,"
	    "peer,role,arrived_ms,ended_ms,queued_ms,expires_at,warn_at,"
	    "eightbit,utf8,quarantine,authenticated,size_bytes,body_check,"
	    "spool_id) SELECT i,'s'||i,'','a@example.net','','none',0,1,1,1,"
	    "9999999999,0,0,0,0,0,1,%llu,0 FROM c;"
	    "INSERT INTO body SELECT id,'x' FROM message;"
	    "INSERT INTO recipient(id,destination,kind,address,user,path,"
	    "forwarded,pushed_back,state,due_at,attempts) SELECT id<<20,"
	    "'d'||id||'.example',0,'a@d.example','','',0,0,1,10,0 FROM message;"
	    "INSERT INTO waiting SELECT destination,10 FROM recipient",
	    (unsigned long long)message_check("x", 1));
	assert_int_equal(store_exec(engine.store, sql), STORE_OK);
	engine.store->next_message_id = 100000;
	keep = true;
	engine_wake(&engine, 10);
	run_until_sent((unsigned)config->deliveries_max);
	for (unsigned i = 0; i < kept_count; i++) {
		answer_kept(i);
		run_ms(3);
	}
	assert_int_equal(kept_count, 560);
	assert_int_equal(rows("1"), 0);
}

/* One message on disk for the lane that bounces go to here, under way and
 * never answered: the lane stays open. */
static void
stage_busy_mailbox(void)
{
	char sql[900];

	snprintf(sql, sizeof sql,
	    "INSERT INTO message(id,name,session,sender,helo,peer,role,"
	    "arrived_ms,ended_ms,queued_ms,expires_at,warn_at,eightbit,utf8,"
	    "quarantine,authenticated,size_bytes,body_check,spool_id) VALUES"
	    "(50000,'s','','','','none',0,1,1,1,9999999999,0,0,0,0,0,1,"
	    "%llu,0);"
	    "INSERT INTO body VALUES(50000,'x');"
	    "INSERT INTO recipient(id,destination,kind,address,user,path,"
	    "forwarded,pushed_back,state,due_at,attempts) VALUES(50000<<20,"
	    "'local::/mail',1,'a@example.net','','/mail',0,0,1,10,0);"
	    "INSERT INTO waiting VALUES('local::/mail',10)",
	    (unsigned long long)message_check("x", 1));
	assert_int_equal(store_exec(engine.store, sql), STORE_OK);
	swallow = true;
	engine_wake(&engine, 10);
	run_until_sent(1);
	swallow = false;
}

/* What is new on disk for an open lane is found, although the walk through
 * the lane has passed its second. */
static void
test_a_bounce_for_a_busy_mailbox_is_not_passed_over(void **state)
{
	struct lane *lane;

	(void)state;
	stage_busy_mailbox();
	lane = lanes_find(&engine.lanes, "local::/mail");
	assert_non_null(lane);
	assert_true(lane->on_disk);
	lane->cursor.due_at = engine_now() + 2;
	answer_with.outcome = OUTCOME_FAILED;
	answer_with.code = "550";
	submit("m", "ann@example.net", "joe@one.example");
	run_until_sent(3);
	assert_int_equal(stored_count, 2);
}

/* MX6.md, Sender, 9: the counts and the time of the next probe are kept. */
static void
test_probes_are_counted_across_a_restart(void **state)
{
	char name[20];

	(void)state;
	tried_mx6 = true;
	answer_with.outcome = OUTCOME_PUSHED_BACK;
	for (unsigned i = 0; i < config->push_back_limit; i++) {
		snprintf(name, sizeof name, "m%u", i);
		submit(name, "ann@example.net", "joe@example.org");
		run_until_sent(2 * i + 2);
	}
	end();
	start();
	submit("first", "ann@example.net", "joe@example.org");
	run_until_sent(sent_count + 1);
	assert_int_equal(sent[sent_count - 1].family, DELIVER_IPV4_FIRST);
	engine_lane(&engine, "example.org")->pushback.probe_at = 1;
	submit("probe", "ann@example.net", "joe@example.org");
	run_until_sent(sent_count + 2);
	assert_int_equal(sent[sent_count - 2].family, DELIVER_ANY);
	end();
	start();
	submit("last", "ann@example.net", "joe@example.org");
	run_until_sent(sent_count + 1);
	assert_int_equal(sent[sent_count - 1].family, DELIVER_IPV4_FIRST);
}

/* As many tarpits as deliveries may be under way: mailboxes here go on. */
static void
test_tarpits_do_not_stop_mailboxes(void **state)
{
	unsigned most = (unsigned)config->deliveries_max;
	char name[20], address[40];

	(void)state;
	swallow = true;
	for (unsigned i = 0; i < most + 20; i++) {
		snprintf(name, sizeof name, "t%u", i);
		snprintf(address, sizeof address, "joe@d%u.example", i / 5);
		submit(name, "ann@example.net", address);
	}
	run_until_sent(most);
	sent_count = 0;
	stage_busy_mailbox();
	assert_int_equal(stored_count, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(test_always_pushed_back_goes_to_ipv4_first),
		T(test_a_slow_destination_starves_nobody),
		T(test_an_unreachable_destination_rests),
		T(test_many_destinations_all_get_their_turn),
		T(test_a_bounce_for_a_busy_mailbox_is_not_passed_over),
		T(test_probes_are_counted_across_a_restart),
		T(test_tarpits_do_not_stop_mailboxes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
