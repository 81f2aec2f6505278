/* SPDX-License-Identifier: ISC */
/* Suggestions for the greenlist that a rule follows: each guard, the cap, and
 * what a row looks like and when it goes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/lists_signs.h"
#include "policy/suggest.h"
#include "util/xalloc.h"

#define NOW	UINT64_C(1800000000)
#define DAY	UINT64_C(86400)
#define SHOP	"shop.example"

static const struct history_limits limits = { .pushback_keep_s = 14 * DAY,
    .shadow_keep_s = 14 * DAY, .rows = 1000, .rows_per_network = 1000 };
static const struct suggest_settings settings = { .good_messages = 2,
    .good_percent = 95, .per_day = 2, .keep_s = 90 * DAY };
static struct history_store *store;
static struct lists *lists;
static char directory[] = "/tmp/mx6d-suggest.XXXXXX";
static bool made;
static char *paths[2];

static int
begin(void **state)
{
	char why[LISTS_WHY_SIZE];

	(void)state;
	if (!made)
		assert_non_null(mkdtemp(directory));
	made = true;
	paths[0] = xasprintf("%s/history.db", directory);
	paths[1] = xasprintf("%s/lists.db", directory);
	store = history_store_open(paths[0], why, sizeof why);
	lists = lists_open(paths[1], 1000, why);
	return store == NULL || lists == NULL ? -1 : 0;
}

static int
end(void **state)
{
	(void)state;
	store = history_store_close(store);
	lists = lists_close(lists);
	for (size_t i = 0; i < 2; i++) {
		unlink(paths[i]);
		free(paths[i]);
	}
	return 0;
}

/* ---- what the history holds ---- */

static struct history_row
mail(const char *domain, uint64_t at, bool ipv6)
{
	return (struct history_row){ .message = "m", .at = at,
	    .session = "s", .peer = ipv6 ? "2001:db8::25" : "192.0.2.25",
	    .network = ipv6 ? "2001:db8::/48" : "192.0.2.0/24", .ipv6 = ipv6,
	    .role = ipv6 ? "mx6" : "mx", .helo = "mail", .sender = "a@b",
	    .recipients = "b@example.org", .author = "a@b",
	    .author_domain = domain, .authenticated = true,
	    .message_id_hash = ipv6 ? "lost" : "others",
	    .action = ipv6 ? "fallback" : "accept", .rule = "r",
	    .shadow = "", .shadow_rule = "",
	    .pushed_back_for = ipv6 ? "b@example.org" : "",
	    .accepted = !ipv6, .facts = "", .unknown = "", .results = "",
	    .reasons = "", .tried = "", .dns = "" };
}

static void
put(struct history_row r, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		assert_true(history_store_write(store, &r, 1, &limits));
}

/* Three push-backs two days ago, and two good messages over IPv4. */
static void
put_good(const char *domain)
{
	put(mail(domain, NOW - 2 * DAY, true), 3);
	put(mail(domain, NOW - 3 * DAY, false), 2);
}

static void
count_added(void *arg, const struct history_suggestion *row)
{
	(void)row;
	(*(unsigned *)arg)++;
}

static unsigned
apply_at(uint64_t now)
{
	unsigned added = 0;

	assert_int_equal(suggest_apply(store, lists, &settings, now,
	    count_added, &added), LISTS_OK);
	return added;
}

static enum lists_status
listed(const char *domain)
{
	char row[LISTS_VALUE_SIZE];

	return lists_green_host(lists, LISTS_GREEN_DOMAIN, domain, row);
}

/* ---- the decision ---- */

