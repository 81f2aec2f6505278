/* SPDX-License-Identifier: ISC */
/*
 * Attempts against scripted mail servers, in a network namespace of this
 * test's own; the resolver and the queue are played here, over real channels.
 *
 *	fd00::1		a server over IPv6
 *	127.0.0.1, .2	two over IPv4
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "queue/attempt.h"
#include "queue/deliver_ipc.h"
#include "queue/pool.h"
#include "queue/route.h"
#include "queue/setup.h"
#include "resolver/dns.h"
#include "resolver/resolver_ipc.h"
#include "smtpd/privileged_ipc.h"
#include "util/conn.h"
#include "util/number.h"
#include "util/trace.h"
#include "util/xalloc.h"

#define IPC_NAME deliver
#define IPC_FILE "queue/deliver.msg"
#include "util/ipc_serve.h"

#define IPC_NAME resolver
#define IPC_FILE "resolver/resolver.msg"
#include "util/ipc_serve.h"

#define IPC_NAME privileged
#define IPC_FILE "smtpd/privileged.msg"
#include "util/ipc_serve.h"

#define PORT		2525
#define PUSH_BACK	"550-5.5.64 fall back to IPv4\r\n550 5.5.64 please"
#define BODY		"Subject: x\r\n\r\n.dot\r\nend\r\n"

static uv_loop_t loop;
static struct ipc_peer *queue_peer, *resolver_peer, *parent_peer;
static struct ipc_door *resolver_door, *deliver_door, *parent_door;
static struct config config;
static int lookups;

/* ---- a scripted mail server ---- */

struct server {
	const char	*address;
	int		 fd;
	uv_poll_t	 poll;
	const char	*greeting;	/* NULL: 220 */
	const char	*dot_reply;	/* NULL: 250 */
	bool		 dies_after_dot;
	bool		 dies_after_message;
	bool		 broken_tls;
	int		 rcpts_max;	/* 0: any number */
	int		 connections, messages, rcpts, quits;
	char		 last[4096];	/* the last message */
};

struct dialogue {
	struct server	*server;
	struct conn	*conn;
	struct buf	 in;
	bool		 in_data;
	bool		 lmtp;
	bool		 no_handshake;	/* hangs up at the first byte */
	int		 rcpts;
};

static struct server servers[] = {
	{ .address = "fd00::1" }, { .address = "127.0.0.1" },
	{ .address = "127.0.0.2" },
	{ .address = "" },		/* LMTP, by way of the parent */
};
static struct server *const six = &servers[0], *const four = &servers[1],
    *const four2 = &servers[2], *const lmtp = &servers[3];

static void
say(struct dialogue *d, const char *text)
{
	conn_write(d->conn, text, strlen(text));
	conn_write(d->conn, "\r\n", 2);
}

static void
hang_up(struct dialogue *d)
{
	conn_finish(d->conn);
	buf_done(&d->in);
	free(d);
}

static void
say_rcpt(struct dialogue *d, const char *line)
{
	int most = d->server->rcpts_max;

	if (strstr(line, "<no") != NULL)
		say(d, "550 5.1.1 nobody");
	else if (strstr(line, "<later") != NULL)
		say(d, "450 4.2.0 later");
	else if (most > 0 && d->rcpts >= most)
		say(d, "452 4.5.3 too many");
	else {
		d->rcpts++;
		say(d, "250 2.1.5 ok");
	}
}

static bool
starts(const char *line, const char *verb)
{
	return strncasecmp(line, verb, strlen(verb)) == 0;
}

/* false: the dialogue is over. */
static bool
on_command(struct dialogue *d, const char *line)
{
	if (starts(line, "EHLO") || starts(line, "LHLO")) {
		d->lmtp = starts(line, "LHLO");
		say(d, "250-test");
		if (d->server->broken_tls)
			say(d, "250-STARTTLS");
		say(d, "250-PIPELINING");
		say(d, "250 8BITMIME");
	} else if (starts(line, "STARTTLS")) {
		say(d, "220 go");
		d->no_handshake = true;
	} else if (starts(line, "MAIL") || starts(line, "RSET")) {
		d->rcpts = 0;
		say(d, "250 2.1.0 ok");
	} else if (starts(line, "RCPT")) {
		say_rcpt(d, line);
	} else if (starts(line, "DATA")) {
		d->in_data = d->rcpts > 0;
		say(d, d->in_data ? "354 go" : "503 5.5.1 no recipient");
	} else if (starts(line, "QUIT")) {
		d->server->quits++;
		say(d, "221 bye");
		hang_up(d);
		return false;
	}
	return true;
}

