/* SPDX-License-Identifier: ISC */
/* Who is turned away at the banner, for how long, and what ends it; and the
 * count of a signature's recipients. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/insistent.h"
#include "policy/replay.h"

static struct netaddr
addr(const char *text)
{
	struct netaddr a;

	assert_true(netaddr_parse(text, &a));
	return a;
}

static void
again_and_again(void **state)
{
	struct insistent *i = insistent_new();
	struct netaddr a = addr("2001:db8::1"), b = addr("2001:db8::2");
	struct netaddr other = addr("2001:db8:0:1::1");

	(void)state;
	insistent_note(i, &a, true, 3, 600, 1000);
	insistent_note(i, &b, true, 3, 600, 2000);
	assert_false(insistent_turned_away(i, &a, 3000));
	insistent_note(i, &a, true, 3, 600, 3000);
	assert_true(insistent_turned_away(i, &a, 3001));
	assert_true(insistent_turned_away(i, &b, 602999));
	assert_false(insistent_turned_away(i, &other, 3001));
	assert_false(insistent_turned_away(i, &a, 603000));
	insistent_free(i);
}

/* The hour in which they are counted does not cut the time away short. */
static void
late_in_the_hour(void **state)
{
	struct insistent *i = insistent_new();
	struct netaddr a = addr("2001:db8::1"), b = addr("2001:db8:0:1::1");
	const uint64_t hour = 3600 * 1000;

	(void)state;
	insistent_note(i, &a, true, 2, 600, 0);
	insistent_note(i, &a, true, 2, 600, hour - 1000);
	assert_true(insistent_turned_away(i, &a, hour + 1000));
	assert_true(insistent_turned_away(i, &a, hour + 598000));
	assert_false(insistent_turned_away(i, &a, hour + 599000));
	/* Nor does it for what another process has counted. */
	insistent_note(i, &b, true, 2, 600, 0);
	insistent_learn(i, &b, 600 * 1000, hour - 1000);
	assert_true(insistent_turned_away(i, &b, hour + 598000));
	insistent_free(i);
}

static void
what_ends_it(void **state)
{
	struct insistent *i = insistent_new();
	struct netaddr a = addr("2001:db8::1");

	(void)state;
	insistent_note(i, &a, true, 1, 100000, 0);
	assert_true(insistent_turned_away(i, &a, 10));
	/* An hour at most. */
	assert_false(insistent_turned_away(i, &a, 3600 * 1000));
	insistent_note(i, &a, true, 1, 600, 10);
	insistent_note(i, &a, false, 1, 600, 20);
	assert_false(insistent_turned_away(i, &a, 30));
	/* Never. */
	for (unsigned n = 0; n < 100; n++)
		insistent_note(i, &a, true, 0, 600, 40);
	assert_false(insistent_turned_away(i, &a, 50));
	insistent_free(i);
}

static void
replays(void **state)
{
	struct replay *r = replay_new();

	(void)state;
	assert_false(replay_count(r, "abc", 30, 50, 0));
	assert_false(replay_count(r, "abc", 20, 50, 10));
	assert_false(replay_count(r, "abd", 20, 50, 10));
	assert_true(replay_count(r, "abc", 1, 50, 20));
	assert_true(replay_count(r, "abc", 0, 50, 20));
	assert_true(replay_count(r, "big", 51, 50, 20));
	/* A day later. */
	assert_false(replay_count(r, "abc", 1, 50, 86400 * 1000));
	replay_free(r);
}

static void
what_others_have_counted(void **state)
{
	struct replay *r = replay_new();
	struct insistent *i = insistent_new();
	struct netaddr a = addr("2001:db8::1"), b = addr("2001:db8::2");

	(void)state;
	assert_int_equal(replay_add(r, "abc", 3, 0), 3);
	replay_learn(r, "abc", 50, 10);
	assert_false(replay_count(r, "abc", 0, 50, 20));
	assert_true(replay_count(r, "abc", 1, 50, 20));
	/* Never less than what was seen here. */
	replay_learn(r, "abc", 2, 30);
	assert_true(replay_count(r, "abc", 0, 50, 40));
	replay_learn(r, "never seen here", 60, 40);
	assert_true(replay_count(r, "never seen here", 0, 50, 50));
	replay_free(r);

	insistent_learn(i, &a, 0, 0);
	assert_false(insistent_turned_away(i, &a, 1));
	insistent_learn(i, &a, 500, 10);
	assert_int_equal(insistent_away_ms(i, &b, 10), 500);
	insistent_learn(i, &a, 100, 20);
	assert_int_equal(insistent_away_ms(i, &b, 20), 490);
	assert_false(insistent_turned_away(i, &a, 510));
	/* Longer than anybody is turned away is a mistake. */
	insistent_learn(i, &a, UINT64_MAX, 600);
	assert_false(insistent_turned_away(i, &a, 601));
	insistent_note(i, &a, false, 1, 600, 700);
	assert_false(insistent_turned_away(i, &a, 701));
	insistent_free(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(again_and_again),
		cmocka_unit_test(late_in_the_hour),
		cmocka_unit_test(what_ends_it),
		cmocka_unit_test(what_others_have_counted),
		cmocka_unit_test(replays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