static void
each_guard_alone(void **state)
{
	const struct history_suggestion good = { .domain = SHOP,
	    .pushed_back = 3, .lost = 3, .counts = { .accepted = 20 } };
	struct history_suggestion s = good;

	(void)state;
	assert_int_equal(suggest_decide(&s, &settings), SUGGEST_YES);
	s.applied = true;
	assert_int_equal(suggest_decide(&s, &settings), SUGGEST_BEFORE);
	s = good;
	s.lost = 2;
	s.pushed_back = 100;
	assert_int_equal(suggest_decide(&s, &settings), SUGGEST_TOO_FEW);
	s = good;
	s.counts.spam = 1;
	s.in_books = 1;
	assert_int_equal(suggest_decide(&s, &settings), SUGGEST_BAD_SIGN);
	s.counts = (struct history_counts){ .accepted = 20, .refused = 1 };
	assert_int_equal(suggest_decide(&s, &settings), SUGGEST_BAD_SIGN);
	s = good;
	s.counts.accepted = 1;
	assert_int_equal(suggest_decide(&s, &settings),
	    SUGGEST_NO_GOOD_SIGN);
	s.in_books = 1;
	assert_int_equal(suggest_decide(&s, &settings), SUGGEST_YES);
}

/* ---- on databases ---- */

struct row {
	unsigned	 count;
	char		 source[16], expires[32], note[64];
};

static bool
note_row(void *arg, const char *const *values, size_t count)
{
	struct row *row = arg;

	assert_int_equal(count, 5);
	row->count++;
	snprintf(row->note, sizeof row->note, "%s", values[2]);
	snprintf(row->source, sizeof row->source, "%s", values[3]);
	snprintf(row->expires, sizeof row->expires, "%s", values[4]);
	return true;
}

static struct row
row_of(const char *filter)
{
	struct row row = { .count = 0 };

	assert_int_equal(lists_each(lists, LISTS_GREENLIST, filter, note_row,
	    &row), LISTS_OK);
	return row;
}

static void
a_good_sender_that_never_returns(void **state)
{
	struct row row;

	(void)state;
	put_good(SHOP);
	assert_int_equal(apply_at(NOW), 1);
	assert_int_equal(listed(SHOP), LISTS_OK);
	row = row_of("suggested");
	assert_int_equal(row.count, 1);
	assert_string_equal(row.source, "suggested");
	assert_string_equal(row.expires, "2027-04-15T08:00:00Z");
	assert_string_equal(row.note, "3 push-backs, never returned");
}

static void
nothing_without_authentication(void **state)
{
	struct history_row r = mail(SHOP, NOW - 2 * DAY, true);

	(void)state;
	r.authenticated = false;
	r.in_a_book = true;
	put(r, 5);
	put(mail(SHOP, NOW - 3 * DAY, false), 5);
	assert_int_equal(apply_at(NOW), 0);
	assert_int_equal(listed(SHOP), LISTS_ABSENT);
}

static void
nothing_without_a_good_sign(void **state)
{
	struct history_row r = mail(SHOP, NOW - 2 * DAY, true);

	(void)state;
	put(r, 5);
	assert_int_equal(apply_at(NOW), 0);
	/* One message over IPv4 is no history. */
	put(mail(SHOP, NOW - 3 * DAY, false), 1);
	assert_int_equal(apply_at(NOW), 0);
	r.in_a_book = true;
	put(r, 1);
	assert_int_equal(apply_at(NOW), 1);
}

static void
nothing_with_a_bad_sign(void **state)
{
	struct history_row r = mail(SHOP, NOW - 2 * DAY, true);

	(void)state;
	r.in_a_book = true;
	put(r, 5);
	put(mail(SHOP, NOW - 3 * DAY, false), 99);
	r = mail(SHOP, NOW - 3 * DAY, false);
	r.accepted = false;
	put(r, 1);
	assert_int_equal(apply_at(NOW), 0);
}

static void
nothing_for_who_returns_or_may_yet(void **state)
{
	struct history_row back = mail("returns.example", NOW - DAY, false);

	(void)state;
	put_good("returns.example");
	back.message_id_hash = "lost";
	put(back, 1);
	/* Two are lost, the third is young. */
	put(mail("young.example", NOW - 2 * DAY, true), 2);
	put(mail("young.example", NOW - 100, true), 1);
	put(mail("young.example", NOW - 3 * DAY, false), 2);
	assert_int_equal(apply_at(NOW), 0);
	assert_int_equal(apply_at(NOW + 2 * DAY), 1);
	assert_int_equal(listed("young.example"), LISTS_OK);
	assert_int_equal(listed("returns.example"), LISTS_ABSENT);
}

