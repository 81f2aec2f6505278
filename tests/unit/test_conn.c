/* SPDX-License-Identifier: ISC */
/*
 * Connections over loopback TCP in a network namespace of this test's own,
 * plain and under TLS, with a certificate made here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/conn.h"

#define BIG (3 * 1024 * 1024)

static uv_loop_t loop;
static char *certificate, *key;
static size_t certificate_size, key_size;

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

static void
pump(struct end *e)
{
	while (conn_waiting(e->c) == 0 && e->to_send > 0) {
		size_t n = e->to_send < 100000 ? e->to_send : 100000;

		conn_write(e->c, big + (BIG - e->to_send), n);
		e->to_send -= n;
	}
}

static void
on_opened(void *arg)
{
	((struct end *)arg)->opened++;
}

static void
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

static void
on_drained(void *arg)
{
	struct end *e = arg;

	e->drained++;
	pump(e);
}

static void
on_tls_up(void *arg, const char *version, const char *cipher)
{
	struct end *e = arg;

	assert_non_null(cipher);
	e->tls_ups++;
	snprintf(e->version, sizeof e->version, "%s", version);
}

static void
on_timeout(void *arg)
{
	((struct end *)arg)->timeouts++;
}

static void
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

static void
runs_until(const int *flag)
{
	for (int i = 0; i < 100000 && *flag == 0; i++)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_not_equal(*flag, 0);
}

static void
runs_until_bytes(const struct end *e, size_t n)
{
	for (int i = 0; i < 100000 && buf_len(&e->got) < n; i++)
		uv_run(&loop, UV_RUN_ONCE);
	assert_true(buf_len(&e->got) >= n);
}

static int
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
static void
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

static int
set_up(void **state)
{
	(void)state;
	client = server = (struct end){ 0 };
	buf_init(&client.got, BIG * 2);
	buf_init(&server.got, BIG * 2);
	return 0;
}

static int
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

/* ---- TLS ---- */

static struct conn_tls *
server_tls(void)
{
	const char *why = "";
	struct conn_tls *tls = conn_tls_server(certificate, certificate_size,
	    key, key_size, &why);

	assert_string_equal(why, "");
	assert_non_null(tls);
	return tls;
}

static void
start_both(bool verify, const char *name)
{
	const char *why = "";
	struct conn_tls *c = conn_tls_client(verify ? certificate : NULL,
	    verify ? certificate_size : 0, verify, &why);

	assert_non_null(c);
	server.start_tls = server_tls();
	connect_both("127.0.0.1");
	conn_write(client.c, "STARTTLS\r\n", 10);
	runs_until_bytes(&client, 8);
	buf_clear(&client.got);
	buf_clear(&server.got);
	conn_start_tls(client.c, c, name);
	conn_tls_free(c);
}

static void
end_tls(void)
{
	server.start_tls = conn_tls_free(server.start_tls);
}

static void
test_starttls(void **state)
{
	(void)state;
	start_both(true, "mx.test.example");
	end_tls();		/* the session holds what it needs */
	server.start_tls = NULL;
	server.echo = true;
	conn_write(client.c, "EHLO early\r\n", 12);
	runs_until(&client.tls_ups);
	assert_string_equal(client.version, "TLSv1.3");
	assert_true(conn_is_tls(client.c));
	runs_until_bytes(&client, 12);
	assert_memory_equal(buf_bytes(&client.got), "EHLO early\r\n", 12);
	assert_int_equal(server.tls_ups, 1);
	conn_finish(client.c);
	client.c = NULL;
	runs_until(&server.closed);
	assert_string_equal(server.why, "eof");
}

static void
test_tls_big_both_ways(void **state)
{
	(void)state;
	start_both(false, NULL);
	runs_until(&client.tls_ups);
	server.to_send = client.to_send = BIG;
	pump(&client);
	pump(&server);
	runs_until_bytes(&client, BIG);
	runs_until_bytes(&server, BIG);
	assert_memory_equal(buf_bytes(&client.got), big, BIG);
	assert_memory_equal(buf_bytes(&server.got), big, BIG);
	end_tls();
}

