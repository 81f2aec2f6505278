/* SPDX-License-Identifier: ISC */
/* What was found out recently: bounds, age, the order in which it goes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/recent.h"
#include "util/xalloc.h"

static unsigned freed;

static void
free_and_count(void *value)
{
	freed++;
	free(value);
}

static void
put(struct recent *r, const char *key, uint64_t until_ms)
{
	recent_put(r, key, strlen(key), xstrdup(key), until_ms);
}

static const char *
get(struct recent *r, const char *key, uint64_t now_ms)
{
	return recent_get(r, key, strlen(key), now_ms);
}

static void
kept_for_a_while(void **state)
{
	struct recent *r = recent_new(3, free_and_count);

	(void)state;
	freed = 0;
	assert_null(get(r, "a", 0));
	put(r, "a", 100);
	assert_string_equal(get(r, "a", 99), "a");
	assert_null(get(r, "a", 100));
	assert_int_equal(freed, 1);
	assert_int_equal(recent_count(r), 0);
	put(r, "a", 100);
	put(r, "a", 200);
	assert_int_equal(freed, 2);
	assert_int_equal(recent_count(r), 1);
	recent_clear(r);
	assert_int_equal(freed, 3);
	recent_free(r);
}

static void
bounded(void **state)
{
	struct recent *r = recent_new(3, free_and_count);
	char key[16];

	(void)state;
	freed = 0;
	put(r, "a", 100);
	put(r, "b", 100);
	put(r, "c", 100);
	assert_non_null(get(r, "a", 0));
	put(r, "d", 100);	/* b was used longest ago */
	assert_null(get(r, "b", 0));
	assert_non_null(get(r, "a", 0));
	assert_non_null(get(r, "c", 0));
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "k%u", i);
		put(r, key, 100);
		assert_int_equal(recent_count(r), 3);
	}
	assert_non_null(get(r, "k998", 0));
	recent_free(r);
	assert_int_equal(freed, 1004);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_for_a_while), cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