static bool
on_dot(struct dialogue *d)
{
	struct server *s = d->server;

	d->in_data = false;
	if (s->dies_after_dot) {
		hang_up(d);
		return false;
	}
	for (int i = 0; i < (d->lmtp ? d->rcpts : 1); i++)
		say(d, s->dot_reply == NULL ? "250 2.0.0 taken" :
		    s->dot_reply);
	if (s->dot_reply == NULL) {
		s->messages++;
		s->rcpts += d->rcpts;
	}
	if (s->dies_after_message) {
		hang_up(d);
		return false;
	}
	return true;
}

static void
on_bytes(void *arg, const uint8_t *data, size_t n)
{
	struct dialogue *d = arg;

	if (d->no_handshake) {
		hang_up(d);
		return;
	}
	buf_add(&d->in, data, n);
	for (;;) {
		const char *text = buf_cstr(&d->in);
		const char *end = strstr(text, d->in_data ? "\r\n.\r\n" :
		    "\r\n");
		char line[4096];
		size_t size;

		if (end == NULL)
			return;
		size = (size_t)(end - text) + (d->in_data ? 5 : 2);
		snprintf(line, sizeof line, "%.*s", (int)(end - text), text);
		buf_consume(&d->in, size);
		if (d->in_data)
			memcpy(d->server->last, line, sizeof line);
		if (!(d->in_data ? on_dot(d) : on_command(d, line)))
			return;
	}
}

static void
on_closed(void *arg, const char *why)
{
	struct dialogue *d = arg;

	(void)why;
	buf_done(&d->in);
	free(d);
}

static const struct conn_events dialogue_events = {
	.bytes = on_bytes,
	.closed = on_closed,
};

static void
talk(struct server *s, int fd)
{
	struct dialogue *d = xcalloc(1, sizeof *d);

	s->connections++;
	d->server = s;
	buf_init(&d->in, 1 << 20);
	d->conn = conn_new(&loop, fd, &dialogue_events, d);
	say(d, s->greeting == NULL ? "220 test" : s->greeting);
}

static void
on_accept(uv_poll_t *poll, int status, int events)
{
	struct server *s = poll->data;
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)status;
	(void)events;
	if (fd >= 0)
		talk(s, fd);
}

static void
listen_on(struct server *s)
{
	struct netaddr addr;
	struct sockaddr_storage sa;
	socklen_t size;
	int one = 1;

	assert_true(netaddr_parse(s->address, &addr));
	addr.port = PORT;
	size = netaddr_to_sockaddr(&addr, &sa);
	s->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sa, size), 0);
	assert_int_equal(listen(s->fd, 100), 0);
	uv_poll_init(&loop, &s->poll, s->fd);
	s->poll.data = s;
	uv_poll_start(&s->poll, UV_READABLE, on_accept);
}

/* ---- the resolver ---- */

static const struct {
	const char	*name;
	enum dns_type	 type;
	uint32_t	 preference;
	const char	*target;
} zone[] = {
	{ "_mx6._tcp.both.test", DNS_SRV, 0, "mx6.both.test" },
	{ "both.test", DNS_MX, 0, "mx.both.test" },
	{ "mx6.both.test", DNS_AAAA, 0, "fd00::1" },
	{ "mx6.both.test", DNS_A, 0, "127.0.0.1" },
	{ "mx.both.test", DNS_A, 0, "127.0.0.2" },
	{ "plain.test", DNS_MX, 0, "mx.plain.test" },
	{ "mx.plain.test", DNS_AAAA, 0, "fd00::1" },
	{ "mx.plain.test", DNS_A, 0, "127.0.0.1" },
	{ "four.test", DNS_MX, 0, "a.four.test" },
	{ "four.test", DNS_MX, 10, "b.four.test" },
	{ "a.four.test", DNS_A, 0, "127.0.0.1" },
	{ "b.four.test", DNS_A, 0, "127.0.0.2" },
	{ "dead.test", DNS_MX, 0, "a.dead.test" },
	{ "a.dead.test", DNS_AAAA, 0, "fd00::99" },
	{ "a.dead.test", DNS_A, 0, "127.0.0.1" },
	{ "null.test", DNS_MX, 0, "" },
};

