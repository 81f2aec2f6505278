/* SPDX-License-Identifier: ISC */
/* Bodies in files, full disks, and a shortage of descriptors. */
#include <errno.h>
#include <sys/syscall.h>

#include "tests/unit/engine_stage.h"
#include "tests/unit/few_descriptors.h"

static uint64_t spooled_id;
static int spooled_fd;

static void
on_spool(void *arg, enum ipc_status status,
    const struct queue_spool_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	assert_int_equal(answer->status, QUEUE_OK);
	spooled_id = answer->spool_id;
	spooled_fd = answer->file;
}

static void
spool_and_submit(const char *name, size_t size, const char *address)
{
	struct queue_spool_ask spool = { .message = name };
	struct queue_rcpt rcpt = {
		.original = address,
		.address = address,
		.kind = TARGET_REMOTE,
	};
	struct queue_submit_ask ask = {
		.message = name,
		.sender = "ann@example.net",
		.rcpts = &rcpt,
		.rcpts_count = 1,
		.size_bytes = size,
	};
	char *body = xmalloc(size);

	memset(body, 'b', size);
	queue_spool(asker, &spool, 0, on_spool, NULL);
	spooled_fd = -1;
	for (int i = 0; i < 500 && spooled_fd == -1; i++)
		run_ms(1);
	ask.spool_start = SPOOL_ROOM - 500;
	assert_int_equal(pwrite(spooled_fd, body, size,
	    (off_t)ask.spool_start), (ssize_t)size);
	close(spooled_fd);
	free(body);
	ask.spool_id = spooled_id;
	queue_submit(asker, &ask, 0, on_submitted, NULL);
}

static void
test_a_large_body_is_a_file(void **state)
{
	(void)state;
	spool_and_submit("m1", 300000, "joe@example.org");
	run_until_sent(1);
	assert_int_equal(answered, 1);
	assert_int_equal(sent[0].size, 300000);
	assert_int_equal(sent[0].head[0], 'b');	/* not the room before it */
	/* teardown proves that the spool is empty. */
}

