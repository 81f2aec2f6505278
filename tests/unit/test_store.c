/* SPDX-License-Identifier: ISC */
/* The queue's database: in, due, results, damage, no room, a lost process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "policy/policy.h"
#include "queue/store.h"
#include "queue/store_db.h"
#include "util/xalloc.h"

static char directory[64];
static char path[96];

static struct store *
open_store(uint64_t now)
{
	char error[STORE_ERROR_SIZE] = "";
	struct store *store = store_open(path, error);

	if (store == NULL)
		print_error("%s\n", error);
	assert_non_null(store);
	assert_int_equal(store_resume(store, now), STORE_OK);
	return store;
}

static int
setup(void **state)
{
	snprintf(directory, sizeof directory, "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof path, "%s/queue.db", directory);
	*state = open_store(100);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };

	store_close(*state);
	for (size_t i = 0; i < 3; i++) {
		char name[128];

		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		unlink(name);
	}
	assert_int_equal(rmdir(directory), 0);
	return 0;
}

static struct message
a_message(const char *name, const char *body)
{
	struct message m = {
		.name = name,
		.session = "s1",
		.sender = "ann@example.net",
		.helo = "client.example",
		.arrived_ms = 99000,
		.expires_at = 5000,
		.body = (const uint8_t *)body,
		.size_bytes = strlen(body),
		.check = message_check(body, strlen(body)),
	};

	assert_true(netaddr_parse("2001:db8::1", &m.peer));
	return m;
}

static struct result no_room = {
	.at = 200,
	.outcome = OUTCOME_DEFERRED,
	.via = VIA_MX_IPV4,
	.due_at = 600,
	.status = "4.2.2",
	.code = "452",
	.reply = "452 4.2.2 full",
	.reason = "",
	.remote = "mx[192.0.2.1]",
};

static struct rcpt
a_rcpt(const char *address)
{
	return (struct rcpt){
		.kind = TARGET_REMOTE,
		.original = address,
		.address = address,
		.user = "",
		.path = "",
		.result = &no_room,
	};
}

static uint64_t
add(struct store *store, const char *name, const char *address, bool active,
    uint64_t due_at)
{
	struct message m = a_message(name, "Subject: x\r\n\r\nhello\r\n");
	struct rcpt r = a_rcpt(address);

	assert_int_equal(store_add_message(store, &m), STORE_OK);
	assert_int_equal(store_add_rcpt(store, &m, 0, &r,
	    address_domain(address), active, due_at), STORE_OK);
	if (!active)
		assert_int_equal(store_wake(store, address_domain(address),
		    due_at), STORE_OK);
	return r.id;
}

static uint64_t seen[64];
static unsigned seen_count;

static bool
see(void *arg, const struct rcpt *r)
{
	(void)arg;
	assert_true(seen_count < 64);
	seen[seen_count++] = r->id;
	return true;
}

static unsigned
due(struct store *store, const char *destination, uint64_t now)
{
	struct store_cursor cursor = { 0 };
	uint32_t count;

	seen_count = 0;
	assert_int_equal(store_due(store, destination, now, &cursor, 64, see,
	    NULL, &count), STORE_OK);
	assert_int_equal(count, seen_count);
	return count;
}

static char names[256];

static void
name_waiting(void *arg, const char *destination)
{
	size_t n = strlen(names);

	(void)arg;
	snprintf(names + n, sizeof names - n, "%s ", destination);
}

static const char *
waiting(struct store *store, uint64_t now, uint64_t *ret_next)
{
	names[0] = '\0';
	assert_int_equal(store_waiting(store, now, 10, name_waiting, NULL,
	    ret_next), STORE_OK);
	return names;
}

static void
test_a_message_comes_back_whole(void **state)
{
	struct store *store = *state;
	struct message *m = NULL;
	uint64_t id;

	store_begin(store);
	id = add(store, "m1", "joe@example.org", false, 150);
	assert_int_equal(store_commit(store), STORE_OK);
	assert_int_equal(due(store, "example.org", 149), 0);
	assert_int_equal(due(store, "example.org", 150), 1);
	assert_int_equal(seen[0], id);
	assert_int_equal(store_load_message(store, rcpt_message_id(id), &m),
	    STORE_OK);
	assert_string_equal(m->name, "m1");
	assert_string_equal(m->sender, "ann@example.net");
	assert_null(m->body);
	assert_int_equal(store_load_body(store, m), STORE_OK);
	assert_memory_equal(m->body, "Subject: x\r\n\r\nhello\r\n", 21);
	assert_true(netaddr_is_ipv6(&m->peer));
	assert_int_equal(m->expires_at, 5000);
	message_unref(m);
}

static void
test_a_name_is_taken_once(void **state)
{
	struct store *store = *state;
	struct message m = a_message("m1", "x");

	store_begin(store);
	add(store, "m1", "a@example.org", false, 1);
	assert_int_equal(store_add_message(store, &m), STORE_DUPLICATE);
	assert_int_equal(store_commit(store), STORE_OK);
	assert_int_equal(due(store, "example.org", 10), 1);
}

static void
test_waiting_names_destinations_once(void **state)
{
	struct store *store = *state;
	uint64_t next = 0;

	store_begin(store);
	add(store, "m1", "a@b.example", false, 20);
	add(store, "m2", "a@a.example", false, 10);
	add(store, "m3", "b@b.example", false, 5);
	add(store, "m4", "b@later.example", false, 500);
	add(store, "m5", "c@active.example", true, 5);
	store_commit(store);
	assert_string_equal(waiting(store, 100, &next),
	    "b.example a.example ");
	assert_int_equal(next, 500);
}

static void
test_deferred_waits_and_settles(void **state)
{
	struct store *store = *state;
	struct rcpt r = a_rcpt("a@a.example");
	uint64_t next = 7;

	store_begin(store);
	r.id = add(store, "m1", "a@a.example", false, 10);
	r.attempts = 1;
	assert_int_equal(store_defer_rcpt(store, &r), STORE_OK);
	assert_int_equal(store_settle(store, "a.example", &next), STORE_OK);
	assert_int_equal(next, 600);
	store_commit(store);
	assert_int_equal(due(store, "a.example", 599), 0);
	assert_int_equal(due(store, "a.example", 600), 1);
	assert_string_equal(waiting(store, 599, &next), "");
	store_begin(store);
	assert_int_equal(store_remove_rcpt(store, &r), STORE_OK);
	assert_int_equal(store_remove_rcpt(store, &r), STORE_NONE);
	assert_int_equal(store_settle(store, "a.example", &next), STORE_OK);
	assert_int_equal(next, 0);
	store_commit(store);
	assert_string_equal(waiting(store, 9999, &next), "");
}

static void
test_the_last_recipient_takes_the_message_along(void **state)
{
	struct store *store = *state;
	struct message m = a_message("m1", "x"), *back;
	struct rcpt r1 = a_rcpt("a@a.example"), r2 = a_rcpt("b@b.example");
	uint32_t n = 0;
	uint64_t spool_id;
	bool gone = true;

	store_begin(store);
	assert_int_equal(store_add_message(store, &m), STORE_OK);
	store_add_rcpt(store, &m, 0, &r1, "a.example", true, 1);
	store_add_rcpt(store, &m, 1, &r2, "b.example", true, 1);
	assert_int_equal(store_next_rcpt(store, m.id, &n), STORE_OK);
	assert_int_equal(n, 2);
	assert_int_equal(store_remove_rcpt(store, &r1), STORE_OK);
	assert_int_equal(store_finish_message(store, m.id, &gone,
	    &spool_id), STORE_OK);
	assert_false(gone);
	assert_int_equal(store_remove_rcpt(store, &r2), STORE_OK);
	assert_int_equal(store_finish_message(store, m.id, &gone,
	    &spool_id), STORE_OK);
	assert_true(gone);
	assert_int_equal(store_commit(store), STORE_OK);
	assert_int_equal(store_load_message(store, m.id, &back), STORE_DAMAGED);
}

static void
see_report(void *arg, const struct rcpt *r, const struct result *last)
{
	snprintf(arg, 200, "%s %s %s %s", r->address, last->status,
	    last->reply, last->remote);
}

static void
test_failures_are_kept_until_told(void **state)
{
	struct store *store = *state;
	struct rcpt r = a_rcpt("a@a.example");
	char text[200] = "";
	uint64_t spool_id;
	bool gone = false;

	store_begin(store);
	r.id = add(store, "m1", "a@a.example", true, 10);
	assert_int_equal(store_fail_rcpt(store, &r), STORE_OK);
	store_commit(store);
	assert_int_equal(store_reports(store, rcpt_message_id(r.id), true, 10,
	    see_report, text), STORE_OK);
	assert_string_equal(text,
	    "a@a.example 4.2.2 452 4.2.2 full mx[192.0.2.1]");
	store_begin(store);
	assert_int_equal(store_remove_rcpt(store, &r), STORE_OK);
	assert_int_equal(store_finish_message(store, rcpt_message_id(r.id),
	    &gone, &spool_id), STORE_OK);
	assert_true(gone);
	store_commit(store);
}

/* What a killed process leaves: the files as they are at some moment. */
static struct store *
reopen_as_after_a_kill(struct store *store, uint64_t now)
{
	char from[96];

	snprintf(from, sizeof from, "%s", path);
	snprintf(path, sizeof path, "%s/copy.db", directory);
	for (int i = 0; i < 2; i++) {
		static char bytes[1 << 20];
		char name[128];
		FILE *in, *out;
		size_t n;

		snprintf(name, sizeof name, "%s%s", from, i ? "-wal" : "");
		in = fopen(name, "r");
		assert_non_null(in);
		snprintf(name, sizeof name, "%s%s", path, i ? "-wal" : "");
		out = fopen(name, "w");
		assert_non_null(out);
		while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
			fwrite(bytes, 1, n, out);
		fclose(in);
		fclose(out);
	}
	store_close(store);
	unlink(from);
	return open_store(now);
}