void
serve_resolver_lookup(struct ipc_call *call,
    const struct resolver_lookup_ask *ask)
{
	struct resolver_record records[8];
	struct resolver_lookup_answer answer = { .records = records };

	lookups++;
	memset(records, 0, sizeof records);
	for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
		struct resolver_record *r = &records[answer.records_count];

		if (strcmp(zone[i].name, ask->name) != 0 ||
		    zone[i].type != ask->type)
			continue;
		r->preference = zone[i].preference;
		r->port = PORT;
		if (ask->type == DNS_A || ask->type == DNS_AAAA)
			netaddr_parse(zone[i].target, &r->addr);
		else
			r->name = zone[i].target;
		answer.records_count++;
	}
	answer.status = answer.records_count > 0 ? DNS_OK : DNS_NXDOMAIN;
	resolver_lookup_reply(call, &answer);
}

/* ---- the queue ---- */

void
serve_deliver_send(struct ipc_call *call, const struct deliver_send_ask *ask)
{
	attempt_start(call, ask);
}

struct outcome {
	enum deliver_outcome	outcome;
	char			code[4];
	char			enhanced[12];
	char			text[400];
	char			remote[100];
	char			addr[NETADDR_TEXT_SIZE];
	enum deliver_via	via;
};

/* The last answer. */
static struct outcome results[300];
static uint32_t result_count;
static int answers;
static bool mx6_tried, mx6_pushed_back, reused;

static void
on_sent(void *arg, enum ipc_status status,
    const struct deliver_send_answer *answer)
{
	(void)arg;
	assert_int_equal(status, IPC_OK);
	answers++;
	result_count = answer->results_count;
	for (uint32_t i = 0; i < result_count; i++) {
		const struct deliver_result *r = &answer->results[i];
		struct outcome *o = &results[i];

		o->outcome = (enum deliver_outcome)r->outcome;
		o->via = (enum deliver_via)r->via;
		snprintf(o->code, sizeof o->code, "%s", r->code);
		snprintf(o->enhanced, sizeof o->enhanced, "%s", r->enhanced);
		snprintf(o->text, sizeof o->text, "%s", r->text);
		snprintf(o->remote, sizeof o->remote, "%s", r->remote);
		netaddr_format(&r->addr, o->addr);
	}
	mx6_tried = answer->mx6_tried;
	mx6_pushed_back = answer->mx6_pushed_back;
	reused = answer->reused;
}

/* The parent: gives out sockets of an LMTP server. */

void
serve_privileged_mail_user(struct ipc_call *call,
    const struct privileged_mail_user_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

void
serve_privileged_lmtp_socket(struct ipc_call *call,
    const struct privileged_lmtp_socket_ask *ask)
{
	struct privileged_lmtp_socket_answer answer = {
		.socket = -1,
		.error = "no such server",
	};
	int fds[2];

	if (strcmp(ask->path, "/run/lmtp") == 0) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		talk(&servers[3], fds[1]);
		answer.socket = fds[0];
	}
	privileged_lmtp_socket_reply(call, &answer);
	if (answer.socket >= 0)
		close(answer.socket);
}

static bool as_lmtp;

static void
send_file(const char *domain, enum deliver_family family, int file,
    uint64_t size, const char *const *rcpts, uint32_t count)
{
	struct deliver_rcpt rows[300];
	struct deliver_send_ask ask = {
		.message = "m1",
		.sender = "from@us.test",
		.domain = domain,
		.family = (uint8_t)family,
		.rcpts = rows,
		.rcpts_count = count,
		.lmtp = as_lmtp,
		.file = file,
		.size_bytes = size,
	};

	for (uint32_t i = 0; i < count; i++)
		rows[i] = (struct deliver_rcpt){ .id = i + 1,
		    .address = rcpts[i] };
	if (file < 0) {
		ask.body = (struct ipc_bytes){ BODY, strlen(BODY) };
		ask.size_bytes = strlen(BODY);
	}
	deliver_send(queue_peer, &ask, 0, on_sent, NULL);
}

