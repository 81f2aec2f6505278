/* SPDX-License-Identifier: ISC */
/* What lookups run: never a scan of a table, and for a sender that a book
 * knows the same statements as for one that it does not know, or that it
 * cannot know since the book is empty. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/history_inner.h"
#include "policy/lists_inner.h"
#include "policy/lists_signs.h"
#include "policy/signs.h"
#include "util/xalloc.h"

#define ALICE	"alice@example.org"
#define CAROL	"carol@example.org"
#define LOG_MAX	65536

static char path[64];
static char why[LISTS_WHY_SIZE];
static struct lists *lists;
static struct buf ran;		/* the statements, one a line */

static int
set_up(void **state)
{
	static const char *const rows[][3] = {
		{ "example.org" }, { ALICE }, { CAROL },
		{ "friends@example.org", ALICE },
		{ "friends@example.org", CAROL },
		{ ALICE, "friend@sender.example" }, { ALICE, "known.example" },
		{ "192.0.2.0/24" }, { "2001:db8::/32" },
		{ "network", "2001:db8:1::/48" }, { "domain", "green.example" },
		{ "2001:db8:2::/48", "64500", "good" },
	};
	static const enum lists_table tables[] = { LISTS_DOMAIN,
	    LISTS_MAILBOX, LISTS_MAILBOX, LISTS_ALIAS, LISTS_ALIAS,
	    LISTS_ADDRESSBOOK, LISTS_ADDRESSBOOK, LISTS_WHITELIST,
	    LISTS_WHITELIST, LISTS_GREENLIST, LISTS_GREENLIST,
	    LISTS_NETWORK_FACTS };

	(void)state;
	snprintf(path, sizeof path, "/tmp/test_lookups.%ld.db",
	    (long)getpid());
	unlink(path);
	lists = lists_open(path, 1000, why);
	if (lists == NULL)
		return -1;
	for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
		size_t count = 0;

		while (count < 3 && rows[i][count] != NULL)
			count++;
		if (lists_add(lists, tables[i], rows[i], count, why) !=
		    LISTS_OK)
			fail_msg("row %zu: %s", i, why);
	}
	lists_changed(lists);
	buf_init(&ran, LOG_MAX);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_done(&ran);
	lists = lists_close(lists);
	return unlink(path);
}

static void
note_statement(void *arg, const char *sql)
{
	(void)arg;
	assert_true(buf_addf(&ran, "%s\n", sql));
}

/* ---- privacy ---- */

static void
statements_of(const char *mailbox, const char *from, enum lists_status found,
    char **ret_text)
{
	struct lists_known_sender known;

	buf_clear(&ran);
	lists_db_watch(lists->db, note_statement, NULL);
	assert_int_equal(lists_addressbook(lists, mailbox, from, 0, &known),
	    found);
	lists_db_watch(lists->db, NULL, NULL);
	*ret_text = xstrdup(buf_cstr(&ran));
}

static void
a_book_is_asked_alike(void **state)
{
	static const struct {
		const char		*mailbox, *from;
		enum lists_status	 found;
	} rows[] = {
		{ ALICE, "friend@sender.example", LISTS_OK },
		{ ALICE, "anyone@known.example", LISTS_OK },
		{ ALICE, "stranger@sender.example", LISTS_ABSENT },
		{ ALICE, "stranger@unheard.example", LISTS_ABSENT },
		{ ALICE, CAROL, LISTS_ABSENT },	/* her own domain */
		{ CAROL, "friend@sender.example", LISTS_ABSENT },
		{ "nobody@example.org", "friend@sender.example",
		    LISTS_ABSENT },
	};
	char *first, *other;

	(void)state;
	statements_of(rows[0].mailbox, rows[0].from, rows[0].found, &first);
	assert_non_null(strstr(first, "FROM addressbook"));
	for (size_t i = 1; i < sizeof rows / sizeof rows[0]; i++) {
		statements_of(rows[i].mailbox, rows[i].from, rows[i].found,
		    &other);
		assert_string_equal(first, other);
		free(other);
	}
	free(first);
}