static void
test_what_was_active_is_due_after_a_kill(void **state)
{
	struct store *store = *state;
	uint64_t next, id;
	struct rcpt r = a_rcpt("p@p.example");

	store_begin(store);
	add(store, "m1", "a@a.example", true, 10);
	r.id = add(store, "m2", "p@p.example", true, 10);
	assert_int_equal(store_push_back_rcpt(store, &r), STORE_OK);
	assert_int_equal(store_commit(store), STORE_OK);
	store_begin(store);
	id = add(store, "m3", "never@n.example", true, 10);
	*state = store = reopen_as_after_a_kill(store, 777);
	assert_string_equal(waiting(store, 777, &next),
	    "a.example p.example ");
	assert_int_equal(due(store, "a.example", 777), 1);
	assert_int_equal(due(store, "n.example", 777), 0);
	assert_int_equal(due(store, "p.example", 777), 1);
	/* The number of what was never committed is free again. */
	assert_int_equal(store->next_message_id, rcpt_message_id(id));
}

static void
see_untold(void *arg, uint64_t message_id)
{
	*(uint64_t *)arg = message_id;
}

static bool
is_pushed_back(void *arg, const struct rcpt *r)
{
	*(bool *)arg = r->pushed_back;
	return true;
}

static void
test_push_back_is_kept(void **state)
{
	struct store *store = *state;
	struct store_cursor cursor = { 0 };
	struct rcpt r = a_rcpt("p@p.example");
	bool pushed_back = false;
	uint64_t untold = 0;
	uint32_t count;

	store_begin(store);
	r.id = add(store, "m1", "p@p.example", true, 10);
	store_push_back_rcpt(store, &r);
	store_defer_rcpt(store, &r);
	store_commit(store);
	assert_int_equal(store_due(store, "p.example", 600, &cursor, 9,
	    is_pushed_back, &pushed_back, &count), STORE_OK);
	assert_true(pushed_back);
	store_begin(store);
	store_fail_rcpt(store, &r);
	store_commit(store);
	assert_int_equal(store_untold(store, 9, see_untold, &untold),
	    STORE_OK);
	assert_int_equal(untold, rcpt_message_id(r.id));
}

