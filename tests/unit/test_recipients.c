/* SPDX-License-Identifier: ISC */
/* Recipients: ours or not, aliases, details, postmaster, bounds. */

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/recipients.h"
#include "util/buf.h"

static char path[64];
static char why[LISTS_WHY_SIZE];
static char reason[LISTS_WHY_SIZE];	/* of find's last failure */
static struct recipients_settings settings;

static void
add(struct lists *l, enum lists_table table, const char *a, const char *b)
{
	const char *values[2] = { a, b };

	assert_int_equal(lists_add(l, table, values, 2, why), LISTS_OK);
}

static int
set_up(void **state)
{
	struct lists *l;

	snprintf(path, sizeof path, "/tmp/test_recipients.%ld.db",
	    (long)getpid());
	unlink(path);
	*state = l = lists_open(path, 1000, why);
	settings = (struct recipients_settings){ .hostname = "mx.example.org",
	    .maildir = "Maildir", .lmtp = "", .delimiter = "+" };
	add(l, LISTS_DOMAIN, "example.net", "host.example:24");
	add(l, LISTS_DOMAIN, "example.org", "");
	add(l, LISTS_DOMAIN, "relay.example", "relay");
	add(l, LISTS_MAILBOX, "alice@example.org", "alice");
	add(l, LISTS_MAILBOX, "bob@example.org", "");
	add(l, LISTS_MAILBOX, "carol@example.net", "");
	return 0;
}

static int
tear_down(void **state)
{
	lists_close(*state);
	return unlink(path);
}

/* The targets as "kind:address:user:path ...", or the status. */
static const char *
find(struct lists *l, const char *address, bool relay)
{
	static const char *const statuses[] = { "ok", "unknown", "no-relay",
	    "trouble", "loop" };
	static const char *const kinds[] = { "remote", "maildir", "lmtp" };
	static struct buf text;
	struct targets t;
	enum recipient_status status;

	buf_done(&text);
	buf_init(&text, 1024 * 1024);
	status = recipients_find(l, &settings, address, relay, &t, reason);
	if (status != RECIPIENT_OK) {
		assert_int_equal(t.count, 0);
		return statuses[status];
	}
	for (size_t i = 0; i < t.count; i++)
		buf_addf(&text, "%s%s:%s:%s:%s", i == 0 ? "" : " ",
		    kinds[t.items[i].kind], t.items[i].address,
		    t.items[i].user, t.items[i].path);
	targets_done(&t);
	return buf_cstr(&text);
}

/* The first trouble is told, whatever is looked up and said after it. */
static void
trouble_keeps_its_reason(void **state)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DROP TABLE mailbox", NULL, NULL,
	    NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_string_equal(find(*state, "alice@example.org", false),
	    "trouble");
	assert_string_equal(reason, "no such table: mailbox");
	assert_string_equal(find(*state, "x@elsewhere.example", false),
	    "no-relay");
	assert_string_equal(reason, "");
}

static void
ours_or_not(void **state)
{
	struct lists *l = *state;

	assert_string_equal(find(l, "alice@example.org", false),
	    "maildir:alice@example.org:alice:Maildir");
	assert_string_equal(find(l, "ALICE@Example.ORG", false),
	    "maildir:alice@example.org:alice:Maildir");
	assert_string_equal(find(l, "bob@example.org", false),
	    "maildir:bob@example.org::example.org/bob/Maildir");
	assert_string_equal(find(l, "carol@example.net", false),
	    "lmtp:carol@example.net::host.example:24");
	assert_string_equal(find(l, "nobody@example.org", false), "unknown");
	assert_string_equal(find(l, "x@elsewhere.example", false), "no-relay");
	assert_string_equal(find(l, "X@elsewhere.example", true),
	    "remote:X@elsewhere.example::");
	assert_string_equal(find(l, "Any@relay.example", false),
	    "remote:Any@relay.example::");
	assert_string_equal(find(l, "a@[192.0.2.1]", false), "no-relay");
}

static void
lmtp_for_all(void **state)
{
	struct lists *l = *state;

	settings.lmtp = "unix:/run/dovecot/lmtp";
	assert_string_equal(find(l, "alice@example.org", false),
	    "lmtp:alice@example.org::unix:/run/dovecot/lmtp");
}

static void
details(void **state)
{
	struct lists *l = *state;

	assert_string_equal(find(l, "alice+lists@example.org", false),
	    "maildir:alice@example.org:alice:Maildir");
	assert_string_equal(find(l, "+@example.org", false), "unknown");
	add(l, LISTS_ALIAS, "alice+lists@example.org", "bob@example.org");
	assert_string_equal(find(l, "alice+lists@example.org", false),
	    "maildir:bob@example.org::example.org/bob/Maildir");
	settings.delimiter = "";
	assert_string_equal(find(l, "alice+x@example.org", false), "unknown");
}

