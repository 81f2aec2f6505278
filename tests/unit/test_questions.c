/* SPDX-License-Identifier: ISC */
/* Open questions and the cache before them, with a clock made of numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "resolver/cache.h"
#include "resolver/questions.h"

#define STARTS_MAX 16

static struct question *started[STARTS_MAX];
static size_t starts, cancels, replies;
static bool answers_at_once, cannot_start;
static enum dns_status last_status;
static uint32_t last_ttl_s;
static char order[32];
static struct questions *q;
static struct cache *cache;

static struct answer *
make(enum dns_status status, uint32_t ttl_s)
{
	struct answer_facts facts = { .ttl_s = ttl_s };

	return answer_none(status, "", &facts);
}

static bool
start(void *arg, struct question *question, enum dns_type type,
    const char *name, void **ret_job)
{
	(void)arg;
	(void)type;
	(void)name;
	if (cannot_start)
		return false;
	if (answers_at_once) {
		struct answer *a = make(DNS_NODATA, 60);

		starts++;
		questions_answer(q, question, a, 1000);
		answer_free(a);
		return true;
	}
	*ret_job = question;
	started[starts++] = question;
	return true;
}

static void
cancel(void *arg, void *job)
{
	(void)arg;
	assert_non_null(job);
	cancels++;
}

static void
reply(void *arg, void *waiter, const struct answer *answer, uint32_t ttl_s)
{
	(void)arg;
	order[replies++] = *(const char *)waiter;
	last_status = answer->status;
	last_ttl_s = ttl_s;
}

static const struct questions_hooks hooks = { start, cancel, reply };

static int
set_up(void **state)
{
	static const struct questions_limits limits = {
		.active_max = 2, .waiters_max = 4, .active_ms = 20000,
	};

	(void)state;
	starts = cancels = replies = 0;
	answers_at_once = cannot_start = false;
	memset(order, 0, sizeof order);
	cache = cache_new(10, 100000);
	q = questions_new(&hooks, NULL, &limits, cache);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	q = questions_free(q);
	cache = cache_free(cache);
	return 0;
}

static void
ask(const char *name, const char *who, uint64_t now_ms)
{
	/* Only reply looks at it, as a constant. */
	questions_ask(q, DNS_A, name, 5000, (void *)(uintptr_t)who, now_ms);
}

static void
answer(size_t n, uint64_t now_ms)
{
	struct answer *a = make(DNS_NXDOMAIN, 60);

	questions_answer(q, started[n], a, now_ms);
	answer_free(a);
}

static void
asked_twice_looked_up_once(void **state)
{
	(void)state;
	ask("a", "1", 1000);
	ask("a", "2", 1000);
	assert_int_equal(starts, 1);
	assert_int_equal(replies, 0);
	answer(0, 1500);
	assert_string_equal(order, "12");
	assert_int_equal(last_status, DNS_NXDOMAIN);
	ask("a", "3", 21500);		/* from the cache */
	assert_int_equal(starts, 1);
	assert_string_equal(order, "123");
	assert_int_equal(last_ttl_s, 40);
	ask("a", "4", 61500);		/* too old */
	assert_int_equal(starts, 2);
}

static void
more_than_so_many_wait(void **state)
{
	(void)state;
	ask("a", "1", 1000);
	ask("b", "2", 1000);
	ask("c", "3", 1000);
	assert_int_equal(starts, 2);
	ask("d", "4", 1000);
	ask("e", "5", 1000);		/* one too many */
	assert_string_equal(order, "5");
	assert_int_equal(last_status, DNS_FAILED);
	answer(1, 1100);
	assert_int_equal(starts, 3);
	answer(0, 1100);
	answer(2, 1100);
	answer(3, 1100);
	assert_string_equal(order, "52134");
	assert_int_equal(questions_waiters(q), 0);
}

static void
patience_ends(void **state)
{
	(void)state;
	ask("a", "1", 1000);
	ask("a", "2", 3000);
	ask("b", "3", 3000);
	ask("c", "4", 1000);
	assert_true(questions_expire(q, 5999));
	assert_int_equal(replies, 0);
	assert_true(questions_expire(q, 6000));
	assert_string_equal(order, "14");
	assert_int_equal(last_status, DNS_FAILED);
	assert_int_equal(cancels, 0);
	assert_false(questions_expire(q, 8000));
	assert_string_equal(order, "1423");
	assert_int_equal(cancels, 2);
	ask("a", "5", 8000);
	assert_int_equal(starts, 3);
}

/* Somebody always waits, and the look-up never ends. */
static void
a_stuck_look_up_is_given_up(void **state)
{
	(void)state;
	for (uint64_t now_ms = 1000; now_ms < 21000; now_ms += 2500) {
		ask("a", "1", now_ms);
		questions_expire(q, now_ms);
	}
	assert_int_equal(starts, 1);
	assert_int_equal(cancels, 0);
	replies = 0;
	assert_false(questions_expire(q, 21000));
	assert_int_equal(cancels, 1);
	assert_int_equal(replies, 2);
	assert_int_equal(last_status, DNS_FAILED);
	ask("a", "1", 21000);
	assert_int_equal(starts, 2);
	assert_int_equal(questions_waiters(q), 1);
}

static void
answered_at_once(void **state)
{
	(void)state;
	answers_at_once = true;
	ask("a", "1", 1000);
	assert_string_equal(order, "1");
	assert_int_equal(questions_waiters(q), 0);
}

static void
refused_by_the_library(void **state)
{
	(void)state;
	cannot_start = true;
	ask("a", "1", 1000);
	ask("b", "2", 1000);
	assert_string_equal(order, "12");
	assert_int_equal(last_status, DNS_FAILED);
}

static void
cache_is_bounded(void **state)
{
	uint32_t ttl_s;

	(void)state;
	for (int i = 0; i < 20; i++) {
		char name[16];
		struct answer *a = make(DNS_NXDOMAIN, 3600);

		snprintf(name, sizeof name, "n%d", i);
		cache_put(cache, DNS_A, name, a, 0);
		answer_free(a);
		/* The first one is used all the time. */
		assert_non_null(cache_get(cache, DNS_A, "n0", 1, &ttl_s));
		assert_int_equal(ttl_s, 300);
	}
	assert_int_equal(cache_entries(cache), 10);
	assert_null(cache_get(cache, DNS_A, "n10", 1, &ttl_s));
	assert_non_null(cache_get(cache, DNS_A, "n11", 1, &ttl_s));
	assert_null(cache_get(cache, DNS_AAAA, "n11", 1, &ttl_s));
	cache_clear(cache);
	assert_int_equal(cache_bytes(cache), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(asked_twice_looked_up_once),
		T(more_than_so_many_wait),
		T(patience_ends),
		T(a_stuck_look_up_is_given_up),
		T(answered_at_once),
		T(refused_by_the_library),
		T(cache_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