static void
run_until(int count)
{
	for (int i = 0; i < 100000 && answers < count; i++)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(answers, count);
}

static void
send_to(const char *domain, enum deliver_family family,
    const char *const *rcpts, uint32_t count)
{
	answers = 0;
	send_file(domain, family, -1, 0, rcpts, count);
	run_until(1);
	assert_int_equal(result_count, count);
}

static void
send_one(const char *domain, enum deliver_family family)
{
	static const char *const one[] = { "you@there.test" };

	send_to(domain, family, one, 1);
}

static void
expect(uint32_t i, enum deliver_outcome outcome, const char *code,
    const char *addr, enum deliver_via via)
{
	if (results[i].outcome != outcome)
		print_message("%s\n", results[i].text);
	assert_int_equal(results[i].outcome, outcome);
	assert_string_equal(results[i].code, code);
	assert_string_equal(results[i].addr, addr);
	assert_int_equal(results[i].via, via);
}

/* Everything as new; sessions that rested are gone. */
static int
set_up(void **state)
{
	static struct setup *setup;
	struct setup *fresh = setup_new(&config);

	(void)state;
	pool_close();
	for (int i = 0; i < 10; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	route_configure(&config, fresh);
	attempt_configure(fresh);
	setup_drop(setup);
	setup = fresh;
	lookups = 0;
	for (size_t i = 0; i < sizeof servers / sizeof servers[0]; i++) {
		struct server *s = &servers[i];

		s->greeting = s->dot_reply = NULL;
		s->dies_after_dot = s->dies_after_message = false;
		s->broken_tls = false;
		s->rcpts_max = 0;
		s->connections = s->messages = s->rcpts = s->quits = 0;
		s->last[0] = '\0';
	}
	return 0;
}

/* ---- the tests ---- */

static void
test_willing(void **state)
{
	(void)state;
	send_one("both.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX6_IPV6);
	assert_string_equal(results[0].remote, "mx6.both.test");
	assert_string_equal(six->last, "Subject: x\r\n\r\n..dot\r\nend");
	assert_true(mx6_tried);
	assert_false(mx6_pushed_back);
}

static void
test_unwilling(void **state)
{
	(void)state;
	six->dot_reply = PUSH_BACK;
	send_one("both.test", DELIVER_ANY);
	expect(0, OUTCOME_PUSHED_BACK, "550", "fd00::1", VIA_MX6_IPV6);
	assert_true(mx6_tried);
	assert_true(mx6_pushed_back);
	assert_int_equal(four->connections, 0);
	send_one("both.test", DELIVER_IPV4_ONLY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX6_IPV4);
	assert_int_equal(six->connections, 1);
	assert_false(mx6_tried);
}

/* Exactly those that have no final answer yet. */
static void
test_unwilling_mixed(void **state)
{
	static const char *const rcpts[] = {
		"a@both.test", "no@both.test", "later@both.test",
	};

	(void)state;
	six->dot_reply = PUSH_BACK;
	send_to("both.test", DELIVER_ANY, rcpts, 3);
	expect(0, OUTCOME_PUSHED_BACK, "550", "fd00::1", VIA_MX6_IPV6);
	expect(1, OUTCOME_FAILED, "550", "fd00::1", VIA_MX6_IPV6);
	assert_string_equal(results[1].enhanced, "5.1.1");
	expect(2, OUTCOME_PUSHED_BACK, "550", "fd00::1", VIA_MX6_IPV6);
	assert_int_equal(four->connections, 0);
}

static void
test_unaware(void **state)
{
	(void)state;
	six->dot_reply = PUSH_BACK;
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_FAILED, "550", "fd00::1", VIA_MX_IPV6);
	assert_false(mx6_pushed_back);
	assert_int_equal(four->connections, 0);
}

static void
test_push_back_over_ipv4_fails(void **state)
{
	(void)state;
	four->dot_reply = PUSH_BACK;
	send_one("both.test", DELIVER_IPV4_ONLY);
	expect(0, OUTCOME_FAILED, "550", "127.0.0.1", VIA_MX6_IPV4);
}

static void
test_defensive(void **state)
{
	(void)state;
	six->dot_reply = "450 4.7.1 fall back to IPv4";
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(six->connections, 1);
}

static void
test_4xx_over_mx6(void **state)
{
	(void)state;
	six->dot_reply = "451 4.3.0 trouble";
	four->greeting = "421 4.3.2 busy";
	send_one("both.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.2", VIA_MX_IPV4);
	assert_false(mx6_pushed_back);
}

static void
test_4xx_over_ipv4_ends(void **state)
{
	(void)state;
	four->dot_reply = "451 4.3.0 trouble";
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DEFERRED, "451", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(four2->connections, 0);
}

static void
test_421_goes_on(void **state)
{
	(void)state;
	four->greeting = "421 4.3.2 busy";
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.2", VIA_MX_IPV4);
}

static void
test_greeting_554_goes_on(void **state)
{
	(void)state;
	four->greeting = "554 5.7.1 go away";
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.2", VIA_MX_IPV4);
}

static void
test_all_busy(void **state)
{
	(void)state;
	four->greeting = four2->greeting = "421 4.3.2 busy";
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DEFERRED, "421", "127.0.0.2", VIA_MX_IPV4);
}