static void
test_a_damaged_body_is_set_aside(void **state)
{
	struct store *store = *state;
	struct message *m = NULL;
	uint64_t id;

	store_begin(store);
	id = add(store, "m1", "a@a.example", false, 10);
	store_commit(store);
	assert_int_equal(store_exec(store,
	    "UPDATE body SET content=x'00112233'"), STORE_OK);
	assert_int_equal(store_load_message(store, rcpt_message_id(id), &m),
	    STORE_OK);
	assert_int_equal(store_load_body(store, m), STORE_DAMAGED);
	message_unref(m);
	store_begin(store);
	assert_int_equal(store_set_aside(store, rcpt_message_id(id)), STORE_OK);
	store_commit(store);
	assert_int_equal(due(store, "a.example", 99), 0);
}

static void
test_a_damaged_row_hurts_nobody(void **state)
{
	struct store *store = *state;
	struct message *m = NULL;
	uint64_t id;

	store_begin(store);
	id = add(store, "m1", "a@a.example", false, 10);
	add(store, "m2", "b@a.example", false, 11);
	store_commit(store);
	assert_int_equal(store_exec(store,
	    "UPDATE message SET peer='nonsense' WHERE name='m1';"
	    "UPDATE recipient SET kind=99 WHERE address='a@a.example'"),
	    STORE_OK);
	assert_int_equal(due(store, "a.example", 99), 2);
	assert_int_equal(store_load_message(store, rcpt_message_id(id), &m),
	    STORE_DAMAGED);
}

