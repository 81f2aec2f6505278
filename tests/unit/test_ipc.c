/* SPDX-License-Identifier: ISC */
/* Calls over a channel: values, large ones, descriptors, loss, nonsense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "util/fdio.h"
#include "util/ipc_channel.h"
#include "util/log.h"
#include "util/xalloc.h"
#include "tests/unit/few_descriptors.h"

#define IPC_NAME echo
#define IPC_FILE "tests/unit/echo.msg"
#include "util/ipc_expand.h"
#define IPC_NAME echo
#define IPC_FILE "tests/unit/echo.msg"
#include "util/ipc_serve.h"

static struct ipc_call *kept;
static int answers, losses, timeouts;

void
serve_echo_echo(struct ipc_call *call, const struct echo_echo_ask *ask)
{
	struct echo_echo_answer answer = {
		.small = ask->small, .large = ask->large, .text = ask->text,
		.blob = ask->blob, .addr = ask->addr, .pairs = ask->pairs,
		.pairs_count = ask->pairs_count, .file = ask->file,
	};

	echo_echo_reply(call, &answer);
	if (ask->file >= 0)
		close(ask->file);
}

static void
forget_kept(void)
{
	if (kept != NULL)
		ipc_call_drop(kept);
	kept = NULL;
}

void
serve_echo_never(struct ipc_call *call, const struct echo_never_ask *ask)
{
	(void)ask;
	forget_kept();
	kept = call;
}

static void
echo_done(void *arg, enum ipc_status status,
    const struct echo_echo_answer *answer)
{
	const struct echo_echo_ask *ask = arg;
	size_t n;
	char *text;

	assert_int_equal(status, IPC_OK);
	answers++;
	assert_int_equal(answer->small, ask->small);
	assert_int_equal(answer->large, ask->large);
	assert_string_equal(answer->text, ask->text);
	assert_int_equal(answer->blob.size, ask->blob.size);
	assert_memory_equal(answer->blob.data, ask->blob.data,
	    ask->blob.size);
	assert_true(netaddr_equal(&answer->addr, &ask->addr));
	assert_int_equal(answer->pairs_count, ask->pairs_count);
	for (uint32_t i = 0; i < answer->pairs_count; i++)
		assert_string_equal(answer->pairs[i].name,
		    ask->pairs[i].name);
	if (ask->file < 0) {
		assert_int_equal(answer->file, -1);
		return;
	}
	text = fdio_read_all(answer->file, 100, &n);
	assert_string_equal(text, "in a file");
	free(text);
	close(answer->file);
}

static void
never_done(void *arg, enum ipc_status status,
    const struct echo_never_answer *answer)
{
	(void)arg;
	assert_null(answer);
	if (status == IPC_LOST)
		losses++;
	else if (status == IPC_TIMEOUT)
		timeouts++;
}

static struct ipc_door *door;
static bool door_closed;

static void
on_door_closed(struct ipc_door *d, void *context)
{
	(void)d;
	(void)context;
	door_closed = true;
}

static struct ipc_peer *
connected(enum ipc_trust trust)
{
	struct ipc_peer *peer = ipc_peer_new(uv_default_loop(), "echo");
	int fds[2];

	assert_true(ipc_pair(fds));
	door_closed = false;
	door = ipc_door_open(uv_default_loop(), fds[0], &echo_service, trust,
	    NULL, on_door_closed);
	ipc_peer_attach(peer, fds[1]);
	return peer;
}

static void
turn(int times)
{
	while (times-- > 0)
		uv_run(uv_default_loop(), UV_RUN_NOWAIT);
}

/* For as long as a busy machine may need. */
static void
wait_for_timeouts(void)
{
	for (int i = 0; i < 6000 && timeouts == 0; i++) {
		usleep(10000);
		turn(1);
	}
}

