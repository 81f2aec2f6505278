/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_CONN_ENDS_H
#define TESTS_UNIT_CONN_ENDS_H

/*
 * For the tests of connections: two ends over loopback TCP, in a network
 * namespace of the test's own, and what each of them saw.  cmocka's header
 * comes first.
 */

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/conn.h"

#define BIG (3 * 1024 * 1024)

static uv_loop_t loop;
/* One end: what it saw, and what it does when something happens. */
struct end {
	struct conn	*c;
	struct buf	 got;
	char		 why[200];
	char		 version[20];
	int		 opened, drained, timeouts, tls_ups, closed;
	size_t		 to_send;	/* of BIG, pumped by drained */
	bool		 echo, free_in_bytes, finish_in_bytes;
	struct conn_tls	*start_tls;	/* when STARTTLS arrives */
};

static uint8_t big[BIG];

static inline void
pump(struct end *e)
{
	while (conn_waiting(e->c) == 0 && e->to_send > 0) {
		size_t n = e->to_send < 100000 ? e->to_send : 100000;

		conn_write(e->c, big + (BIG - e->to_send), n);
		e->to_send -= n;
	}
}

static inline void
on_opened(void *arg)
{
	((struct end *)arg)->opened++;
}

static inline void
on_bytes(void *arg, const uint8_t *data, size_t n)
{
	struct end *e = arg;

	buf_add(&e->got, data, n);
	if (e->start_tls != NULL && !conn_is_tls(e->c)) {
		conn_write(e->c, "220 go\r\n", 8);
		conn_start_tls(e->c, e->start_tls, NULL);
		return;
	}
	if (e->echo)
		conn_write(e->c, data, n);
	if (e->free_in_bytes)
		e->c = conn_free(e->c);
	else if (e->finish_in_bytes) {
		conn_finish(e->c);
		e->c = NULL;
	}
}

static inline void
on_drained(void *arg)
{
	struct end *e = arg;

	e->drained++;
	pump(e);
}

static inline void
on_tls_up(void *arg, const char *version, const char *cipher)
{
	struct end *e = arg;

	assert_non_null(cipher);
	e->tls_ups++;
	snprintf(e->version, sizeof e->version, "%s", version);
}

static inline void
on_timeout(void *arg)
{
	((struct end *)arg)->timeouts++;
}

static inline void
on_closed(void *arg, const char *why)
{
	struct end *e = arg;

	e->closed++;
	snprintf(e->why, sizeof e->why, "%s", why == NULL ? "eof" : why);
	e->c = NULL;
}

static const struct conn_events events = {
	.opened = on_opened, .bytes = on_bytes, .drained = on_drained,
	.tls_up = on_tls_up, .timeout = on_timeout, .closed = on_closed,
};

static struct end client, server;

static inline void
runs_until(const int *flag)
{
	for (int i = 0; i < 100000 && *flag == 0; i++)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_not_equal(*flag, 0);
}

static inline void
runs_until_bytes(const struct end *e, size_t n)
{
	for (int i = 0; i < 100000 && buf_len(&e->got) < n; i++)
		uv_run(&loop, UV_RUN_ONCE);
	assert_true(buf_len(&e->got) >= n);
}

static inline int
listen_on(const char *text, struct netaddr *ret_addr)
{
	struct sockaddr_storage sa;
	socklen_t size;
	int fd, small = 65536;

	assert_true(netaddr_parse(text, ret_addr));
	size = netaddr_to_sockaddr(ret_addr, &sa);
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, size), 0);
	/* Inherited by what is accepted: the kernel must not hold it all. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &size), 0);
	assert_true(netaddr_from_sockaddr((struct sockaddr *)&sa, ret_addr));
	return fd;
}

/* client and server become the two ends of a connection to text. */
static inline void
connect_both(const char *text)
{
	struct netaddr addr;
	int listener = listen_on(text, &addr), fd;

	client.c = conn_connect(&loop, &addr, NULL, &events, &client);
	assert_non_null(client.c);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	close(listener);
	server.c = conn_new(&loop, fd, &events, &server);
	assert_non_null(server.c);
	runs_until(&client.opened);
}

static inline int
set_up(void **state)
{
	(void)state;
	client = server = (struct end){ 0 };
	buf_init(&client.got, BIG * 2);
	buf_init(&server.got, BIG * 2);
	return 0;
}

static inline int
tear_down(void **state)
{
	(void)state;
	conn_free(client.c);
	conn_free(server.c);
	uv_run(&loop, UV_RUN_DEFAULT);	/* ends only when no handle is left */
	buf_done(&client.got);
	buf_done(&server.got);
	return 0;
}

/* A network of our own, with nothing but loopback. */
static inline bool
enter_namespace(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;
	bool up;

	if (unshare(CLONE_NEWNET) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	close(fd);
	return up;
}

/* Runs the tests, or says why they cannot run. */
static inline int
run_in_namespace(const char *name, int (*run)(void))
{
	int failed;

	if (!enter_namespace()) {
		printf("# SKIP %s: no network namespace may be made here\n",
		    name);
		return 0;
	}
	for (size_t i = 0; i < BIG; i++)
		big[i] = (uint8_t)(i * 2654435761u >> 13);
	uv_loop_init(&loop);
	failed = run();
	uv_loop_close(&loop);
	return failed;
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
