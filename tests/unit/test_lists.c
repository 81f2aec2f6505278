/* SPDX-License-Identifier: ISC */
/* The lists: edits, lookups, rows typed by hand, imports, a large table. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/lists.h"
#include "policy/lists_db.h"
#include "util/buf.h"
#include "util/xalloc.h"

static char path[64];
static char why[LISTS_WHY_SIZE];

static int
set_up(void **state)
{
	snprintf(path, sizeof path, "/tmp/test_lists.%ld.db", (long)getpid());
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
add2(struct lists *l, enum lists_table table, const char *a, const char *b)
{
	const char *values[2] = { a, b };

	return lists_add(l, table, values, 2, why);
}

static enum lists_status
remove1(struct lists *l, enum lists_table table, const char *key)
{
	return lists_remove(l, table, &key, 1, why);
}

static enum lists_status
whitelisted(struct lists *l, const char *text)
{
	struct netaddr addr;

	assert_true(netaddr_parse(text, &addr));
	return lists_whitelisted(l, &addr);
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

static void
networks_nest(void **state)
{
	struct lists *l = *state;

	assert_int_equal(add2(l, LISTS_WHITELIST, "10.0.0.0/8", ""), LISTS_OK);
	assert_int_equal(add2(l, LISTS_WHITELIST, "10.1.0.0/16", "b"),
	    LISTS_OK);
	assert_int_equal(add2(l, LISTS_WHITELIST, "192.0.2.1", ""), LISTS_OK);
	assert_int_equal(add2(l, LISTS_WHITELIST, "2001:DB8::/32", ""),
	    LISTS_OK);
	lists_changed(l);
	assert_int_equal(whitelisted(l, "10.2.0.1"), LISTS_OK);
	assert_int_equal(whitelisted(l, "10.1.0.1"), LISTS_OK);
	assert_int_equal(whitelisted(l, "11.0.0.1"), LISTS_ABSENT);
	assert_int_equal(whitelisted(l, "192.0.2.1"), LISTS_OK);
	assert_int_equal(whitelisted(l, "192.0.2.2"), LISTS_ABSENT);
	assert_int_equal(whitelisted(l, "2001:db8:ffff::1"), LISTS_OK);
	assert_int_equal(whitelisted(l, "2001:db9::1"), LISTS_ABSENT);
	/* An IPv4-mapped address is the IPv4 address. */
	assert_int_equal(whitelisted(l, "::ffff:10.2.0.1"), LISTS_OK);
	assert_int_equal(remove1(l, LISTS_WHITELIST, "10.0.0.0/8"), LISTS_OK);
	assert_int_equal(remove1(l, LISTS_WHITELIST, "10.0.0.0/8"),
	    LISTS_ABSENT);
	assert_int_equal(whitelisted(l, "10.2.0.1"), LISTS_ABSENT);
	assert_int_equal(whitelisted(l, "10.1.0.1"), LISTS_OK);
}

static void
same_row_twice(void **state)
{
	struct lists *l = *state;

	assert_int_equal(add2(l, LISTS_WHITELIST, "2001:db8::/32", ""),
	    LISTS_OK);
	assert_int_equal(add2(l, LISTS_WHITELIST, "2001:0db8:0::/32", ""),
	    LISTS_EXISTS);
	assert_int_equal(add2(l, LISTS_DOMAIN, "example.org", ""), LISTS_OK);
	assert_int_equal(add2(l, LISTS_DOMAIN, "EXAMPLE.org", ""),
	    LISTS_EXISTS);
}

static void
bad_values(void **state)
{
	struct lists *l = *state;

	assert_int_equal(add2(l, LISTS_WHITELIST, "10.0.0.1/8", ""),
	    LISTS_REFUSED);
	assert_non_null(strstr(why, "10.0.0.1/8"));
	assert_int_equal(add2(l, LISTS_DOMAIN, "exa mple", ""), LISTS_REFUSED);
	assert_int_equal(add2(l, LISTS_DOMAIN, "example.org", "unix:rel"),
	    LISTS_REFUSED);
	assert_int_equal(add2(l, LISTS_MAILBOX, "a@example.org", ""),
	    LISTS_REFUSED);
	assert_non_null(strstr(why, "domain"));
	assert_int_equal(add2(l, LISTS_ALIAS, "nobody", "a@example.org"),
	    LISTS_REFUSED);
}