static void
values_come_back(void **state)
{
	static const struct echo_pair pairs[] = { { "a", 1 }, { "", 2 } };
	static const char big[300 * 1024];
	struct ipc_peer *peer = connected(IPC_SIBLING);
	struct echo_echo_ask ask = {
		.small = 7, .large = UINT64_MAX, .text = "te\xc3\xa4xt",
		.blob = { "\0\1", 2 }, .pairs = pairs, .pairs_count = 2,
		.file = -1,
	};

	(void)state;
	answers = 0;
	netaddr_parse("2001:db8::1", &ask.addr);
	echo_echo(peer, &ask, 1000, echo_done, &ask);
	turn(4);
	assert_int_equal(answers, 1);
	ask.file = fdio_sealed("in a file", 9);
	ask.blob = (struct ipc_bytes){ big, sizeof big };	/* by memfd */
	echo_echo(peer, &ask, 1000, echo_done, &ask);
	turn(4);
	assert_int_equal(answers, 2);
	close(ask.file);
	ipc_peer_free(peer);
	turn(4);
	assert_true(door_closed);
}

static void
many_calls_wait_for_a_full_socket(void **state)
{
	static char blob[60 * 1024];
	struct ipc_peer *peer = connected(IPC_SIBLING);
	struct echo_echo_ask ask = { .blob = { blob, sizeof blob },
	    .text = "", .file = -1 };

	(void)state;
	answers = 0;
	for (int i = 0; i < 200; i++)
		echo_echo(peer, &ask, 0, echo_done, &ask);
	turn(500);
	assert_int_equal(answers, 200);
	ipc_peer_free(peer);
	turn(4);
}

static void
loss_is_told_and_a_new_channel_works(void **state)
{
	struct ipc_peer *peer = connected(IPC_SIBLING);
	struct echo_never_ask never = { 0 };
	struct echo_echo_ask ask = { .text = "again", .file = -1,
	    .blob = { "", 0 } };
	int fds[2];

	(void)state;
	losses = answers = 0;
	echo_never(peer, &never, 0, never_done, NULL);
	turn(3);
	assert_non_null(kept);
	assert_true(ipc_call_wanted(kept));
	ipc_door_close(door);
	turn(3);
	assert_int_equal(losses, 1);
	assert_false(ipc_call_wanted(kept));
	forget_kept();
	/* Asked while nobody is there: sent when somebody is. */
	echo_echo(peer, &ask, 0, echo_done, &ask);
	turn(3);
	assert_int_equal(answers, 0);
	assert_true(ipc_pair(fds));
	door = ipc_door_open(uv_default_loop(), fds[0], &echo_service,
	    IPC_SIBLING, NULL, NULL);
	ipc_peer_attach(peer, fds[1]);
	turn(4);
	assert_int_equal(answers, 1);
	ipc_peer_free(peer);
	turn(4);
}

static void
time_runs_out(void **state)
{
	struct ipc_peer *peer = connected(IPC_SIBLING);
	struct echo_never_ask never = { 0 };

	(void)state;
	timeouts = 0;
	echo_never(peer, &never, 50, never_done, NULL);
	wait_for_timeouts();
	assert_int_equal(timeouts, 1);
	/* The late answer finds nobody and does no harm. */
	echo_never_reply(kept, &(struct echo_never_answer){ 0 });
	kept = NULL;
	turn(3);
	ipc_peer_free(peer);
	turn(4);
}

/* An operator's nonsense closes the channel, whatever it is. */
static void
nonsense_from_an_operator(void **state)
{
	static const struct ipc_header headers[] = {
		{ IPC_KIND_ASK, 99, 1, 0, 0 },		/* no such call */
		{ IPC_KIND_ANSWER, 0, 1, 0, 0 },	/* nothing was asked */
		{ IPC_KIND_ASK, 0, 1, 3, 0 },		/* too short */
		{ IPC_KIND_ASK, 1, 1, 3, 0 },		/* too long */
		{ IPC_KIND_ASK, 1, 1, 1, 1 },		/* memfd not there */
		{ IPC_KIND_ASK, 1, 1, 500, 0 },		/* size is a lie */
	};

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		uint8_t record[64] = { 0 };
		int fds[2];

		assert_true(ipc_pair(fds));
		door_closed = false;
		ipc_door_open(uv_default_loop(), fds[0], &echo_service,
		    IPC_OPERATOR, NULL, on_door_closed);
		memcpy(record, &headers[i], sizeof headers[i]);
		assert_true(send(fds[1], record, sizeof headers[i] +
		    (headers[i].size > 3 || headers[i].in_memfd ? 1 :
		    headers[i].size), 0) > 0);
		turn(3);
		assert_true(door_closed);
		close(fds[1]);
	}
}

