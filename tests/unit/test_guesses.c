/* SPDX-License-Identifier: ISC */
/* Who tries out addressbooks: counted per network, told once an hour. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/guesses.h"
#include "util/xalloc.h"

#define NOW	UINT64_C(1800000000)
#define NET	"2001:db8::/48"

static void
told_once_an_hour(void **state)
{
	struct guesses *g = guesses_new();
	struct guesses_row row = { .misses = 0 };

	(void)state;
	assert_false(guesses_note(g, NET, 4, 10, NOW, &row));
	assert_false(guesses_note(g, "2001:db8:1::/48", 9, 10, NOW, &row));
	assert_false(guesses_note(g, NET, 0, 10, NOW + 1, &row));
	assert_true(guesses_note(g, NET, 6, 10, NOW + 2, &row));
	assert_string_equal(row.network, NET);
	assert_int_equal(row.messages, 2);
	assert_int_equal(row.misses, 10);
	assert_int_equal(row.first_at, NOW);
	assert_int_equal(row.last_at, NOW + 2);
	assert_false(guesses_note(g, NET, 600, 10, NOW + 3, &row));
	/* The next hour begins anew. */
	assert_false(guesses_note(g, NET, 9, 10, NOW + 3600, &row));
	assert_true(guesses_note(g, NET, 1, 10, NOW + 3601, &row));
	assert_int_equal(row.misses, 10);
	guesses_free(g);
}

static void
never_told_with_0(void **state)
{
	struct guesses *g = guesses_new();
	struct guesses_row row;

	(void)state;
	assert_false(guesses_note(g, NET, 1000000, 0, NOW, &row));
	guesses_free(g);
}

static void
count_row(void *arg, const struct guesses_row *row)
{
	unsigned *count = arg;

	if ((*count)++ == 0)
		assert_string_equal(row->network, "2001:db8:5000::/48");
}

static void
bounded_and_listed(void **state)
{
	struct guesses *g = guesses_new();
	struct guesses_row row;
	char network[GUESSES_NETWORK_SIZE];
	unsigned count = 0;

	(void)state;
	for (unsigned i = 1; i <= 5000; i++) {
		snprintf(network, sizeof network, "2001:db8:%u::/48", i);
		guesses_note(g, network, 1, 10, NOW, &row);
	}
	guesses_each(g, NOW + 1, count_row, &count);
	assert_int_equal(count, 4096);
	count = 0;
	guesses_each(g, NOW + 3600, count_row, &count);
	assert_int_equal(count, 0);
	guesses_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_once_an_hour),
		cmocka_unit_test(never_told_with_0),
		cmocka_unit_test(bounded_and_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