static void
test_unreachable_address(void **state)
{
	(void)state;
	send_one("dead.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
}

static void
test_uncertain_waits(void **state)
{
	(void)state;
	six->dies_after_dot = true;
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_UNCERTAIN, "", "fd00::1", VIA_MX_IPV6);
	assert_int_equal(four->connections, 0);
}

static void
test_null_mx(void **state)
{
	(void)state;
	send_one("null.test", DELIVER_ANY);
	expect(0, OUTCOME_FAILED, "", "none", VIA_NONE);
	assert_string_equal(results[0].enhanced, "5.1.10");
}

static void
test_reuse(void **state)
{
	int asked;

	(void)state;
	send_one("both.test", DELIVER_ANY);
	assert_false(reused);
	asked = lookups;
	for (int i = 0; i < 10; i++) {
		send_one("both.test", DELIVER_ANY);
		expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX6_IPV6);
		assert_true(reused);
	}
	assert_int_equal(lookups, asked);
	assert_int_equal(six->connections, 1);
	assert_int_equal(six->messages, 11);
}

static void
test_reuse_has_an_end(void **state)
{
	(void)state;
	config.connection_messages = 3;
	set_up(NULL);
	for (int i = 0; i < 7; i++)
		send_one("four.test", DELIVER_ANY);
	assert_int_equal(four->connections, 3);
	config.connection_messages = 100;
}

/* A session that the server closed while it rested is not its failure. */
static void
test_reuse_of_a_closed_one(void **state)
{
	(void)state;
	four->dies_after_message = true;
	for (int i = 0; i < 4; i++) {
		send_one("four.test", DELIVER_ANY);
		expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	}
	assert_int_equal(four->connections, 4);
	assert_int_equal(four2->connections, 0);
}