/* A sibling's nonsense ends the process that reads it, with status 1. */
static void
nonsense_from_a_sibling(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		const struct ipc_header header = { IPC_KIND_ASK, 99, 1, 0, 0 };
		int fds[2];

		ipc_pair(fds);
		ipc_door_open(uv_default_loop(), fds[0], &echo_service,
		    IPC_SIBLING, NULL, NULL);
		send(fds[1], &header, sizeof header, 0);
		turn(3);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

static void
not_to_be_called(void *arg)
{
	(void)arg;
	fail();
}

static struct ipc_peer *to_free;

static void
free_done(void *arg, enum ipc_status status,
    const struct echo_never_answer *answer)
{
	never_done(arg, status, answer);
	if (to_free != NULL) {
		struct ipc_peer *peer = to_free;

		to_free = NULL;
		ipc_peer_free(peer);
	}
}

/* The owner gives up on the other process as soon as one call has failed. */
static void
a_peer_is_freed_by_its_own_calls(void **state)
{
	struct echo_never_ask never = { 0 };

	(void)state;
	timeouts = losses = 0;
	to_free = connected(IPC_SIBLING);
	echo_never(to_free, &never, 10, free_done, NULL);
	echo_never(to_free, &never, 10, free_done, NULL);
	wait_for_timeouts();
	assert_int_equal(timeouts, 1);
	assert_int_equal(losses, 1);
	turn(4);
	assert_true(door_closed);

	losses = 0;
	to_free = connected(IPC_SIBLING);
	ipc_peer_on_lost(to_free, not_to_be_called, NULL);
	echo_never(to_free, &never, 0, free_done, NULL);
	echo_never(to_free, &never, 0, free_done, NULL);
	turn(3);
	ipc_door_close(door);
	turn(4);
	assert_int_equal(losses, 2);
	forget_kept();
}

static void
on_lost(void *arg)
{
	*(bool *)arg = true;
}

/* A process that must not end with those below it only loses the channel. */
static void
nonsense_is_forgiven(void **state)
{
	static const struct ipc_header headers[] = {
		{ IPC_KIND_ASK, 0, 0, 0, 0 },
		{ IPC_KIND_ANSWER, 0, 99, 0, 0 },
		{ IPC_KIND_ANSWER, 0, 0, 500, 0 },
	};
	struct echo_never_ask never = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
		struct ipc_peer *peer = ipc_peer_new(uv_default_loop(), "echo");
		bool lost = false;
		int fds[2];

		losses = 0;
		assert_true(ipc_pair(fds));
		ipc_peer_attach(peer, fds[0]);
		ipc_peer_forgive(peer);
		ipc_peer_on_lost(peer, on_lost, &lost);
		echo_never(peer, &never, 0, never_done, NULL);
		send(fds[1], &headers[i], sizeof headers[i], 0);
		turn(3);
		assert_true(lost);
		assert_int_equal(losses, 1);
		assert_false(ipc_peer_connected(peer));
		ipc_peer_free(peer);
		close(fds[1]);
		turn(3);
	}
}

/* Each cut of a good message is refused; nothing is read beyond the end. */
static void
every_truncation_is_refused(void **state)
{
	static const struct echo_pair pairs[] = { { "name", 1 } };
	struct echo_echo_ask ask = { .text = "text", .blob = { "b", 1 },
	    .pairs = pairs, .pairs_count = 1, .file = -1 };
	struct ipc_writer w;

	(void)state;
	ipc_writer_init(&w);
	write_echo_echo_ask(&w, &ask);
	for (size_t n = 0; n <= buf_len(&w.buf); n++) {
		uint8_t *cut = xmemdup(buf_bytes(&w.buf), n);
		struct echo_echo_ask back;
		struct ipc_reader r;

		ipc_reader_init(&r, cut, n, NULL, 0);
		read_echo_echo_ask(&r, &back);
		assert_int_equal(ipc_reader_finished(&r),
		    n == buf_len(&w.buf));
		ipc_reader_done(&r);
		free(cut);
	}
	ipc_writer_done(&w);
}

