/* SPDX-License-Identifier: ISC */
/* What the lists know that is good about a sender. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/lists_db.h"
#include "policy/lists_signs.h"
#include "util/xalloc.h"

#define ALICE "alice@example.org"

static char path[64];
static char why[LISTS_WHY_SIZE];
static char row[LISTS_VALUE_SIZE];
static char found[LISTS_VALUE_SIZE + 16];

static int
set_up(void **state)
{
	snprintf(path, sizeof path, "/tmp/test_lists_signs.%ld.db",
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

static enum lists_status
add(struct lists *l, enum lists_table table, const char *a, const char *b,
    const char *c)
{
	const char *values[] = { a, b, c };
	size_t count = lists_column_count(table);

	return lists_add(l, table, values, count < 3 ? count : 3, why);
}

/* As the sqlite3 shell would, on a connection of its own. */
static bool
by_hand(const char *sql)
{
	char message[256];
	struct lists_db *db = lists_db_open(path, 1000, message,
	    sizeof message);
	bool done = lists_db_run(db, sql);

	lists_db_close(db);
	return done;
}

/* ---- domains ---- */

static void
domain_rows_say_which_authentication(void **state)
{
	struct lists *l = *state;
	unsigned auths = 0;

	assert_int_equal(add(l, LISTS_WHITELIST_DOMAIN, "example.com", "",
	    ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_WHITELIST_DOMAIN, "Example.net", "yes",
	    "dkim"), LISTS_OK);
	assert_int_equal(add(l, LISTS_WHITELIST_DOMAIN, "a.example.net", "",
	    "best-guess"), LISTS_OK);
	assert_int_equal(add(l, LISTS_WHITELIST_DOMAIN, "b.example.net", "",
	    "sometimes"), LISTS_REFUSED);
	assert_int_equal(add(l, LISTS_WHITELIST_DOMAIN, "b.example.net",
	    "perhaps", ""), LISTS_REFUSED);

	assert_int_equal(lists_whitelist_domain(l, "example.com", &auths, row),
	    LISTS_OK);
	assert_int_equal(auths, 1u << LISTS_AUTH_ALIGNED);
	assert_string_equal(row, "example.com");
	/* Domains below it only if the row says so. */
	assert_int_equal(lists_whitelist_domain(l, "www.example.com", &auths,
	    row), LISTS_ABSENT);
	assert_int_equal(lists_whitelist_domain(l, "notexample.net", &auths,
	    row), LISTS_ABSENT);
	assert_int_equal(lists_whitelist_domain(l, "x.y.example.net", &auths,
	    row), LISTS_OK);
	assert_int_equal(auths, 1u << LISTS_AUTH_DKIM);
	assert_string_equal(row, "example.net");
	/* Each row that covers it counts; the nearest is named. */
	assert_int_equal(lists_whitelist_domain(l, "a.example.net", &auths,
	    row), LISTS_OK);
	assert_int_equal(auths, 1u << LISTS_AUTH_DKIM |
	    1u << LISTS_AUTH_BEST_GUESS);
	assert_string_equal(row, "a.example.net");
	assert_int_equal(lists_whitelist_domain(l, "b.a.example.net", &auths,
	    row), LISTS_OK);
	assert_int_equal(auths, 1u << LISTS_AUTH_DKIM);
	assert_int_equal(lists_whitelist_domain(l, "", &auths, row),
	    LISTS_ABSENT);
}

/* ---- addressbooks ---- */

static enum lists_status
knows(struct lists *l, const char *from, int64_t since)
{
	struct lists_known_sender known = { .row = "" };
	enum lists_status status = lists_addressbook(l, ALICE, from, since,
	    &known);

	snprintf(found, sizeof found, "%s %s", known.source, known.row);
	return status;
}

