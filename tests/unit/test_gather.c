/* SPDX-License-Identifier: ISC */
/* What enters an addressbook by itself, and when it is written. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/gather.h"
#include "policy/lists_signs.h"
#include "util/xalloc.h"

#define NOW INT64_C(1700000000)

static char path[64];
static char why[LISTS_WHY_SIZE];

static int
set_up(void **state)
{
	snprintf(path, sizeof path, "/tmp/test_gather.%ld.db",
	    (long)getpid());
	unlink(path);
	*state = lists_open(path, 1000, why);
	return *state == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	lists_close(*state);
	return unlink(path);
}

static void
what_is_never_gathered(void **state)
{
	const struct gather_message good = {
		.sender = "alice@example.org", .from = "Alice@example.org",
		.named_network = true,
	};
	struct gather_message m = good;

	(void)state;
	assert_int_equal(gather_decide(&m), GATHER_YES);
	m.named_network = false;
	assert_int_equal(gather_decide(&m), GATHER_NOT_NAMED);
	m = good;
	m.sender = "";
	assert_int_equal(gather_decide(&m), GATHER_NULL_SENDER);
	m = good;
	m.from = "bob@example.org";
	assert_int_equal(gather_decide(&m), GATHER_OTHER_FROM);
	m.from = "";
	assert_int_equal(gather_decide(&m), GATHER_OTHER_FROM);
	m = good;
	m.auto_submitted = true;
	assert_int_equal(gather_decide(&m), GATHER_AUTOMATIC);
	m = good;
	m.list = true;
	assert_int_equal(gather_decide(&m), GATHER_AUTOMATIC);
	m = good;
	m.forwarded = true;
	assert_int_equal(gather_decide(&m), GATHER_AUTOMATIC);
}

static void
which_recipients(void **state)
{
	const char *alice = "alice@example.org";

	(void)state;
	assert_true(gather_recipient(alice, "bob@example.net", false));
	assert_false(gather_recipient(alice, "bob@EXAMPLE.org", false));
	assert_false(gather_recipient(alice, "bob@ours.example", true));
	assert_false(gather_recipient(alice, "bob@[192.0.2.1]", false));
	assert_false(gather_recipient(alice, "\"a@b\"@example.net", false));
	assert_false(gather_recipient(alice, "postmaster", false));
	assert_false(gather_recipient(alice, "bob@", false));
}

static enum lists_status
knows(struct lists *l, const char *sender, struct lists_known_sender *known)
{
	return lists_addressbook(l, "alice@example.org", sender, 0, known);
}

static void
written_in_batches(void **state)
{
	struct lists *l = *state;
	struct gatherer *g = gatherer_new(l);
	struct lists_known_sender known;

	gatherer_add(g, "alice@example.org", "bob@example.net", NOW);
	gatherer_add(g, "alice@example.org", "Bob@example.net", NOW);
	assert_int_equal(gatherer_tick(g, NOW, 0), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_ABSENT);
	assert_int_equal(gatherer_tick(g, NOW + 1, 0), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_OK);
	assert_string_equal(known.source, "gathered");
	assert_int_equal(known.last_seen, NOW);
	/* What is known already only counts, and may wait longer. */
	gatherer_add(g, "alice@example.org", "bob@example.net", NOW + 10);
	assert_int_equal(gatherer_tick(g, NOW + 20, 0), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_OK);
	assert_int_equal(known.last_seen, NOW);
	assert_int_equal(gatherer_tick(g, NOW + 70, 0), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_OK);
	assert_int_equal(known.last_seen, NOW + 10);
	gatherer_free(g);
}

static void
what_a_filter_has_still_to_see(void **state)
{
	static const char *const ours[] = { "example.org",
	    "alice@example.org" };
	static const char *const rcpts[] = { "bob@example.net",
	    "eve@example.org" };
	const struct gather_message message = {
		.sender = "alice@example.org", .from = "alice@example.org",
		.named_network = true,
	};
	struct lists *l = *state;
	struct gatherer *g = gatherer_new(l);
	struct lists_known_sender known;

	assert_int_equal(lists_add(l, LISTS_DOMAIN, &ours[0], 1, why),
	    LISTS_OK);
	assert_int_equal(lists_add(l, LISTS_MAILBOX, &ours[1], 1, why),
	    LISTS_OK);
	assert_int_equal(gatherer_hold(g, "m-1", &message, rcpts, 2, NOW),
	    GATHER_YES);
	assert_int_equal(gatherer_hold(g, "m-2", &message, rcpts, 2, NOW),
	    GATHER_YES);
	assert_int_equal(gatherer_flush(g), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_ABSENT);
	/* Spam; unheard of; twice; too late. */
	gatherer_settle(g, "m-1", false, NOW + 1);
	gatherer_settle(g, "m-1", true, NOW + 1);
	gatherer_settle(g, "m-9", true, NOW + 1);
	gatherer_settle(g, "m-2", true, NOW + 3600);
	assert_int_equal(gatherer_flush(g), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_ABSENT);
	gatherer_hold(g, "m-3", &message, rcpts, 2, NOW);
	gatherer_settle(g, "m-3", true, NOW + 2);
	assert_int_equal(gatherer_flush(g), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_OK);
	assert_int_equal(known.last_seen, NOW + 2);
	gatherer_hold(g, "m-4", &message, rcpts, 2, NOW);
	gatherer_free(g);
}

static void
users_may_opt_out(void **state)
{
	const char *mailbox = "alice@example.org";
	struct lists *l = *state;
	struct gatherer *g = gatherer_new(l);
	struct lists_known_sender known;

	assert_int_equal(lists_opted_out(l, mailbox), LISTS_ABSENT);
	assert_int_equal(lists_add(l, LISTS_OPT_OUT, &mailbox, 1, why),
	    LISTS_OK);
	assert_int_equal(lists_opted_out(l, mailbox), LISTS_OK);
	gatherer_add(g, mailbox, "bob@example.net", NOW);
	assert_int_equal(gatherer_flush(g), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_ABSENT);
	gatherer_free(g);
}

static void
old_entries_are_forgotten(void **state)
{
	const char *kept[] = { "alice@example.org", "carol@example.net" };
	struct lists *l = *state;
	struct gatherer *g = gatherer_new(l);
	struct lists_known_sender known;

	assert_int_equal(lists_add(l, LISTS_ADDRESSBOOK, kept, 2, why),
	    LISTS_OK);
	gatherer_add(g, "alice@example.org", "bob@example.net", NOW);
	assert_int_equal(gatherer_flush(g), LISTS_OK);
	assert_int_equal(gatherer_tick(g, NOW + 86400, 2), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_OK);
	/* Too old to count, though still there. */
	assert_int_equal(lists_addressbook(l, "alice@example.org",
	    "bob@example.net", NOW + 1, &known), LISTS_ABSENT);
	assert_int_equal(gatherer_tick(g, NOW + 3 * 86400, 2), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", &known), LISTS_ABSENT);
	assert_int_equal(knows(l, "carol@example.net", &known), LISTS_OK);
	gatherer_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_never_gathered),
		cmocka_unit_test(which_recipients),
		cmocka_unit_test_setup_teardown(written_in_batches, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(
		    what_a_filter_has_still_to_see, set_up, tear_down),
		cmocka_unit_test_setup_teardown(users_may_opt_out, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(old_entries_are_forgotten,
		    set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