/* An address of both domains: found by SRV here, by MX there. */
static void
test_never_shared(void **state)
{
	(void)state;
	send_one("both.test", DELIVER_ANY);
	send_one("plain.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX_IPV6);
	assert_int_equal(six->connections, 2);
	send_one("both.test", DELIVER_IPV4_ONLY);
	send_one("both.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX6_IPV6);
	assert_int_equal(six->connections, 2);
}

static void
test_broken_tls(void **state)
{
	(void)state;
	four->broken_tls = true;
	send_one("four.test", DELIVER_ANY);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(four->connections, 2);
	assert_int_equal(four2->connections, 0);
}

static void
test_broken_tls_required(void **state)
{
	(void)state;
	config.tls = TLS_REQUIRED;
	set_up(NULL);
	four->broken_tls = true;
	send_one("four.test", DELIVER_ANY);
	assert_int_equal(results[0].outcome, OUTCOME_DEFERRED);
	assert_int_equal(four->connections, 1);
	assert_int_equal(four->messages + four2->messages, 0);
	config.tls = TLS_OPPORTUNISTIC;
}

/* 452 4.5.3 means another transaction in the same session. */
static void
test_too_many_rcpts(void **state)
{
	static const char *rcpts[25];

	(void)state;
	for (size_t i = 0; i < 25; i++)
		rcpts[i] = "you@there.test";
	four->rcpts_max = 10;
	send_to("four.test", DELIVER_ANY, rcpts, 25);
	for (uint32_t i = 0; i < 25; i++)
		expect(i, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(four->connections, 1);
	assert_int_equal(four->messages, 3);
	assert_int_equal(four->rcpts, 25);
}

/* One is delivered over IPv6, one failed, one goes on to IPv4. */
static void
test_mixed_over_ipv6(void **state)
{
	static const char *const rcpts[] = {
		"a@x.test", "no@x.test", "later@x.test",
	};

	(void)state;
	send_to("plain.test", DELIVER_ANY, rcpts, 3);
	expect(0, OUTCOME_DELIVERED, "250", "fd00::1", VIA_MX_IPV6);
	expect(1, OUTCOME_FAILED, "550", "fd00::1", VIA_MX_IPV6);
	expect(2, OUTCOME_DEFERRED, "450", "127.0.0.1", VIA_MX_IPV4);
	assert_int_equal(four->connections, 1);
	assert_int_equal(four->messages, 0);
}

static void
test_file_body(void **state)
{
	static const char *const one[] = { "you@there.test" };
	char body[300000];
	int file = memfd_create("body", MFD_CLOEXEC);

	(void)state;
	for (size_t i = 0; i < sizeof body; i += 100) {
		memset(body + i, 'x', 98);
		memcpy(body + i + 98, "\r\n", 2);
	}
	assert_int_equal(write(file, body, sizeof body), sizeof body);
	answers = 0;
	send_file("four.test", DELIVER_ANY, file, sizeof body, one, 1);
	run_until(1);
	expect(0, OUTCOME_DELIVERED, "250", "127.0.0.1", VIA_MX_IPV4);
	close(file);
}

static void
test_many_at_once(void **state)
{
	static const char *const one[] = { "you@there.test" };

	(void)state;
	answers = 0;
	for (int i = 0; i < 20; i++)
		send_file("both.test", DELIVER_ANY, -1, 0, one, 1);
	run_until(20);
	assert_int_equal(six->messages, 20);
	assert_true(lookups <= 6);	/* all waited for one plan */
	answers = 0;
	for (int i = 0; i < 200; i++)
		send_file("both.test", DELIVER_ANY, -1, 0, one, 1);
	run_until(200);
	assert_int_equal(six->messages, 220);
}

static void
test_lmtp(void **state)
{
	static const char *const rcpts[] = {
		"a@us.test", "no@us.test", "later@us.test", "b@us.test",
	};

	(void)state;
	as_lmtp = true;
	for (int i = 0; i < 2; i++) {
		send_to("unix:/run/lmtp", DELIVER_ANY, rcpts, 4);
		assert_int_equal(reused, i > 0);
		expect(0, OUTCOME_DELIVERED, "250", "none", VIA_LMTP);
		expect(1, OUTCOME_FAILED, "550", "none", VIA_LMTP);
		expect(2, OUTCOME_DEFERRED, "450", "none", VIA_LMTP);
		expect(3, OUTCOME_DELIVERED, "250", "none", VIA_LMTP);
	}
	assert_int_equal(lmtp->connections, 1);
	assert_string_equal(results[0].remote, "unix:/run/lmtp");
	send_to("unix:/nowhere", DELIVER_ANY, rcpts, 1);
	as_lmtp = false;
	expect(0, OUTCOME_DEFERRED, "", "none", VIA_LMTP);
	assert_non_null(strstr(results[0].text, "no such server"));
}

/* ---- the trace ---- */

static int seen_mail, seen_push;

static void
on_trace(void *arg, struct trace_batch *batch)
{
	struct trace_line line;

	(void)arg;
	while (trace_batch_next(batch, &line)) {
		assert_string_equal(line.peer, "[fd00::1]:2525");
		seen_mail += line.direction[0] == '>' &&
		    starts(line.text, "MAIL FROM:<from@us.test>");
		seen_push += line.direction[0] == '<' &&
		    starts(line.text, "550 5.5.64");
	}
}

static void
test_trace(void **state)
{
	(void)state;
	six->dot_reply = PUSH_BACK;
	trace_read("fd00::/16", 0, 1000, on_trace, NULL);
	send_one("both.test", DELIVER_ANY);
	send_one("both.test", DELIVER_IPV4_ONLY);
	for (int i = 0; i < 1000 && seen_mail == 0; i++)
		uv_run(&loop, UV_RUN_ONCE);
	trace_read("fd00::/16", 2, 0, on_trace, NULL);
	assert_true(seen_mail > 0);
	assert_true(seen_push > 0);
}

/* ---- the stage ---- */

static void
set_config(void)
{
	static char empty[] = "", name[] = "us.test", code[] = "5.5.64",
	    ports[] = "25";

	config = (struct config){
		.hostname = name,
		.fallback_code = code,
		.delivery_port = PORT,
		.mx6 = true,
		.mx6_ports = ports,
		.ipv4 = true,
		.ipv6 = true,
		.source_ipv4 = empty,
		.source_ipv6 = empty,
		.tls = TLS_OPPORTUNISTIC,
		.connection_idle = 10,
		.connection_messages = 100,
		.addresses_max = 20,
		.timeout_connect = 5,
		.timeout_greeting = 5,
		.timeout_mail = 5,
		.timeout_rcpt = 5,
		.timeout_data_start = 5,
		.timeout_data_block = 5,
		.timeout_data_end = 5,
		.mx6_lookup_timeout = 5,
		.dns_timeout = 5,
	};
}

static void
set_stage(void)
{
	int fds[2];

	uv_loop_init(&loop);
	for (size_t i = 0; servers[i].address[0] != '\0'; i++)
		listen_on(&servers[i]);
	queue_peer = ipc_peer_new(&loop, "deliver");
	resolver_peer = ipc_peer_new(&loop, "resolver");
	parent_peer = ipc_peer_new(&loop, "parent");
	assert_true(ipc_pair(fds));
	ipc_peer_attach(queue_peer, fds[0]);
	deliver_door = ipc_door_open(&loop, fds[1], &deliver_service,
	    IPC_SIBLING, NULL, NULL);
	assert_true(ipc_pair(fds));
	ipc_peer_attach(resolver_peer, fds[0]);
	resolver_door = ipc_door_open(&loop, fds[1], &resolver_service,
	    IPC_SIBLING, NULL, NULL);
	assert_true(ipc_pair(fds));
	ipc_peer_attach(parent_peer, fds[0]);
	parent_door = ipc_door_open(&loop, fds[1], &privileged_service,
	    IPC_SIBLING, NULL, NULL);
	trace_init(&loop);
	route_init(&loop, resolver_peer);
	attempt_init(&loop, parent_peer);
	assert_true(setup_prepare("", false));
}

static bool
add_ipv6(int fd, const char *text)
{
	struct {
		struct in6_addr	addr;
		uint32_t	prefix;
		int		ifindex;
	} request = { .prefix = 128, .ifindex = (int)if_nametoindex("lo") };
	struct netaddr addr;

	if (!netaddr_parse(text, &addr))
		return false;
	memcpy(&request.addr, addr.bytes, 16);
	return ioctl(fd, SIOCSIFADDR, &request) == 0;
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
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	up = ioctl(fd, SIOCSIFFLAGS, &request) == 0 &&
	    add_ipv6(fd, "fd00::1");
	close(fd);
	return up;
}

#define T(name) cmocka_unit_test_setup(name, set_up)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_willing), T(test_unwilling), T(test_unwilling_mixed),
		T(test_unaware), T(test_push_back_over_ipv4_fails),
		T(test_defensive), T(test_4xx_over_mx6),
		T(test_4xx_over_ipv4_ends), T(test_421_goes_on),
		T(test_greeting_554_goes_on), T(test_all_busy),
		T(test_unreachable_address), T(test_uncertain_waits),
		T(test_null_mx), T(test_reuse), T(test_reuse_has_an_end),
		T(test_reuse_of_a_closed_one), T(test_never_shared),
		T(test_broken_tls), T(test_broken_tls_required),
		T(test_too_many_rcpts), T(test_mixed_over_ipv6),
		T(test_file_body), T(test_many_at_once), T(test_lmtp), T(test_trace),
	};

	if (!enter_namespace()) {
		puts("# SKIP attempt: no IPv6 network namespace here");
		return 0;
	}
	set_config();
	set_stage();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