static void
a_number_of_them_a_day(void **state)
{
	(void)state;
	put_good("a.example");
	put_good("b.example");
	put_good("c.example");
	assert_int_equal(apply_at(NOW), 2);
	assert_int_equal(apply_at(NOW + 100), 0);
	assert_int_equal(apply_at(NOW + DAY), 1);
	assert_int_equal(row_of("").count, 3);
}

static void
what_is_taken_off_stays_off(void **state)
{
	const char *const key[] = { "domain", SHOP };
	char why[LISTS_WHY_SIZE];

	(void)state;
	put_good(SHOP);
	assert_int_equal(apply_at(NOW), 1);
	assert_int_equal(lists_remove(lists, LISTS_GREENLIST, key, 2, why),
	    LISTS_OK);
	assert_int_equal(apply_at(NOW + 2 * DAY), 0);
	assert_int_equal(listed(SHOP), LISTS_ABSENT);
}

static void
what_a_person_has_listed_is_left_alone(void **state)
{
	const char *const row[] = { "domain", SHOP, "ours" };
	char why[LISTS_WHY_SIZE];

	(void)state;
	put_good("mail." SHOP);
	assert_int_equal(lists_add(lists, LISTS_GREENLIST, row, 3, why),
	    LISTS_OK);
	assert_int_equal(apply_at(NOW), 0);
	assert_int_equal(row_of("").count, 1);
	assert_string_equal(row_of("").expires, "");
}

static void
rows_expire_unless_a_person_adds_them(void **state)
{
	const char *const row[] = { "domain", "b.example", "good" };
	char why[LISTS_WHY_SIZE];

	(void)state;
	put_good("a.example");
	put_good("b.example");
	assert_int_equal(apply_at(NOW), 2);
	assert_int_equal(lists_add(lists, LISTS_GREENLIST, row, 3, why),
	    LISTS_OK);
	assert_string_equal(row_of("b.example").source, "user");
	assert_int_equal(lists_green_expire(lists,
	    (int64_t)(NOW + 90 * DAY - 1)), LISTS_OK);
	assert_int_equal(listed("a.example"), LISTS_OK);
	assert_int_equal(lists_green_expire(lists,
	    (int64_t)(NOW + 90 * DAY)), LISTS_OK);
	assert_int_equal(listed("a.example"), LISTS_ABSENT);
	assert_int_equal(listed("b.example"), LISTS_OK);
}

static void
no_problem(void *arg, uint64_t line, const char *text)
{
	(void)arg;
	fail_msg("%u: %s", (unsigned)line, text);
}

static void
rows_are_exported_and_imported(void **state)
{
	static const char csv[] = "kind,value,note,source,expires\n"
	    "domain,a.example,good,suggested,2027-04-15T08:00:00Z\n"
	    "domain,b.example\n";
	struct lists_imported counts;

	(void)state;
	assert_int_equal(lists_import(lists, LISTS_GREENLIST, csv,
	    sizeof csv - 1, false, no_problem, NULL, &counts), LISTS_OK);
	assert_int_equal(counts.added, 2);
	assert_string_equal(row_of("a.example").source, "suggested");
	assert_string_equal(row_of("a.example").expires,
	    "2027-04-15T08:00:00Z");
	assert_string_equal(row_of("b.example").source, "user");
	assert_string_equal(row_of("b.example").expires, "");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_guard_alone),
		TEST(a_good_sender_that_never_returns),
		TEST(nothing_without_authentication),
		TEST(nothing_without_a_good_sign),
		TEST(nothing_with_a_bad_sign),
		TEST(nothing_for_who_returns_or_may_yet),
		TEST(a_number_of_them_a_day),
		TEST(what_is_taken_off_stays_off),
		TEST(what_a_person_has_listed_is_left_alone),
		TEST(rows_expire_unless_a_person_adds_them),
		TEST(rows_are_exported_and_imported),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rmdir(directory);
	return failed;
}