/* Nobody is there, and nobody comes: the call ends long before its time. */
static void
an_absence_is_not_waited_for(void **state)
{
	struct ipc_peer *peer = ipc_peer_new(uv_default_loop(), "echo");
	struct echo_never_ask never = { 0 };

	(void)state;
	losses = 0;
	ipc_peer_expect(peer, 1);
	echo_never(peer, &never, 0, never_done, NULL);
	while (ipc_peer_pending(peer) > 0)
		uv_run(uv_default_loop(), UV_RUN_ONCE);
	assert_int_equal(losses, 1);
	ipc_peer_free(peer);
	turn(3);
}

/* One that comes in time gets what waited, which then has all its time. */
static void
a_restart_is_waited_for(void **state)
{
	struct ipc_peer *peer = ipc_peer_new(uv_default_loop(), "echo");
	struct echo_never_ask never = { 0 };
	int fds[2];

	(void)state;
	losses = timeouts = 0;
	ipc_peer_expect(peer, 1);
	echo_never(peer, &never, 0, never_done, NULL);
	assert_true(ipc_pair(fds));
	ipc_peer_attach(peer, fds[0]);
	/* The other's time-out comes after the patience is over. */
	echo_never(peer, &never, 2, never_done, NULL);
	while (timeouts == 0)
		uv_run(uv_default_loop(), UV_RUN_ONCE);
	assert_int_equal(losses, 0);
	assert_int_equal(ipc_peer_pending(peer), 1);
	close(fds[1]);
	while (ipc_peer_pending(peer) > 0)
		uv_run(uv_default_loop(), UV_RUN_ONCE);
	assert_int_equal(losses, 1);
	ipc_peer_free(peer);
	turn(3);
}

/* ---- calls that cannot be carried ---- */

static int results[4];

static void
count_echo(void *arg, enum ipc_status status,
    const struct echo_echo_answer *answer)
{
	(void)arg;
	results[status]++;
	if (status == IPC_OK && answer->file >= 0)
		close(answer->file);
}

/* A shortage of descriptors fails the call that brings one, and no more. */
static void
without_descriptors_one_call_fails(void **state)
{
	struct ipc_peer *peer = connected(IPC_SIBLING);
	struct echo_echo_ask ask = { .text = "", .blob = { "", 0 } };

	(void)state;
	memset(results, 0, sizeof results);
	ask.file = fdio_sealed("in a file", 9);
	echo_echo(peer, &ask, 0, count_echo, NULL);
	allow_descriptors(0);
	turn(4);
	allow_all_descriptors();
	assert_int_equal(results[IPC_LOST], 1);
	assert_false(door_closed);
	assert_true(ipc_peer_connected(peer));
	echo_echo(peer, &ask, 0, count_echo, NULL);
	turn(4);
	assert_int_equal(results[IPC_OK], 1);
	close(ask.file);
	ipc_peer_free(peer);
	turn(4);
}

/* Sends a record with a descriptor to a peer that asked `echo` once. */
static void
answer_raw(int fd, const void *data, size_t n)
{
	struct ipc_header header = { .kind = IPC_KIND_ANSWER,
	    .id = (uint64_t)1 << 32, .size = (uint32_t)n };
	int file = fdio_sealed("x", 1);

	assert_int_equal(ipc_record_send(fd, &header, data, &file, 1),
	    IPC_IO_OK);
	close(file);
}

static int
lowest_free(void)
{
	int fd = fcntl(0, F_DUPFD, 0);

	close(fd);
	return fd;
}

