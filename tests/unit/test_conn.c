/* SPDX-License-Identifier: ISC */
/* Plain connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "tests/unit/conn_ends.h"

static void
test_opens_and_talks(void **state)
{
	(void)state;
	connect_both("127.0.0.1");
	assert_true(netaddr_equal(conn_peer(client.c), conn_local(server.c)));
	assert_true(netaddr_equal(conn_local(client.c), conn_peer(server.c)));
	assert_int_equal(conn_local(client.c)->port, conn_peer(server.c)->port);
	conn_write(server.c, "220 hi\r\n", 8);
	assert_int_equal(conn_waiting(server.c), 0);
	runs_until_bytes(&client, 8);
	assert_memory_equal(buf_bytes(&client.got), "220 hi\r\n", 8);
	client.c = conn_free(client.c);
	runs_until(&server.closed);
	assert_string_equal(server.why, "eof");
}

static void
test_ipv6_and_source(void **state)
{
	struct netaddr addr, source;
	int listener = listen_on("::1", &addr);

	(void)state;
	assert_true(netaddr_parse("::1", &source));
	client.c = conn_connect(&loop, &addr, &source, &events, &client);
	assert_non_null(client.c);
	runs_until(&client.opened);
	assert_true(netaddr_equal(conn_local(client.c), &source));
	close(listener);
	runs_until(&client.closed);
}

static void
test_refused(void **state)
{
	struct netaddr addr;

	(void)state;
	close(listen_on("127.0.0.1", &addr));
	client.c = conn_connect(&loop, &addr, NULL, &events, &client);
	if (client.c == NULL) {
		assert_int_equal(errno, ECONNREFUSED);
		return;
	}
	runs_until(&client.closed);
	assert_int_equal(client.opened, 0);
	assert_string_equal(client.why, "Connection refused");
}

static void
test_no_route(void **state)
{
	struct netaddr addr;

	(void)state;
	assert_true(netaddr_parse_port("[2001:db8::1]:25", 0, &addr));
	assert_null(conn_connect(&loop, &addr, NULL, &events, &client));
	assert_int_equal(errno, ENETUNREACH);
}

/* More than the kernel holds: the rest waits, and drained asks for more. */
static void
test_back_pressure(void **state)
{
	(void)state;
	connect_both("127.0.0.1");
	conn_pause(client.c);
	server.to_send = BIG;
	pump(&server);
	assert_true(conn_waiting(server.c) > 0);
	for (int i = 0; i < 20; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(buf_len(&client.got), 0);
	conn_resume(client.c);
	runs_until_bytes(&client, BIG);
	assert_int_equal(buf_len(&client.got), BIG);
	assert_memory_equal(buf_bytes(&client.got), big, BIG);
	assert_true(server.drained > 0);
	assert_int_equal(conn_waiting(server.c), 0);
}

static void
test_gathered_writes_are_drained(void **state)
{
	(void)state;
	connect_both("127.0.0.1");
	server.echo = true;
	conn_write(client.c, "x", 1);
	runs_until_bytes(&client, 1);
	assert_int_equal(server.drained, 1);
}

static void
test_free_in_event(void **state)
{
	(void)state;
	connect_both("127.0.0.1");
	server.free_in_bytes = true;
	conn_write(client.c, "x", 1);
	runs_until(&client.closed);
	assert_int_equal(server.closed, 0);
	assert_null(server.c);
}

/* The last words arrive though the peer went on talking. */
static void
test_finish_says_all(void **state)
{
	(void)state;
	connect_both("127.0.0.1");
	server.finish_in_bytes = server.echo = true;
	conn_write(client.c, big, 60000);
	for (int i = 0; i < 5; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		if (client.c != NULL)
			conn_write(client.c, big, 60000);
	}
	if (client.closed == 0)
		runs_until(&client.closed);
	assert_string_equal(client.why, "eof");
	assert_true(buf_len(&client.got) > 0);
	assert_int_equal(server.closed, 0);
}

static void
test_finish_big_output(void **state)
{
	(void)state;
	connect_both("127.0.0.1");
	conn_write(server.c, big, BIG);
	assert_true(conn_waiting(server.c) > 0);
	conn_finish(server.c);
	server.c = NULL;
	runs_until(&client.closed);
	assert_int_equal(buf_len(&client.got), BIG);
}

static void
test_timeout(void **state)
{
	(void)state;
	connect_both("127.0.0.1");
	conn_set_timeout(server.c, 5000);
	conn_set_timeout(server.c, 5);
	runs_until(&server.timeouts);
	assert_int_equal(server.closed, 0);
	conn_set_timeout(server.c, 5);
	conn_set_timeout(server.c, 0);
}

static void
test_too_much_output(void **state)
{
	(void)state;
	connect_both("127.0.0.1");
	conn_pause(client.c);
	for (int i = 0; i < 16; i++)
		conn_write(server.c, big, BIG);
	assert_int_equal(server.closed, 0);	/* not from within our call */
	runs_until(&server.closed);
	assert_string_equal(server.why, "too much output waits");
}

static void
test_reset(void **state)
{
	struct linger now = { .l_onoff = 1 };
	struct netaddr addr;
	struct sockaddr_storage sa;
	int listener = listen_on("127.0.0.1", &addr), fd;
	socklen_t size = netaddr_to_sockaddr(&addr, &sa);

	(void)state;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, size), 0);
	server.c = conn_new(&loop, accept(listener, NULL, NULL), &events,
	    &server);
	close(listener);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(fd);
	runs_until(&server.closed);
	assert_string_equal(server.why, "Connection reset by peer");
}

static void
test_socketpair(void **state)
{
	int fds[2];
	char text[8];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	server.c = conn_new(&loop, fds[0], &events, &server);
	assert_int_equal(conn_peer(server.c)->family, NETADDR_NONE);
	conn_write(server.c, "lmtp", 4);
	assert_int_equal(read(fds[1], text, sizeof text), 4);
	close(fds[1]);
	conn_write(server.c, "gone", 4);	/* EPIPE, and no SIGPIPE */
	runs_until(&server.closed);
}

static int
run(void)
{
	const struct CMUnitTest tests[] = {
		T(test_opens_and_talks), T(test_ipv6_and_source),
		T(test_refused), T(test_no_route), T(test_back_pressure),
		T(test_gathered_writes_are_drained), T(test_free_in_event),
		T(test_finish_says_all), T(test_finish_big_output),
		T(test_timeout), T(test_too_much_output), T(test_reset),
		T(test_socketpair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int
main(void)
{
	return run_in_namespace("conn", run);
}