static void
test_tls_pause(void **state)
{
	(void)state;
	start_both(false, NULL);
	runs_until(&client.tls_ups);
	conn_pause(server.c);
	client.to_send = BIG;
	pump(&client);
	for (int i = 0; i < 50; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(buf_len(&server.got), 0);
	conn_resume(server.c);
	runs_until_bytes(&server, BIG);
	end_tls();
}

static void
test_tls_finish_flushes(void **state)
{
	(void)state;
	start_both(false, NULL);
	runs_until(&server.tls_ups);
	conn_write(server.c, big, BIG);
	conn_finish(server.c);
	server.c = NULL;
	runs_until(&client.closed);
	assert_int_equal(buf_len(&client.got), BIG);
	end_tls();
}

static void
test_tls_wrong_name(void **state)
{
	(void)state;
	start_both(true, "other.example");
	runs_until(&client.closed);
	assert_int_equal(client.tls_ups, 0);
	assert_non_null(strstr(client.why, "other.example"));
	end_tls();
}

static void
test_tls_bad_files(void **state)
{
	const char *why = "";

	(void)state;
	assert_null(conn_tls_client(key, key_size, true, &why));
	assert_true(strlen(why) > 0);
	assert_null(conn_tls_client(NULL, 0, true, &why));
	assert_null(conn_tls_server("x", 1, key, key_size, &why));
	assert_true(strlen(why) > 0);
}

static void
test_tls_garbage(void **state)
{
	(void)state;
	server.start_tls = server_tls();
	connect_both("127.0.0.1");
	conn_write(client.c, "STARTTLS\r\n", 10);
	runs_until_bytes(&client, 8);
	conn_write(client.c, "EHLO plain\r\n", 12);
	runs_until(&server.closed);
	assert_int_equal(server.tls_ups, 0);
	assert_true(strlen(server.why) > 0);
	end_tls();
}

/* ---- the fixture ---- */

static char *
pem_text(BIO *bio, size_t *ret_size)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);
	char *copy = malloc((size_t)n);

	assert_non_null(copy);
	memcpy(copy, data, (size_t)n);
	*ret_size = (size_t)n;
	BIO_free(bio);
	return copy;
}

static void
make_certificate(void)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_EXTENSION *names;
	BIO *out = BIO_new(BIO_s_mem());

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, pkey);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)"mx.test.example", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
	    "DNS:mx.test.example");
	X509_add_ext(x, names, -1);
	X509_EXTENSION_free(names);
	assert_true(X509_sign(x, pkey, EVP_sha256()) > 0);
	PEM_write_bio_X509(out, x);
	certificate = pem_text(out, &certificate_size);
	out = BIO_new(BIO_s_mem());
	PEM_write_bio_PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL);
	key = pem_text(out, &key_size);
	X509_free(x);
	EVP_PKEY_free(pkey);
}

/* A network of our own, with nothing but loopback. */
static bool
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

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_opens_and_talks), T(test_ipv6_and_source),
		T(test_refused), T(test_no_route), T(test_back_pressure),
		T(test_gathered_writes_are_drained), T(test_free_in_event),
		T(test_finish_says_all), T(test_finish_big_output),
		T(test_timeout), T(test_too_much_output), T(test_reset),
		T(test_socketpair), T(test_starttls),
		T(test_tls_big_both_ways), T(test_tls_pause),
		T(test_tls_finish_flushes), T(test_tls_wrong_name),
		T(test_tls_bad_files), T(test_tls_garbage),
	};
	int failed;

	if (!enter_namespace()) {
		puts("# SKIP conn: no network namespace may be made here");
		return 0;
	}
	for (size_t i = 0; i < BIG; i++)
		big[i] = (uint8_t)(i * 2654435761u >> 13);
	make_certificate();
	uv_loop_init(&loop);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	uv_loop_close(&loop);
	free(certificate);
	free(key);
	return failed;
}