/* What all lookups for one message run. */
static char *
statements_for(struct known *known, const struct config *config,
    const char *from, bool authenticated, const char *rcpt,
    enum list_answer answer)
{
	static const struct history_counts none;
	struct verdict_message message = { .role = ROLE_MX6, .helo = "h",
	    .sender = from, .auth = { .known = true, .from_status = FROM_ONE,
	    .from = from, .from_domain = strchr(from, '@') + 1,
	    .spf = SPF_RESULT_PASS, .spf_aligned = true,
	    .spf_domain = strchr(from, '@') + 1,
	    .authenticated = authenticated } };
	struct iprev iprev = { .count = 0 };
	const char *rcpts[] = { rcpt, "friends@example.org" };
	static const struct asked nobody = { .count = 0 };
	const struct signs_ask ask = { .lists = lists, .known = known,
	    .config = config, .message = &message, .iprev = &iprev,
	    .asked = &nobody,
	    .record = &none, .rcpts = rcpts, .rcpt_count = 2 };
	struct signs signs;
	struct buf reasons;

	assert_true(netaddr_parse("2001:db8:9::25", &message.peer));
	buf_init(&reasons, LOG_MAX);
	buf_clear(&ran);
	signs_look_up(&ask, &signs, &reasons);
	assert_int_equal(signs.books[0], answer);
	assert_int_equal(signs.books[1], LIST_NO);
	signs_done(&signs);
	buf_done(&reasons);
	return xstrdup(buf_cstr(&ran));
}

static void
a_message_is_looked_up_alike(void **state)
{
	char error[CONFIG_ERROR_SIZE];
	static const char text[] = "hostname = \"mx.example.org\"\n"
	    "listen \"127.0.0.1:25\" { }\n";
	struct config *config = config_parse(text, sizeof text - 1, "test",
	    error);
	struct known *known = known_new(lists);
	char *hit, *miss;

	(void)state;
	assert_non_null(config);
	/* The recipients are known by then, as RCPT has asked for them. */
	free(statements_for(known, config, "friend@sender.example", true,
	    ALICE, LIST_YES));
	free(statements_for(known, config, "friend@sender.example", true,
	    CAROL, LIST_NO));
	lists_db_watch(lists->db, note_statement, NULL);
	hit = statements_for(known, config, "friend@sender.example", true,
	    ALICE, LIST_YES);
	miss = statements_for(known, config, "stranger@sender.example", true,
	    ALICE, LIST_NO);
	assert_non_null(strstr(hit, "FROM addressbook"));
	assert_string_equal(hit, miss);
	free(miss);
	miss = statements_for(known, config, "friend@sender.example", true,
	    CAROL, LIST_NO);
	assert_string_equal(hit, miss);
	free(miss);
	free(hit);
	/* No book is opened for who is not authenticated. */
	miss = statements_for(known, config, "friend@sender.example", false,
	    ALICE, LIST_NO);
	assert_non_null(strstr(miss, "FROM greenlist"));
	assert_null(strstr(miss, "FROM addressbook"));
	free(miss);
	known_free(known);
	config_free(config);
}

/* ---- speed ---- */

/* Each statement that ran, explained. */
static void
no_statement_scans(struct lists_db *db)
{
	char *all = xstrdup(buf_cstr(&ran)), *rest = all, *sql;
	unsigned explained = 0;

	lists_db_watch(db, NULL, NULL);
	while ((sql = strsep(&rest, "\n")) != NULL && sql[0] != '\0') {
		char *text = xasprintf("EXPLAIN QUERY PLAN %s", sql);
		struct lists_query *q = sql[0] == 'B' || sql[0] == 'C' ? NULL :
		    lists_db_query(db, text);

		while (q != NULL && query_step(q) == QUERY_ROW) {
			const char *plan = query_text(q, 3);

			explained++;
			/* A subquery has a line of its own on how it is
			 * searched. */
			if (strncmp(plan, "SCAN", 4) == 0 &&
			    strncmp(plan, "SCAN (subquery", 14) != 0 &&
			    strcmp(plan, "SCAN CONSTANT ROW") != 0)
				fail_msg("%s: %s", plan, sql);
		}
		free(text);
	}
	assert_true(explained > 0);
	free(all);
}