static void
expansion(void **state)
{
	struct lists *l = *state;

	add(l, LISTS_ALIAS, "team@example.org", "alice@example.org");
	add(l, LISTS_ALIAS, "team@example.org", "more@example.org");
	add(l, LISTS_ALIAS, "more@example.org", "alice@example.org");
	add(l, LISTS_ALIAS, "more@example.org", "gone@example.org");
	add(l, LISTS_ALIAS, "more@example.org", "X@elsewhere.example");
	assert_string_equal(find(l, "team@example.org", false),
	    "maildir:alice@example.org:alice:Maildir "
	    "remote:X@elsewhere.example::");
	/* An alias that leads nowhere at all. */
	add(l, LISTS_ALIAS, "dead@example.org", "gone@example.org");
	assert_string_equal(find(l, "dead@example.org", false), "unknown");
	/* A copy for oneself. */
	add(l, LISTS_ALIAS, "alice@example.org", "alice@example.org");
	add(l, LISTS_ALIAS, "alice@example.org", "a@elsewhere.example");
	assert_string_equal(find(l, "alice@example.org", false),
	    "remote:a@elsewhere.example:: "
	    "maildir:alice@example.org:alice:Maildir");
}

static void
catch_all(void **state)
{
	struct lists *l = *state;

	add(l, LISTS_ALIAS, "@example.org", "bob@example.org");
	assert_string_equal(find(l, "whoever@example.org", false),
	    "maildir:bob@example.org::example.org/bob/Maildir");
	assert_string_equal(find(l, "alice@example.org", false),
	    "maildir:alice@example.org:alice:Maildir");
	add(l, LISTS_DOMAIN, "example.com", "");
	add(l, LISTS_ALIAS, "@example.com", "@example.org");
	assert_string_equal(find(l, "Alice@example.com", false),
	    "maildir:alice@example.org:alice:Maildir");
}

static void
loops(void **state)
{
	struct lists *l = *state;
	char a[64], b[64];

	add(l, LISTS_ALIAS, "x@example.org", "y@example.org");
	add(l, LISTS_ALIAS, "y@example.org", "x@example.org");
	assert_string_equal(find(l, "x@example.org", false), "loop");
	add(l, LISTS_ALIAS, "@example.net", "@example.net");
	assert_string_equal(find(l, "z@example.net", false), "unknown");
	for (unsigned i = 0; i < 30; i++) {
		snprintf(a, sizeof a, "d%u@example.org", i);
		snprintf(b, sizeof b, "d%u@example.org", i + 1);
		add(l, LISTS_ALIAS, a, b);
	}
	add(l, LISTS_ALIAS, "d30@example.org", "alice@example.org");
	assert_string_equal(find(l, "d0@example.org", false), "loop");
	assert_string_equal(find(l, "d20@example.org", false),
	    "maildir:alice@example.org:alice:Maildir");
}

static void
too_many(void **state)
{
	struct lists *l = *state;
	struct lists_imported imported;
	struct buf text;

	buf_init(&text, 1024 * 1024);
	for (unsigned i = 0; i < 1000; i++)
		buf_addf(&text, "big@example.org,u%u@elsewhere.example\n", i);
	assert_int_equal(lists_import(l, LISTS_ALIAS, buf_cstr(&text),
	    buf_len(&text), false, NULL, NULL, &imported), LISTS_OK);
	buf_done(&text);
	assert_int_equal(strncmp(find(l, "big@example.org", false), "remote",
	    6), 0);
	add(l, LISTS_ALIAS, "big@example.org", "one@more.example");
	assert_string_equal(find(l, "big@example.org", false), "trouble");
}

/* A row that a person wrote by hand, past the checks of mx6ctl. */
static void
add_by_hand(const char *address, const char *target)
{
	char *error = NULL;
	sqlite3 *db;
	char *sql = sqlite3_mprintf("INSERT INTO alias(address,target) "
	    "VALUES(%Q,%Q)", address, target);

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, &error), SQLITE_OK);
	sqlite3_free(sql);
	sqlite3_close(db);
}

/* Never "ok" with one of the targets left out. */
static void
nobody_is_left_out(void **state)
{
	struct lists *l = *state;

	add(l, LISTS_ALIAS, "all@example.org", "bob@example.org");
	add_by_hand("all@example.org", "not an address@x");
	assert_string_equal(find(l, "all@example.org", false), "trouble");
	add_by_hand("joe@relay.example", "joe@relay.example");
	add_by_hand("joe@relay.example", "bob@example.org");
	assert_string_equal(find(l, "joe@relay.example", false),
	    "maildir:bob@example.org::example.org/bob/Maildir "
	    "remote:joe@relay.example::");
}

static void
postmaster(void **state)
{
	struct lists *l = *state;

	/* Nothing of that name: the oldest mailbox of the domain. */
	assert_string_equal(find(l, "Postmaster@example.net", false),
	    "lmtp:carol@example.net::host.example:24");
	assert_string_equal(find(l, "postmaster", false),
	    "maildir:alice@example.org:alice:Maildir");
	/* The host's own domain has one, for all. */
	add(l, LISTS_ALIAS, "postmaster@example.org", "bob@example.org");
	assert_string_equal(find(l, "postmaster", false),
	    "maildir:bob@example.org::example.org/bob/Maildir");
	assert_string_equal(find(l, "postmaster@example.net", false),
	    "maildir:bob@example.org::example.org/bob/Maildir");
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(ours_or_not), TEST(lmtp_for_all), TEST(details),
		TEST(expansion), TEST(catch_all), TEST(loops), TEST(too_many),
		TEST(postmaster), TEST(nobody_is_left_out),
		TEST(trouble_keeps_its_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