static void
test_no_room_changes_nothing(void **state)
{
	struct store *store = *state;
	static char large[300000];
	struct message m;
	enum store_status status;

	memset(large, 'x', sizeof large - 1);
	store_begin(store);
	add(store, "m1", "a@a.example", false, 10);
	assert_int_equal(store_commit(store), STORE_OK);
	assert_int_equal(store_exec(store, "PRAGMA max_page_count=1"),
	    STORE_OK);
	m = a_message("m2", large);
	assert_int_equal(store_begin(store), STORE_OK);
	status = store_add_message(store, &m);
	if (status == STORE_OK)
		status = store_commit(store);
	assert_int_equal(status, STORE_FULL);
	store_rollback(store);
	assert_int_equal(store_exec(store, "PRAGMA max_page_count=1000000"),
	    STORE_OK);
	assert_int_equal(store_begin(store), STORE_OK);
	assert_int_equal(store_add_message(store, &m), STORE_OK);
	assert_int_equal(store_commit(store), STORE_OK);
	assert_int_equal(due(store, "a.example", 10), 1);
}

static void
test_a_walk_is_not_quadratic(void **state)
{
	struct store *store = *state;
	struct store_cursor cursor = { 0 };
	uint32_t count = 1, total = 0;

	/* 50,000 due at the same moment: pages of 64 come in even time. */
	assert_int_equal(store_exec(store,
	    "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c "
	    "WHERE i<50000) INSERT INTO recipient(id,destination,kind,address,"
	    "user,path,forwarded,pushed_back,state,due_at,attempts) "
	    "SELECT i<<20,'slow.example',0,'a'||i||'@slow.example','','',0,0,"
	    "1,10,0 FROM c"), STORE_OK);
	while (count > 0) {
		seen_count = 0;
		assert_int_equal(store_due(store, "slow.example", 10, &cursor,
		    64, see, NULL, &count), STORE_OK);
		total += count;
	}
	assert_int_equal(total, 50000);
}

static void
test_push_back_memory(void **state)
{
	struct store *store = *state;
	struct pushback_memory m = { 5, 3, 77 }, back;

	assert_int_equal(store_load_destination(store, "d.example", &back),
	    STORE_NONE);
	store_begin(store);
	store_save_destination(store, "d.example", &m);
	m.bits = 11;
	store_save_destination(store, "d.example", &m);
	store_commit(store);
	assert_int_equal(store_load_destination(store, "d.example", &back),
	    STORE_OK);
	assert_int_equal(back.bits, 11);
	assert_int_equal(back.tried, 3);
	assert_int_equal(back.probe_at, 77);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(test_a_message_comes_back_whole),
		T(test_a_name_is_taken_once),
		T(test_waiting_names_destinations_once),
		T(test_deferred_waits_and_settles),
		T(test_the_last_recipient_takes_the_message_along),
		T(test_failures_are_kept_until_told),
		T(test_what_was_active_is_due_after_a_kill),
		T(test_push_back_is_kept),
		T(test_a_damaged_body_is_set_aside),
		T(test_a_damaged_row_hurts_nobody),
		T(test_no_room_changes_nothing),
		T(test_a_walk_is_not_quadratic),
		T(test_push_back_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