static void
domains_and_mailboxes(void **state)
{
	const char *mailbox[] = { "Alice@Example.org", "alice", "mail/in" };
	const char *bad[] = { "bob@example.org", "bob", "../alice" };
	struct lists *l = *state;
	struct lists_mailbox m;
	struct lists_domain d;

	assert_int_equal(add2(l, LISTS_DOMAIN, "example.org",
	    "unix:/run/lmtp"), LISTS_OK);
	assert_int_equal(lists_domain(l, "EXAMPLE.org", &d), LISTS_OK);
	assert_string_equal(d.transport, "unix:/run/lmtp");
	assert_int_equal(lists_add(l, LISTS_MAILBOX, mailbox, 3, why),
	    LISTS_OK);
	assert_int_equal(lists_add(l, LISTS_MAILBOX, bad, 3, why),
	    LISTS_REFUSED);
	assert_int_equal(lists_mailbox(l, "alice@example.org", &m), LISTS_OK);
	assert_string_equal(m.maildir, "mail/in");
	assert_string_equal(m.user, "alice");
	assert_int_equal(lists_first_mailbox(l, "example.org", &m), LISTS_OK);
	assert_int_equal(lists_first_mailbox(l, "", &m), LISTS_OK);
	assert_int_equal(lists_first_mailbox(l, "example.net", &m),
	    LISTS_ABSENT);
	assert_int_equal(remove1(l, LISTS_DOMAIN, "example.org"),
	    LISTS_REFUSED);
	assert_int_equal(remove1(l, LISTS_MAILBOX, "ALICE@example.org"),
	    LISTS_OK);
	assert_int_equal(remove1(l, LISTS_DOMAIN, "example.org"), LISTS_OK);
}

static void
note_misfit(void *arg, const char *network)
{
	snprintf(arg, 64, "%s", network);
}

static void
rows_by_hand(void **state)
{
	struct lists *l = *state;
	char misfit[64] = "";

	lists_changed(l);
	assert_false(lists_changed(l));
	assert_true(by_hand("INSERT INTO whitelist_address(network) VALUES "
	    "('2001:0DB8:0:0::/64'), ('192.0.2.7/24')"));
	assert_true(lists_changed(l));
	assert_false(lists_changed(l));
	assert_int_equal(whitelisted(l, "2001:db8::5"), LISTS_OK);
	assert_int_equal(lists_each_misfit(l, note_misfit, misfit), LISTS_OK);
	assert_string_equal(misfit, "192.0.2.7/24");
	assert_true(by_hand("UPDATE whitelist_address SET network = "
	    "'192.0.2.0/24' WHERE network = '192.0.2.7/24'"));
	assert_true(lists_changed(l));
	assert_int_equal(whitelisted(l, "192.0.2.9"), LISTS_OK);
	/* Removed by any way of writing it. */
	assert_int_equal(remove1(l, LISTS_WHITELIST, "2001:db8::/64"),
	    LISTS_OK);
	assert_false(by_hand("INSERT INTO mailbox(address) VALUES "
	    "('a@nowhere.example')"));
	assert_false(by_hand("INSERT INTO domain(name) VALUES ('a b')"));
}

struct problems {
	unsigned	count;
	uint64_t	last_line;
};

static void
note_problem(void *arg, uint64_t line, const char *text)
{
	struct problems *p = arg;

	assert_true(text[0] != '\0');
	p->count++;
	p->last_line = line;
}

static void
imports_are_whole(void **state)
{
	static const char text[] = "network,note\r\n"
	    "192.0.2.0/24,\"Smith, Inc.\"\r\n"
	    "# a comment\r\n"
	    "\r\n"
	    "not a network,x\r\n"
	    "192.0.2.0/24,again\r\n"
	    "2001:db8::/32,y,too many\r\n"
	    "2001:db8::/32\r\n";
	struct lists *l = *state;
	struct lists_imported imported;
	struct problems p = { 0 };

	assert_int_equal(lists_import(l, LISTS_WHITELIST, text,
	    sizeof text - 1, false, note_problem, &p, &imported),
	    LISTS_REFUSED);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.last_line, 7);
	assert_int_equal(imported.bad, 2);
	lists_changed(l);
	assert_int_equal(whitelisted(l, "192.0.2.1"), LISTS_ABSENT);
	assert_int_equal(lists_import(l, LISTS_WHITELIST, text,
	    sizeof text - 1, true, note_problem, &p, &imported), LISTS_OK);
	assert_int_equal(imported.added, 2);
	assert_int_equal(imported.known, 1);
	lists_changed(l);
	assert_int_equal(whitelisted(l, "192.0.2.1"), LISTS_OK);
}

static bool
count_any_row(void *arg, const char *const *values, size_t count)
{
	(void)values;
	(void)count;
	(*(unsigned *)arg)++;
	return true;
}

