/* SPDX-License-Identifier: ISC */
/* The operator's calls: status, list, and changes. */
#include "tests/unit/engine_stage.h"

static struct queue_admin_status_answer figures;
static uint32_t listed;

static void
on_status(void *arg, enum ipc_status status,
    const struct queue_admin_status_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	figures = *answer;
}

static void
on_list(void *arg, enum ipc_status status,
    const struct queue_admin_list_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	listed = answer->rows_count;
}

static void
list(const char *domain, uint32_t state)
{
	struct queue_admin_list_ask ask = {
		.domain = domain,
		.state = state,
		.limit = 10,
	};

	listed = UINT32_MAX;
	queue_admin_list(operator_peer, &ask, 0, on_list, NULL);
	for (int i = 0; i < 500 && listed == UINT32_MAX; i++)
		run_ms(1);
}

static void
test_the_operator_sees_and_changes(void **state)
{
	struct queue_admin_status_ask ask = { 0 };

	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	answer_with.code = "450";
	submit("m1", "ann@example.net", "joe@one.example");
	submit("m2", "ann@example.net", "joe@two.example");
	run_until_sent(2);
	list("one.example", STATE_WAITING);
	assert_int_equal(listed, 1);
	list("", STATE_ACTIVE);
	assert_int_equal(listed, 0);
	act(ACTION_HOLD, "one.example");
	assert_int_equal(acted, 1);
	list("", STATE_HELD);
	assert_int_equal(listed, 1);
	act(ACTION_RETRY, "example");
	assert_int_equal(acted, 0);
	act(ACTION_RETRY, "two.example");
	assert_int_equal(acted, 1);
	run_until_sent(3);
	assert_string_equal(sent[2].domain, "two.example");
	act(ACTION_RELEASE, "one.example");
	run_until_sent(4);
	assert_string_equal(sent[3].domain, "one.example");
	queue_admin_status(operator_peer, &ask, 0, on_status, NULL);
	WAIT_FOR(figures.messages == 2);
	run_ms(20);
	assert_int_equal(figures.messages, 2);
	assert_int_equal(figures.accepted, 2);
	act(ACTION_REMOVE, "two.example");
	assert_int_equal(acted, 1);
	assert_int_equal(rows("1"), 1);
	queue_admin_status(operator_peer, &ask, 0, on_status, NULL);
	WAIT_FOR(figures.messages == 1);
	run_ms(20);
	assert_int_equal(figures.messages, 1);
}

static void
test_removed_while_under_way_does_not_bounce(void **state)
{
	(void)state;
	swallow = true;
	submit("m1", "ann@example.net", "joe@one.example");
	run_until_sent(1);
	list("", STATE_ACTIVE);
	assert_int_equal(listed, 1);
	act(ACTION_REMOVE, "one.example");
	assert_int_equal(acted, 1);
	ipc_door_close(doors[0]);
	doors[0] = doors[--door_count];
	WAIT_FOR(rows("1") == 0);
	run_ms(50);
	assert_int_equal(rows("1"), 0);
	connect_peer(engine.deliver, &deliver_service);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(test_the_operator_sees_and_changes),
		T(test_removed_while_under_way_does_not_bounce),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