static void
no_lookup_scans(void **state)
{
	struct lists_known_sender known;
	struct lists_domain_facts domain_facts;
	struct lists_network_facts network_facts;
	struct lists_mailbox mailbox;
	struct lists_domain domain;
	char row[LISTS_VALUE_SIZE];
	struct netaddr peer;
	unsigned auths;

	(void)state;
	assert_true(netaddr_parse("2001:db8:2::25", &peer));
	buf_clear(&ran);
	lists_db_watch(lists->db, note_statement, NULL);
	lists_whitelisted(lists, &peer);
	lists_domain(lists, "example.org", &domain);
	lists_mailbox(lists, ALICE, &mailbox);
	lists_first_mailbox(lists, "example.org", &mailbox);
	lists_alias(lists, ALICE, note_statement, NULL);
	lists_whitelist_domain(lists, "a.b.example", &auths, row);
	lists_addressbook(lists, ALICE, "friend@sender.example", 0, &known);
	lists_opted_out(lists, ALICE);
	lists_green_address(lists, LISTS_GREEN_NETWORK, &peer, row);
	lists_green_host(lists, LISTS_GREEN_DOMAIN, "a.example", row);
	lists_green_exact(lists, LISTS_GREEN_ASN, "64500");
	lists_domain_facts(lists, "a.example", &domain_facts);
	lists_network_facts(lists, &peer, &network_facts);
	lists_best_guess(lists, "a.example", row);
	no_statement_scans(lists->db);
}

static void
no_write_of_the_daemon_scans(void **state)
{
	const struct lists_gathered rows[] = {
		{ ALICE, "bob@example.net", 1, 1000 } };

	(void)state;
	buf_clear(&ran);
	lists_db_watch(lists->db, note_statement, NULL);
	assert_int_equal(lists_gather(lists, rows, 1), LISTS_OK);
	assert_int_equal(lists_forget_gathered(lists, 2000, 10), LISTS_OK);
	assert_int_equal(lists_green_expire(lists, 2000), LISTS_OK);
	no_statement_scans(lists->db);
}

static void
ignore_row(void *arg, const struct history_row *row)
{
	(void)arg;
	(void)row;
}

static void
no_verdict_makes_the_history_scan(void **state)
{
	const struct history_limits limits = { .rows = 10,
	    .rows_per_network = 10 };
	struct history_row row = { .message = "m", .session = "s",
	    .peer = "2001:db8::1", .network = "2001:db8::/48", .ipv6 = true,
	    .role = "mx6", .helo = "h", .sender = "a@b", .recipients = ALICE,
	    .author = "a@b", .author_domain = "b", .authenticated = true,
	    .message_id_hash = "x", .action = "fallback", .rule = "r",
	    .shadow = "", .shadow_rule = "", .pushed_back_for = ALICE,
	    .facts = "", .unknown = "", .results = "", .reasons = "",
	    .tried = "", .dns = "" };
	char *file = xasprintf("%s.history", path);
	struct history_store *store = history_store_open(file, why,
	    sizeof why);
	struct history_counts counts;

	(void)state;
	assert_non_null(store);
	buf_clear(&ran);
	lists_db_watch(store->db, note_statement, NULL);
	assert_true(history_store_write(store, &row, 1, &limits));
	row.ipv6 = false;
	row.pushed_back_for = "";
	assert_true(history_store_write(store, &row, 1, &limits));
	history_store_domain(store, "b", &counts);
	assert_true(history_store_find(store, "m", ignore_row, NULL));
	history_store_prune(store, 2000000, &limits);
	history_store_applied_since(store, 1000000);
	no_statement_scans(store->db);
	history_store_close(store);
	unlink(file);
	free(file);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_book_is_asked_alike),
		TEST(a_message_is_looked_up_alike),
		TEST(no_lookup_scans),
		TEST(no_write_of_the_daemon_scans),
		TEST(no_verdict_makes_the_history_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