/* A good line and a bad one for each table. */
static void
every_table_is_imported_whole(void **state)
{
	static const char *const files[LISTS_TABLES] = {
		[LISTS_WHITELIST] = "192.0.2.0/24\n192.0.2.1/24\n",
		[LISTS_DOMAIN] = "example.org\nexample.net,by pigeon\n",
		[LISTS_MAILBOX] = "a@example.org\nb@not-ours.example\n",
		[LISTS_ALIAS] = "x@example.org,a@example.org\ny\n",
		[LISTS_WHITELIST_DOMAIN] = "example.com\n"
		    "example.net,no,by-luck\n",
		[LISTS_ADDRESSBOOK] = "a@example.org,b@example.net\n"
		    "a@example.org,c@example.org\n",
		[LISTS_OPT_OUT] = "a@example.org\nnobody\n",
		[LISTS_GREENLIST] = "asn,64500\n"
		    "asn,64501,note,suggested,tomorrow\n",
		[LISTS_DOMAIN_FACTS] = "example.com,Strict,good\n"
		    "example.net,Strict,perhaps\n",
		[LISTS_NETWORK_FACTS] = "192.0.2.0/24,64500\n"
		    "192.0.3.0/24,many\n",
		[LISTS_BEST_GUESS] = "example.com,v=spf1 a -all\n"
		    "example.net,v=spf2\n",
	};
	struct lists *l = *state;

	for (unsigned t = 0; t < LISTS_TABLES; t++) {
		struct lists_imported imported;
		struct problems p = { 0 };
		unsigned rows = 0;

		assert_int_equal(lists_import(l, (enum lists_table)t,
		    files[t], strlen(files[t]), false, note_problem, &p,
		    &imported), LISTS_REFUSED);
		assert_int_equal(p.count, 1);
		assert_int_equal(p.last_line, 2);
		lists_each(l, (enum lists_table)t, "", count_any_row, &rows);
		assert_int_equal(rows, 0);
		assert_int_equal(lists_import(l, (enum lists_table)t,
		    files[t], strlen(files[t]), true, note_problem, &p,
		    &imported), LISTS_OK);
		lists_each(l, (enum lists_table)t, "", count_any_row, &rows);
		assert_int_equal(rows, 1);
		assert_int_equal(p.last_line, 2);
	}
}

static bool
count_row(void *arg, const char *const *values, size_t count)
{
	assert_int_equal(count, 2);
	assert_non_null(values[1]);
	(*(unsigned *)arg)++;
	return true;
}

static void
alias_target(void *arg, const char *target)
{
	assert_non_null(strchr(target, '@'));
	(*(unsigned *)arg)++;
}

static void
aliases(void **state)
{
	struct lists *l = *state;
	const char *pair[] = { "team@example.org", "b@example.net" };
	unsigned n = 0;

	assert_int_equal(add2(l, LISTS_ALIAS, "Team@example.org",
	    "a@example.org"), LISTS_OK);
	assert_int_equal(add2(l, LISTS_ALIAS, "team@example.org",
	    "b@example.net"), LISTS_OK);
	assert_int_equal(add2(l, LISTS_ALIAS, "@example.org", "@example.net"),
	    LISTS_OK);
	assert_int_equal(lists_alias(l, "TEAM@example.org", alias_target, &n),
	    LISTS_OK);
	assert_int_equal(n, 2);
	n = 0;
	assert_int_equal(lists_each(l, LISTS_ALIAS, "example.net", count_row,
	    &n), LISTS_OK);
	assert_int_equal(n, 2);
	assert_int_equal(lists_remove(l, LISTS_ALIAS, pair, 2, why), LISTS_OK);
	assert_int_equal(lists_remove(l, LISTS_ALIAS, pair, 1, why), LISTS_OK);
	assert_int_equal(lists_remove(l, LISTS_ALIAS, pair, 1, why),
	    LISTS_ABSENT);
}

static void
a_newer_schema(void **state)
{
	(void)state;
	assert_true(by_hand("PRAGMA user_version = 99"));
	assert_null(lists_open(path, 1000, why));
	assert_non_null(strstr(why, "99"));
}

/* 100,000 networks: looking up costs microseconds, not a scan. */
static void
many_rows(void **state)
{
	struct lists *l = *state;
	struct lists_imported imported;
	struct buf text;
	struct problems p = { 0 };

	buf_init(&text, 16 * 1024 * 1024);
	for (unsigned i = 0; i < 100000; i++)
		buf_addf(&text, "2001:db8:%x:%x::/64,n\n", 1 + i / 50000,
		    1 + i % 50000);
	assert_int_equal(lists_import(l, LISTS_WHITELIST, buf_cstr(&text),
	    buf_len(&text), false, note_problem, &p, &imported), LISTS_OK);
	assert_int_equal(imported.added, 100000);
	buf_done(&text);
	lists_changed(l);
	for (unsigned i = 0; i < 1000; i++) {
		char addr[64];

		snprintf(addr, sizeof addr, "2001:db8:1:%x::25", 1 + i);
		assert_int_equal(whitelisted(l, addr), LISTS_OK);
		snprintf(addr, sizeof addr, "2001:db8:3:%x::25", 1 + i);
		assert_int_equal(whitelisted(l, addr), LISTS_ABSENT);
	}
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(networks_nest), TEST(same_row_twice), TEST(bad_values),
		TEST(domains_and_mailboxes), TEST(rows_by_hand),
		TEST(imports_are_whole),
		TEST(every_table_is_imported_whole), TEST(aliases), TEST(a_newer_schema),
		TEST(many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
