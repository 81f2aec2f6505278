/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_ATTEMPT_STAGE_H
#define TESTS_UNIT_ATTEMPT_STAGE_H

/*
 * The stage for tests of attempts: scripted mail servers in a network
 * namespace of the test's own; the queue, the resolver and the parent are
 * played here, over real channels.
 *
 *	fd00::1		a server over IPv6
 *	127.0.0.1, .2	two over IPv4
 */

#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "queue/attempt.h"
#include "queue/deliver_ipc.h"
#include "queue/pool.h"
#include "queue/route.h"
#include "queue/setup.h"
#include "resolver/dns.h"
#include "resolver/resolver_ipc.h"
#include "smtpd/privileged_ipc.h"
#include "tests/unit/fake_mail_server.h"
#include "util/trace.h"

#define IPC_NAME deliver
#define IPC_FILE "queue/deliver.msg"
#include "util/ipc_serve.h"

#define IPC_NAME resolver
#define IPC_FILE "resolver/resolver.msg"
#include "util/ipc_serve.h"

#define IPC_NAME privileged
#define IPC_FILE "smtpd/privileged.msg"
#include "util/ipc_serve.h"

#define BODY		"Subject: x\r\n\r\n.dot\r\nend\r\n"

static struct ipc_peer *queue_peer, *resolver_peer, *parent_peer;
static struct ipc_door *resolver_door, *deliver_door, *parent_door;
static struct config config;
static int lookups;

static struct server servers[] = {
	{ .address = "fd00::1" }, { .address = "127.0.0.1" },
	{ .address = "127.0.0.2" },
	{ .address = "" },		/* LMTP, by way of the parent */
};
static struct server *const six = &servers[0], *const four = &servers[1],
    *const four2 = &servers[2], *const lmtp = &servers[3];

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
serve_privileged_filter_socket(struct ipc_call *call,
    const struct privileged_filter_socket_ask *ask)
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
		s->dies_in_body = false;
		s->broken_tls = false;
		s->rcpts_max = 0;
		s->connections = s->messages = s->rcpts = s->quits = 0;
		s->last[0] = '\0';
	}
	return 0;
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

/* The kernel takes a moment from an address added to one in use. */
static bool
wait_for(const char *text)
{
	struct sockaddr_storage sa;
	struct netaddr addr;
	socklen_t size;
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), tries = 2000;

	netaddr_parse(text, &addr);
	size = netaddr_to_sockaddr(&addr, &sa);
	while (bind(fd, (struct sockaddr *)&sa, size) != 0 && --tries > 0)
		usleep(1000);
	close(fd);
	return tries > 0;
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
	    add_ipv6(fd, "fd00::1") && wait_for("fd00::1");
	close(fd);
	return up;
}

#define T(name) cmocka_unit_test_setup(name, set_up)

/* Runs the tests on the stage. */
static int
run_on_stage(const struct CMUnitTest *tests, size_t count)
{
	if (!enter_namespace()) {
		puts("# SKIP attempt: no IPv6 network namespace here");
		return 0;
	}
	set_config();
	set_stage();
	return _cmocka_run_group_tests("attempt", tests, count, NULL, NULL);
}

#endif
