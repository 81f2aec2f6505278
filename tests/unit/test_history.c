/* SPDX-License-Identifier: ISC */
/* The memory of push-backs: what closes one, what is forgotten, who never
 * came back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/history_store.h"
#include "util/xalloc.h"

#define NOW	UINT64_C(1800000000)
#define DAY	UINT64_C(86400)

static const struct history_limits limits = { .pushback_keep_s = 14 * DAY,
    .shadow_keep_s = 14 * DAY, .rows = 1000, .rows_per_network = 5 };
static struct history_store *store;
static char directory[] = "/tmp/mx6d-history.XXXXXX";
static char *path;

static int
begin(void **state)
{
	char why[256];
	char *made = path == NULL ? mkdtemp(directory) : directory;

	(void)state;
	assert_non_null(made);
	free(path);
	path = xasprintf("%s/history.db", directory);
	store = history_store_open(path, why, sizeof why);
	if (store == NULL)
		fail_msg("%s", why);
	return 0;
}

static int
end(void **state)
{
	char *wal = xasprintf("%s-wal", path);

	(void)state;
	store = history_store_close(store);
	unlink(path);
	unlink(wal);
	free(wal);
	return 0;
}

static struct history_row
row(const char *message, uint64_t at, bool ipv6)
{
	return (struct history_row){ .message = message, .at = at,
	    .session = "s", .peer = ipv6 ? "2001:db8::25" : "192.0.2.25",
	    .network = ipv6 ? "2001:db8::/48" : "192.0.2.0/24", .ipv6 = ipv6,
	    .role = ipv6 ? "mx6" : "mx", .helo = "mail.sender.example",
	    .sender = "a@sender.example", .recipients = "b@example.org",
	    .author = "a@sender.example", .author_domain = "sender.example",
	    .authenticated = true, .message_id_hash = "abc",
	    .action = ipv6 ? "fallback" : "accept", .rule = "r", .shadow = "",
	    .shadow_rule = "", .accepted = !ipv6,
	    .pushed_back_for = ipv6 ? "b@example.org" : "",
	    .facts = "ipv6", .unknown = "", .results = "", .reasons = "x\ty",
	    .tried = "", .dns = "" };
}

static void
put(struct history_row r)
{
	assert_true(history_store_write(store, &r, 1, &limits));
}

static struct history_pushback last;
static unsigned seen;

static void
note(void *arg, const struct history_pushback *r)
{
	(void)arg;
	if (seen++ == 0)
		last = *r;
}

static unsigned
pushbacks(const char *filter)
{
	seen = 0;
	history_store_pushbacks(store, filter, 100, note, NULL);
	return seen;
}

static void
the_same_message_closes(void **state)
{
	struct history_row other = row("m3", NOW + 20, false);

	(void)state;
	put(row("m1", NOW, true));
	assert_int_equal(pushbacks(""), 1);
	assert_int_equal(last.closed_at, 0);
	other.message_id_hash = "other";
	put(other);
	pushbacks("");
	assert_int_equal(last.closed_at, 0);
	put(row("m2", NOW + 60, false));
	pushbacks("");
	assert_int_equal(last.closed_at, NOW + 60);
	assert_true(last.same_helo);
	assert_int_equal(pushbacks("sender.example"), 1);
	assert_int_equal(pushbacks("elsewhere"), 0);
}

static void
sender_of(void *arg, const struct history_sender *r)
{
	assert_int_equal(r->pushed_back, 3);
	assert_int_equal(r->returned, 1);
	assert_int_equal(r->lost, 1);
	assert_int_equal(r->delay_s, 100);
	(*(unsigned *)arg)++;
}

static void
rates_of_a_sender(void **state)
{
	struct history_row r = row("m1", NOW - 3 * DAY, true);
	unsigned count = 0;

	(void)state;
	r.message_id_hash = "lost";
	put(r);
	put(row("m2", NOW - 200, true));
	put(row("m3", NOW - 100, false));
	r = row("m4", NOW - 10, true);
	r.message_id_hash = "open";
	put(r);
	history_store_senders(store, NOW, 10, sender_of, &count);
	assert_int_equal(count, 1);
}

static void
without_message_id(void **state)
{
	struct history_row r = row("m1", NOW, true);

	(void)state;
	r.message_id_hash = "";
	put(r);
	r = row("m2", NOW + 5, false);
	r.message_id_hash = "";
	r.recipients = "c@example.org";
	put(r);
	pushbacks("");
	assert_int_equal(last.closed_at, 0);
	r.recipients = "b@example.org";
	put(r);
	pushbacks("");
	assert_int_equal(last.closed_at, NOW + 5);
}

static void
rows_are_bounded(void **state)
{
	struct history_row r;

	(void)state;
	for (unsigned i = 0; i < 8; i++)
		put(row("m", NOW, true));
	assert_int_equal(pushbacks(""), 5);
	r = row("m", NOW - 20 * DAY, true);
	r.network = "2001:db8:1::/48";
	put(r);
	assert_int_equal(pushbacks(""), 6);
	assert_true(history_store_prune(store, NOW, &limits));
	assert_int_equal(pushbacks(""), 5);
	assert_false(history_store_prune(store, NOW, &limits));
}

static void
suggested(void *arg, const struct history_suggestion *r)
{
	assert_string_equal(r->domain, "sender.example");
	(*(unsigned *)arg)++;
}

static unsigned
suggestions(void)
{
	unsigned count = 0;

	history_store_suggest(store, NOW, 10, suggested, &count);
	return count;
}

static void
who_never_comes_back(void **state)
{
	struct history_row r = row("m", NOW - 2 * DAY, true);

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		put(r);
	/* Spammers never retry either. */
	assert_int_equal(suggestions(), 0);
	r = row("n", NOW - DAY, false);
	r.message_id_hash = "another message";
	put(r);
	assert_int_equal(suggestions(), 1);
	r.accepted = false;
	put(r);
	assert_int_equal(suggestions(), 0);
	r = row("m", NOW - DAY, true);
	r.in_a_book = true;
	put(r);
	assert_int_equal(suggestions(), 1);
	put(row("back", NOW, false));
	assert_int_equal(suggestions(), 0);
}

static void
found(void *arg, const struct history_row *r)
{
	(void)arg;
	assert_string_equal(r->peer, "2001:db8::25");
	assert_string_equal(r->reasons, "x\ty");
	assert_string_equal(r->rule, "r");
	assert_int_equal(r->at, NOW);
}

static void
verdicts_are_found(void **state)
{
	struct history_counts counts;

	(void)state;
	put(row("m1", NOW, true));
	assert_true(history_store_find(store, "m1", found, NULL));
	assert_false(history_store_find(store, "m2", found, NULL));
	put(row("m3", NOW, false));
	put(row("m4", NOW + DAY, false));
	history_store_domain(store, "SENDER.example", &counts);
	assert_int_equal(counts.accepted, 2);
	assert_int_equal(counts.refused, 0);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(the_same_message_closes),
		TEST(rates_of_a_sender),
		TEST(without_message_id),
		TEST(rows_are_bounded),
		TEST(who_never_comes_back),
		TEST(verdicts_are_found),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rmdir(directory);
	free(path);
	return failed;
}