static void
test_the_file_of_a_refused_message_is_removed(void **state)
{
	(void)state;
	keep = true;
	submit("m1", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	spool_and_submit("m1", 30000, "joe@example.org");
	for (int i = 0; i < 500 && refused_trouble == 0; i++)
		WAIT_FOR(refused_trouble == 1);
	run_ms(1);
	assert_int_equal(refused_trouble, 1);
	/* teardown proves that the spool is empty. */
}

/* As one that was given out and never named. */
static void
test_the_file_of_a_faulty_submission_is_swept(void **state)
{
	(void)state;
	spool_and_submit("m1", 30000, "nowhere");
	WAIT_FOR(refused_trouble == 1);
	assert_int_equal(refused_trouble, 1);
	spool_sweep(engine.spool, engine_now() + 10000, 900);
	/* teardown proves that the spool is empty. */
}

static enum queue_status spool_status;

static void
on_no_spool(void *arg, enum ipc_status status,
    const struct queue_spool_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	spool_status = answer->status;
	answered++;
}

static void
test_half_a_spool_file_is_none(void **state)
{
	struct queue_spool_ask spool = { .message = "m1" };

	(void)state;
	queue_spool(asker, &spool, 0, on_no_spool, NULL);
	allow_descriptors(1);
	WAIT_FOR(answered == 1);
	allow_all_descriptors();
	assert_int_equal(answered, 1);
	assert_int_equal(spool_status, QUEUE_FULL);
	/* teardown proves that the spool is empty. */
}

static void
test_delivery_waits_for_descriptors(void **state)
{
	(void)state;
	config->deliveries_max = 0;
	spool_and_submit("m1", 30000, "joe@example.org");
	WAIT_FOR(answered == 1);
	config->deliveries_max = 10;
	allow_descriptors(0);
	engine_turn(&engine);
	allow_all_descriptors();
	WAIT_FOR(rows("state=1") == 1);
	assert_int_equal(rows("state=1 AND attempts=0 AND due_at>0 AND "
	    "reason='out of file descriptors'"), 1);
	assert_int_equal(store_exec(engine.store, "UPDATE recipient SET "
	    "due_at=1; UPDATE waiting SET due_at=1"), STORE_OK);
	engine_wake(&engine, 1);
	run_until_sent(1);
	assert_int_equal(rows("1"), 0);
}

static void
test_files_nobody_names_are_removed(void **state)
{
	(void)state;
	assert_int_equal(close(spool_create(engine.spool, &spooled_id)), 0);
	end();
	start();
}

static void
test_a_missing_file_is_set_aside(void **state)
{
	char name[40];

	(void)state;
	config->deliveries_max = 0;
	spool_and_submit("m1", 30000, "joe@example.org");
	for (int i = 0; i < 500 && answered == 0; i++)
		run_ms(1);
	snprintf(name, sizeof name, "spool/%016llx",
	    (unsigned long long)spooled_id);
	assert_int_equal(unlink(name), 0);
	config->deliveries_max = 10;
	submit("m2", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(rows("state=4"), 1);
	assert_int_equal(rows("1"), 1);
	assert_int_equal(engine.taken.body_bytes, 0);
}

static void
test_no_room_refuses_and_keeps_results(void **state)
{
	char name[20];

	(void)state;
	submit("m0", "ann@example.net", "joe@example.org");
	run_until_sent(1);
	assert_int_equal(store_exec(engine.store, "PRAGMA max_page_count=1"),
	    STORE_OK);
	for (int i = 1; i < 200; i++) {
		snprintf(name, sizeof name, "m%d", i);
		submit(name, "ann@example.net", "joe@example.org");
	}
	WAIT_FOR(refused_full > 0);
	assert_true(refused_full > 0);
	assert_int_equal(refused_trouble, 0);
	assert_int_equal(store_exec(engine.store,
	    "PRAGMA max_page_count=1000000"), STORE_OK);
	run_ms(1500);
	submit("again", "ann@example.net", "joe@example.org");
	WAIT_FOR(sent_count == answered);
	run_ms(100);
	assert_int_equal(sent_count, answered);
	assert_int_equal(rows("1"), 0);
}

/* What SQLite writes with; the executable's own comes before libc's. */
static bool disk_full;

ssize_t pwrite64(int fd, const void *data, size_t n, off_t at);
ssize_t
pwrite64(int fd, const void *data, size_t n, off_t at)
{
	if (disk_full) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, data, n, at);
}

/* m1 was under way when the process ended, m2 waited for its retry. */
static void
test_a_start_on_a_full_disk_delivers_and_recovers(void **state)
{
	(void)state;
	answer_with.outcome = OUTCOME_DEFERRED;
	submit("m2", "ann@example.net", "joe@two.example");
	run_until_sent(1);
	answer_with.outcome = OUTCOME_DELIVERED;
	swallow = true;
	submit("m1", "ann@example.net", "joe@one.example");
	run_until_sent(2);
	swallow = false;
	assert_int_equal(rows("state=1"), 1);
	assert_int_equal(rows("state=2"), 1);
	assert_int_equal(store_exec(engine.store, "UPDATE recipient SET "
	    "due_at=1 WHERE state=1; UPDATE waiting SET due_at=1"), STORE_OK);
	disk_full = true;
	end();
	start();
	submit("m3", "ann@example.net", "joe@three.example");
	run_until_sent(3);
	assert_string_equal(sent[2].domain, "two.example");
	assert_int_equal(refused_full, 1);
	assert_int_equal(rows("1"), 2);
	disk_full = false;
	WAIT_FOR(rows("1") == 0);
	assert_int_equal(rows("1"), 0);
	assert_int_equal(sent_count, 4);
	assert_string_equal(sent[3].domain, "one.example");
	submit("m4", "ann@example.net", "joe@four.example");
	run_until_sent(5);
	assert_int_equal(refused_full, 1);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(test_a_large_body_is_a_file),
		T(test_the_file_of_a_refused_message_is_removed),
		T(test_the_file_of_a_faulty_submission_is_swept),
		T(test_half_a_spool_file_is_none),
		T(test_delivery_waits_for_descriptors),
		T(test_files_nobody_names_are_removed),
		T(test_a_missing_file_is_set_aside),
		T(test_no_room_refuses_and_keeps_results),
		T(test_a_start_on_a_full_disk_delivers_and_recovers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