static void
books_hold_addresses_and_domains(void **state)
{
	struct lists *l = *state;

	assert_int_equal(add(l, LISTS_ADDRESSBOOK, "Alice@Example.org",
	    "Bob@Example.net", ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_ADDRESSBOOK, ALICE, "partner.example",
	    ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_ADDRESSBOOK, "carol@example.org",
	    "dave@example.net", ""), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", 0), LISTS_OK);
	assert_string_equal(found, "user bob@example.net");
	assert_int_equal(knows(l, "BOB@EXAMPLE.NET", 0), LISTS_OK);
	assert_int_equal(knows(l, "anyone@partner.example", 0), LISTS_OK);
	assert_string_equal(found, "user partner.example");
	/* A domain is everybody in it, not below it. */
	assert_int_equal(knows(l, "anyone@www.partner.example", 0),
	    LISTS_ABSENT);
	assert_int_equal(knows(l, "rob@example.net", 0), LISTS_ABSENT);
	/* A book is one user's. */
	assert_int_equal(knows(l, "dave@example.net", 0), LISTS_ABSENT);
}

static void
own_domain_never_counts(void **state)
{
	struct lists *l = *state;

	assert_int_equal(add(l, LISTS_ADDRESSBOOK, ALICE, ALICE, ""),
	    LISTS_REFUSED);
	assert_int_equal(add(l, LISTS_ADDRESSBOOK, ALICE, "bob@EXAMPLE.org",
	    ""), LISTS_REFUSED);
	assert_int_equal(add(l, LISTS_ADDRESSBOOK, ALICE, "example.org", ""),
	    LISTS_REFUSED);
	assert_false(by_hand("INSERT INTO addressbook(recipient, sender) "
	    "VALUES ('" ALICE "', 'Bob@Example.org')"));
	assert_false(by_hand("INSERT INTO addressbook(recipient, sender) "
	    "VALUES ('" ALICE "', 'example.ORG')"));
	assert_false(by_hand("INSERT INTO addressbook(recipient, sender, "
	    "source) VALUES ('" ALICE "', 'example.net', 'gathered')"));
	/* Nor does a row that got in by force. */
	assert_true(by_hand("PRAGMA ignore_check_constraints = 1; "
	    "INSERT INTO addressbook(recipient, sender) "
	    "VALUES ('" ALICE "', 'bob@example.org')"));
	assert_int_equal(knows(l, "bob@example.org", 0), LISTS_ABSENT);
}

static void
gathered_rows_age(void **state)
{
	const char *gathered[] = { ALICE, "bob@example.net", "gathered", "3",
	    "2020-01-01", "2021-01-01T00:00:00Z" };
	struct lists *l = *state;

	assert_int_equal(lists_add(l, LISTS_ADDRESSBOOK, gathered, 6, why),
	    LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", 1609459200), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", 1609459201),
	    LISTS_ABSENT);
	/* What the user adds, does not. */
	assert_int_equal(add(l, LISTS_ADDRESSBOOK, ALICE, "bob@example.net",
	    "user"), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", 1609459201), LISTS_OK);
	assert_int_equal(add(l, LISTS_ADDRESSBOOK, ALICE, "bob@example.net",
	    "gathered"), LISTS_EXISTS);
	gathered[5] = "yesterday";
	assert_int_equal(lists_add(l, LISTS_ADDRESSBOOK, gathered, 6, why),
	    LISTS_REFUSED);
}

static void
opting_out_removes_what_was_gathered(void **state)
{
	const struct lists_gathered rows[] = {
		{ ALICE, "bob@example.net", 1, 1000 },
		{ ALICE, "eve@example.org", 1, 1000 },	/* her own domain */
		{ "carol@example.org", "bob@example.net", 2, 1000 },
	};
	struct lists *l = *state;

	assert_int_equal(add(l, LISTS_ADDRESSBOOK, ALICE, "dave@example.net",
	    ""), LISTS_OK);
	assert_int_equal(lists_gather(l, rows, 3), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", 0), LISTS_OK);
	assert_int_equal(add(l, LISTS_OPT_OUT, ALICE, "", ""), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", 0), LISTS_ABSENT);
	assert_int_equal(knows(l, "dave@example.net", 0), LISTS_OK);
	assert_int_equal(lists_gather(l, rows, 3), LISTS_OK);
	assert_int_equal(knows(l, "bob@example.net", 0), LISTS_ABSENT);
}

/* ---- greenlist ---- */

static enum lists_status
green_from(struct lists *l, enum lists_green kind, const char *text)
{
	struct netaddr addr;

	assert_true(netaddr_parse(text, &addr));
	return lists_green_address(l, kind, &addr, row);
}

static void
greenlist_has_kinds(void **state)
{
	struct lists *l = *state;

	assert_int_equal(add(l, LISTS_GREENLIST, "network", "2001:db8::/32",
	    ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_GREENLIST, "forwarder",
	    "2001:db8:1::/48", ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_GREENLIST, "forwarder", "fwd.example",
	    ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_GREENLIST, "ptr-name", "isp.example",
	    ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_GREENLIST, "domain", "shop.example",
	    ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_GREENLIST, "asn", "AS64500", ""),
	    LISTS_OK);
	assert_int_equal(add(l, LISTS_GREENLIST, "registrar", "Strict Ltd.",
	    ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_GREENLIST, "network", "isp.example",
	    ""), LISTS_REFUSED);
	assert_int_equal(add(l, LISTS_GREENLIST, "asn", "", ""),
	    LISTS_REFUSED);
	assert_int_equal(add(l, LISTS_GREENLIST, "colour", "green", ""),
	    LISTS_REFUSED);
	lists_changed(l);

	assert_int_equal(green_from(l, LISTS_GREEN_NETWORK, "2001:db8:1::1"),
	    LISTS_OK);
	assert_string_equal(row, "2001:db8::/32");
	assert_int_equal(green_from(l, LISTS_GREEN_FORWARDER,
	    "2001:db8:1::1"), LISTS_OK);
	assert_string_equal(row, "2001:db8:1::/48");
	assert_int_equal(green_from(l, LISTS_GREEN_FORWARDER,
	    "2001:db8:2::1"), LISTS_ABSENT);
	assert_int_equal(lists_green_host(l, LISTS_GREEN_FORWARDER,
	    "mx1.fwd.example", row), LISTS_OK);
	assert_int_equal(lists_green_host(l, LISTS_GREEN_PTR_NAME,
	    "host-1.isp.example", row), LISTS_OK);
	assert_string_equal(row, "isp.example");
	assert_int_equal(lists_green_host(l, LISTS_GREEN_PTR_NAME,
	    "shop.example", row), LISTS_ABSENT);
	assert_int_equal(lists_green_host(l, LISTS_GREEN_DOMAIN,
	    "shop.example", row), LISTS_OK);
	assert_int_equal(lists_green_exact(l, LISTS_GREEN_ASN, "64500"),
	    LISTS_OK);
	assert_int_equal(lists_green_exact(l, LISTS_GREEN_ASN, "6450"),
	    LISTS_ABSENT);
	assert_int_equal(lists_green_exact(l, LISTS_GREEN_REGISTRAR,
	    "STRICT LTD."), LISTS_OK);
}

static void
count_misfit(void *arg, const char *network)
{
	unsigned *count = arg;

	assert_string_equal(network, "not a network");
	(*count)++;
}

static void
greenlist_typed_by_hand(void **state)
{
	struct lists *l = *state;
	unsigned misfits = 0;

	assert_true(by_hand("INSERT INTO greenlist(kind, value) VALUES "
	    "('network', '2001:db8::/33'), ('forwarder', '192.0.2.0/24'), "
	    "('forwarder', 'fwd.example'), ('asn', '64500'), "
	    "('network', 'not a network')"));
	assert_true(lists_changed(l));
	assert_int_equal(green_from(l, LISTS_GREEN_NETWORK, "2001:db8::1"),
	    LISTS_OK);
	assert_int_equal(green_from(l, LISTS_GREEN_FORWARDER, "192.0.2.1"),
	    LISTS_OK);
	assert_int_equal(lists_green_exact(l, LISTS_GREEN_ASN, "64500"),
	    LISTS_OK);
	assert_int_equal(lists_each_misfit(l, count_misfit, &misfits),
	    LISTS_OK);
	assert_int_equal(misfits, 1);
	/* An edited row is found by its new value. */
	assert_true(by_hand("UPDATE greenlist SET value = '198.51.100.0/24' "
	    "WHERE value = '192.0.2.0/24'"));
	assert_true(lists_changed(l));
	assert_int_equal(green_from(l, LISTS_GREEN_FORWARDER, "192.0.2.1"),
	    LISTS_ABSENT);
	assert_int_equal(green_from(l, LISTS_GREEN_FORWARDER,
	    "198.51.100.1"), LISTS_OK);
}

/* ---- facts ---- */

static void
no_problem(void *arg, uint64_t line, const char *text)
{
	(void)arg;
	fail_msg("%llu: %s", (unsigned long long)line, text);
}

static void
facts_come_in_one_file(void **state)
{
	static const char csv[] = "domain,registrar,whois\n"
	    "example.com,\"Strict, Ltd.\",good\n"
	    "network,asn,whois\n"
	    "2001:db8::/32,AS64500,bad\n2001:db8:1::/48,,hidden\n";
	struct lists *l = *state;
	struct lists_imported counts;
	struct lists_domain_facts domain;
	struct lists_network_facts network;
	struct netaddr addr;

	assert_int_equal(lists_import(l, LISTS_DOMAIN_FACTS, csv,
	    sizeof csv - 1, false, no_problem, NULL, &counts), LISTS_OK);
	assert_int_equal(counts.added, 3);
	lists_changed(l);
	assert_int_equal(lists_domain_facts(l, "www.example.com", &domain),
	    LISTS_OK);
	assert_string_equal(domain.row, "example.com");
	assert_string_equal(domain.registrar, "Strict, Ltd.");
	assert_int_equal(domain.whois, LISTS_WHOIS_GOOD);
	assert_int_equal(lists_domain_facts(l, "com", &domain), LISTS_ABSENT);
	assert_true(netaddr_parse("2001:db8:1::1", &addr));
	assert_int_equal(lists_network_facts(l, &addr, &network), LISTS_OK);
	assert_string_equal(network.row, "2001:db8:1::/48");
	assert_int_equal(network.whois, LISTS_WHOIS_HIDDEN);
	assert_true(netaddr_parse("2001:db8:2::1", &addr));
	assert_int_equal(lists_network_facts(l, &addr, &network), LISTS_OK);
	assert_int_equal(network.asn, 64500);
	/* A second import brings what has changed. */
	assert_int_equal(lists_import(l, LISTS_DOMAIN_FACTS, csv,
	    sizeof csv - 1, false, no_problem, NULL, &counts), LISTS_OK);
	assert_int_equal(counts.known, 3);
	assert_int_equal(add(l, LISTS_DOMAIN_FACTS, "example.com", "Other",
	    "bad"), LISTS_OK);
	assert_int_equal(lists_domain_facts(l, "example.com", &domain),
	    LISTS_OK);
	assert_string_equal(domain.registrar, "Other");
}

static void
best_guesses(void **state)
{
	struct lists *l = *state;

	assert_int_equal(add(l, LISTS_BEST_GUESS, "example.com",
	    "v=spf1 a mx -all", ""), LISTS_OK);
	assert_int_equal(add(l, LISTS_BEST_GUESS, "example.net",
	    "v=spf10 a -all", ""), LISTS_REFUSED);
	assert_int_equal(lists_best_guess(l, "EXAMPLE.com", row), LISTS_OK);
	assert_string_equal(row, "v=spf1 a mx -all");
	assert_int_equal(lists_best_guess(l, "www.example.com", row),
	    LISTS_ABSENT);
}

/* ---- size ---- */

static void
many_rows(void **state)
{
	struct lists *l = *state;
	struct lists_known_sender known;
	unsigned auths;

	assert_true(by_hand("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL "
	    "SELECT i + 1 FROM n WHERE i < 199999) "
	    "INSERT INTO addressbook(recipient, sender) "
	    "SELECT 'user' || (i % 1000) || '@example.org', "
	    "'friend' || i || '@example.net' FROM n"));
	assert_true(by_hand("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL "
	    "SELECT i + 1 FROM n WHERE i < 99999) "
	    "INSERT INTO whitelist_domain(domain, subdomains) "
	    "SELECT 'd' || i || '.example', 'yes' FROM n"));
	for (int i = 0; i < 2000; i++) {
		char user[64], from[64], domain[64];

		snprintf(user, sizeof user, "user%d@example.org", i % 1000);
		snprintf(from, sizeof from, "friend%d@example.net", i);
		assert_int_equal(lists_addressbook(l, user, from, 0, &known),
		    LISTS_OK);
		snprintf(user, sizeof user, "user%d@example.org",
		    (i + 1) % 1000);
		assert_int_equal(lists_addressbook(l, user, from, 0, &known),
		    LISTS_ABSENT);
		snprintf(domain, sizeof domain, "a.b.d%d.example", i);
		assert_int_equal(lists_whitelist_domain(l, domain, &auths,
		    row), LISTS_OK);
	}
}

static void
first_schema_is_migrated(void **state)
{
	struct lists *l = *state;
	unsigned auths;

	/* As it was before these tables. */
	assert_true(by_hand("DROP TABLE whitelist_domain; "
	    "DROP TABLE addressbook; DROP TABLE addressbook_opt_out; "
	    "DROP TABLE greenlist; DROP TABLE domain_facts; "
	    "DROP TABLE network_facts; DROP TABLE best_guess; "
	    "PRAGMA user_version = 1"));
	lists_close(l);
	*state = l = lists_open(path, 1000, why);
	assert_non_null(l);
	assert_int_equal(lists_whitelist_domain(l, "example.com", &auths,
	    row), LISTS_ABSENT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(domain_rows_say_which_authentication),
		TEST(books_hold_addresses_and_domains),
		TEST(own_domain_never_counts), TEST(gathered_rows_age),
		TEST(opting_out_removes_what_was_gathered),
		TEST(greenlist_has_kinds), TEST(greenlist_typed_by_hand),
		TEST(facts_come_in_one_file), TEST(best_guesses),
		TEST(many_rows), TEST(first_schema_is_migrated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