static void
bad_answers_keep_no_descriptor(void **state)
{
	struct echo_echo_answer answer = { .text = "", .blob = { "", 0 },
	    .file = 0 };
	struct echo_echo_ask ask = { .text = "", .blob = { "", 0 },
	    .file = -1 };

	(void)state;
	for (int cut = 0; cut < 2; cut++) {
		struct ipc_peer *peer = ipc_peer_new(uv_default_loop(), "e");
		struct ipc_writer w;
		int fds[2], before;

		memset(results, 0, sizeof results);
		assert_true(ipc_pair(fds));
		ipc_peer_attach(peer, fds[0]);
		echo_echo(peer, &ask, 0, count_echo, NULL);
		ipc_writer_init(&w);
		write_echo_echo_answer(&w, &answer);
		ipc_put_u8(&w, 0);		/* one octet too many */
		answer_raw(fds[1], buf_bytes(&w.buf), buf_len(&w.buf));
		ipc_writer_done(&w);
		before = lowest_free();
		if (cut)
			allow_descriptors(0);
		turn(3);
		if (cut)
			allow_all_descriptors();
		assert_int_equal(results[IPC_LOST], 1);
		assert_int_equal(lowest_free(), before);
		assert_true(ipc_peer_connected(peer));
		ipc_peer_free(peer);
		close(fds[1]);
		turn(3);
	}
}

/* What the kernel will never take is refused, on its way there or back, and
 * when it had to wait first. */
static void
what_cannot_be_sent_is_refused(void **state)
{
	static char blob[60 * 1024];
	struct echo_echo_ask ask = { .text = "", .blob = { blob, sizeof blob },
	    .file = -1 };
	int fds[2], small = 4096;

	(void)state;
	for (int back = 0; back < 2; back++) {
		struct ipc_peer *peer = ipc_peer_new(uv_default_loop(), "e");

		memset(results, 0, sizeof results);
		assert_true(ipc_pair(fds));
		setsockopt(fds[back], SOL_SOCKET, SO_SNDBUF, &small,
		    sizeof small);
		ipc_door_open(uv_default_loop(), fds[1], &echo_service,
		    IPC_SIBLING, NULL, NULL);
		ipc_peer_attach(peer, fds[0]);
		echo_echo(peer, &ask, 0, count_echo, NULL);
		turn(5);
		assert_int_equal(results[back ? IPC_LOST : IPC_REFUSED], 1);
		ask.blob.size = 100;
		for (int i = 0; i < 50; i++)
			echo_echo(peer, &ask, 0, count_echo, NULL);
		ask.blob.size = sizeof blob;
		echo_echo(peer, &ask, 0, count_echo, NULL);
		turn(50);
		assert_int_equal(results[back ? IPC_LOST : IPC_REFUSED], 2);
		assert_int_equal(results[IPC_OK], 50);
		ipc_peer_free(peer);
		turn(4);
	}
}

static void
ask_again(void *arg, enum ipc_status status,
    const struct echo_never_answer *answer)
{
	struct echo_never_ask never = { 0 };

	never_done(NULL, status, answer);
	echo_never(arg, &never, 0, never_done, NULL);
}

static void
a_call_on_a_peer_that_goes_is_lost(void **state)
{
	struct ipc_peer *peer = connected(IPC_SIBLING);
	struct echo_never_ask never = { 0 };

	(void)state;
	losses = 0;
	echo_never(peer, &never, 0, ask_again, peer);
	echo_never(peer, &never, 0, ask_again, peer);
	ipc_peer_free(peer);
	assert_int_equal(losses, 2);
	turn(4);
	assert_int_equal(losses, 4);
	forget_kept();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back),
		cmocka_unit_test(many_calls_wait_for_a_full_socket),
		cmocka_unit_test(loss_is_told_and_a_new_channel_works),
		cmocka_unit_test(time_runs_out),
		cmocka_unit_test(nonsense_from_an_operator),
		cmocka_unit_test(nonsense_from_a_sibling),
		cmocka_unit_test(a_peer_is_freed_by_its_own_calls),
		cmocka_unit_test(nonsense_is_forgiven),
		cmocka_unit_test(an_absence_is_not_waited_for),
		cmocka_unit_test(a_restart_is_waited_for),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(without_descriptors_one_call_fails),
		cmocka_unit_test(bad_answers_keep_no_descriptor),
		cmocka_unit_test(what_cannot_be_sent_is_refused),
		cmocka_unit_test(a_call_on_a_peer_that_goes_is_lost),
	};

	log_open("test", false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
