/* SPDX-License-Identifier: ISC */
/* What became of stored messages, counted; which entries are offered. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smtpd/simulated.h"

/* One message, pushed back for want of a rule. */
static void
push_back(struct simulated *s, const char *author, const char *facts,
    const char *tried)
{
	struct stored stored = { .rcpt = "r@one.example" };
	const struct policy_admin_verdict v = { .action = "fallback",
	    .rule = "last", .author = author, .facts = facts, .tried = tried,
	    .reasons = "dkim\td=a s=b no pass, no key record\n",
	    .results = "spf=temperror" };
	const struct ctl_judged j = { .command = "BDAT 4 LAST",
	    .reply = "550 5.5.64 no", .verdict = &v };

	assert_true(netaddr_parse("192.0.2.7", &stored.hop.peer));
	simulated_add(s, &stored, &j);
}

static void
offers(const struct simulated *s, size_t n, const char *first)
{
	struct tally_row *rows = tally_rows(&s->help);

	assert_int_equal(s->help.keys, n);
	if (n > 0)
		assert_string_equal(rows[0].key, first);
	free(rows);
}

static void
test_offers(void **state)
{
	static const char tried[] = "a\tlacks whitelist-address\n"
	    "d\tlacks whitelist-domain\nb\tlacks addressbook\n"
	    "g\tlacks greenlist; against it: dnsbl\nlast\tholds: fallback\n";
	struct simulated s = { .messages = 0 };

	(void)state;
	push_back(&s, "a@b.example", "ipv4,authenticated", tried);
	push_back(&s, "c@b.example", "authenticated", tried);
	offers(&s, 3, "mx6ctl whitelist domain add b.example");
	push_back(&s, "c@b.example", "not-authenticated", tried);
	offers(&s, 4, "mx6ctl whitelist domain add b.example");
	/* More than the entry was lacking, or it was not alone. */
	push_back(&s, "d@d.example", "authenticated",
	    "d\tlacks addressbook,dwl\n");
	offers(&s, 4, "mx6ctl whitelist domain add b.example");
	/* A word that a shell would read as more than a word. */
	push_back(&s, "$(x)@`y`.example", "authenticated", tried);
	push_back(&s, "--skip@-b.example", "authenticated", tried);
	offers(&s, 4, "mx6ctl whitelist domain add b.example");
	assert_int_equal(s.pushed_back, 6);
	assert_int_equal(s.keys_gone, 6);
	assert_int_equal(s.trouble, 6);
	assert_int_equal(s.ipv4, 6);
	simulated_done(&s);
}

static void
test_outcomes(void **state)
{
	struct simulated s = { .messages = 0 };
	struct stored stored = { .rcpt = "r@one.example" };
	struct policy_admin_verdict v = { .action = "reject", .rule = "x",
	    .author = "", .facts = "", .tried = "", .reasons = "",
	    .results = "" };
	struct ctl_judged j = { .command = "RCPT TO:<a@b>",
	    .reply = "550 5.1.1 no\n550 5.1.1 really" };

	(void)state;
	simulated_add(&s, &stored, &j);
	j.verdict = &v;
	simulated_add(&s, &stored, &j);
	j.accepted = true;
	simulated_add(&s, &stored, &j);
	j.filter = DRY_CONTENT;
	simulated_add(&s, &stored, &j);
	simulated_fault(&s, "cur/1", STORED_NO_RECEIVED);
	assert_int_equal(s.messages, 5);
	assert_int_equal(simulated_judged(&s), 4);
	assert_int_equal(s.refused, 2);
	assert_int_equal(s.accepted, 1);
	assert_int_equal(s.filtered, 1);
	assert_int_equal(s.unread[STORED_NO_RECEIVED], 1);
	assert_int_equal(s.refusals.keys, 1);
	simulated_done(&s);
}

static void
test_tally(void **state)
{
	struct tally t = { .tree = NULL };
	struct tally_row *rows;

	(void)state;
	for (int i = 0; i < 3; i++)
		tally_add(&t, "b");
	tally_add(&t, "c");
	tally_add(&t, "a");
	rows = tally_rows(&t);
	assert_int_equal(t.keys, 3);
	assert_string_equal(rows[0].key, "b");
	assert_int_equal(rows[0].count, 3);
	assert_string_equal(rows[1].key, "a");
	assert_string_equal(rows[2].key, "c");
	free(rows);
	tally_done(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offers),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_tally),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
