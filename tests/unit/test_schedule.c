/* SPDX-License-Identifier: ISC */
/* Back-off with jitter, windows that open and close, push-back memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/destinations.h"
#include "queue/schedule.h"

static const struct schedule plan = {
	.retry_first_s = 300,
	.retry_most_s = 14400,
	.window_max = 20,
};

static void
test_back_off_doubles_within_a_fifth(void **state)
{
	static const uint64_t base[] = { 300, 600, 1200, 2400, 4800, 9600,
	    14400, 14400 };

	(void)state;
	for (uint32_t n = 0; n < 8; n++)
		for (uint32_t random = 0; random < 100000; random += 37) {
			uint64_t wait = schedule_retry_at(&plan, 1000, n + 1,
			    UINT64_MAX, random) - 1000;

			assert_in_range(wait, base[n] * 4 / 5,
			    base[n] * 6 / 5);
		}
}

static void
test_what_was_not_tried_waits_as_long_again(void **state)
{
	static const struct { uint64_t age, wait; } cases[] = {
		{ 0, 300 }, { 299, 300 }, { 1000, 1000 }, { 99999, 14400 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t at = schedule_put_off(&plan, 200000,
		    200000 - cases[i].age, UINT64_MAX, 12345);

		assert_in_range(at - 200000, cases[i].wait * 4 / 5,
		    cases[i].wait * 6 / 5);
	}
	assert_int_equal(schedule_put_off(&plan, 10, 20, 100, 7), 100);
}

static void
test_jitter_spreads(void **state)
{
	(void)state;
	assert_int_not_equal(schedule_retry_at(&plan, 0, 1, UINT64_MAX, 1),
	    schedule_retry_at(&plan, 0, 1, UINT64_MAX, 99));
}

static void
test_last_attempt_at_expiry(void **state)
{
	(void)state;
	assert_int_equal(schedule_retry_at(&plan, 1000, 5, 1500, 7), 1500);
	assert_true(schedule_retry_at(&plan, 2000, 5, 1500, 7) > 2000);
}

static void
test_window_opens_and_rests(void **state)
{
	struct schedule_window w;

	(void)state;
	schedule_window_init(&w, &plan);
	assert_int_equal(w.limit, 5);
	for (int i = 0; i < 100; i++)
		schedule_window_note(&w, &plan, 10, true);
	assert_int_equal(w.limit, 20);
	schedule_window_note(&w, &plan, 10, false);
	assert_int_equal(w.limit, 10);
	assert_false(schedule_window_resting(&w, 10));
	schedule_window_note(&w, &plan, 10, false);
	schedule_window_note(&w, &plan, 10, false);
	assert_int_equal(w.limit, 1);
	assert_true(schedule_window_resting(&w, 39));
	assert_false(schedule_window_resting(&w, 40));
	for (int i = 0; i < 50; i++)
		schedule_window_note(&w, &plan, 100, false);
	assert_true(schedule_window_resting(&w, 399));
	assert_false(schedule_window_resting(&w, 400));
	schedule_window_wake(&w);
	assert_false(schedule_window_resting(&w, 100));
	schedule_window_note(&w, &plan, 100, true);
	assert_int_equal(w.limit, 2);
	assert_int_equal(w.troubles, 0);
}

static const struct pushback_rule rule = { 25, 20, 3600 };

static void
test_ipv4_first_from_the_limit_on(void **state)
{
	struct pushback_memory m = { 0 };

	(void)state;
	for (int i = 0; i < 19; i++) {
		pushback_note(&m, &rule, true, 100);
		assert_false(pushback_choose(&m, &rule, 100));
	}
	pushback_note(&m, &rule, true, 100);
	assert_int_equal(m.tried, 20);
	assert_true(pushback_ipv4_first(&m, &rule));
	assert_true(pushback_choose(&m, &rule, 100));
	assert_true(pushback_choose(&m, &rule, 3699));
	/* One probe an hour. */
	assert_false(pushback_choose(&m, &rule, 3700));
	assert_true(pushback_choose(&m, &rule, 3701));
	assert_false(pushback_choose(&m, &rule, 7300));
}

static void
test_successes_bring_ipv6_back(void **state)
{
	struct pushback_memory m = { 0 };

	(void)state;
	for (int i = 0; i < 40; i++)
		pushback_note(&m, &rule, true, 100);
	assert_int_equal(m.tried, 25);
	assert_int_equal(pushback_count(&m, &rule), 25);
	for (int i = 0; i < 5; i++)
		pushback_note(&m, &rule, false, 200);
	assert_true(pushback_ipv4_first(&m, &rule));
	pushback_note(&m, &rule, false, 200);
	assert_false(pushback_ipv4_first(&m, &rule));
	assert_int_equal(m.probe_at, 0);
}

static void
test_limit_beyond_the_window_never_holds(void **state)
{
	static const struct pushback_rule never = { 25, 26, 3600 };
	struct pushback_memory m = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		pushback_note(&m, &never, true, 100);
	assert_false(pushback_choose(&m, &never, 100));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back_off_doubles_within_a_fifth),
		cmocka_unit_test(test_what_was_not_tried_waits_as_long_again),
		cmocka_unit_test(test_jitter_spreads),
		cmocka_unit_test(test_last_attempt_at_expiry),
		cmocka_unit_test(test_window_opens_and_rests),
		cmocka_unit_test(test_ipv4_first_from_the_limit_on),
		cmocka_unit_test(test_successes_bring_ipv6_back),
		cmocka_unit_test(test_limit_beyond_the_window_never_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
