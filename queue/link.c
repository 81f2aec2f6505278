/* SPDX-License-Identifier: ISC */
/*
 * The shell of one client session.  Every event ends in pump, which does
 * what the session wants until it waits; pump may free the link, so nothing
 * follows it.
 */

#include "queue/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/trace.h"
#include "util/xalloc.h"

#define OUTPUT_ENOUGH	(256 * 1024)	/* bytes waiting in the connection */

struct link {
	struct link_place	 place;
	uv_loop_t		*loop;
	struct setup		*setup;
	struct conn		*conn;		/* NULL once closed */
	struct client		*client;	/* NULL until connected */
	const struct link_events *events;
	void			*arg;
	void			(*rest_ended)(void *, struct link *);
	struct link_key		 key;
	uint32_t		 hash;
	enum tls_demand		 tls;
	const char		*why;
	const struct client_message *message;
	struct link_body	 body;
	uint64_t		 body_done;
	uint64_t		 opened_ms;
	uint64_t		 rest_until_ms;	/* 0: does not rest */
	uint64_t		 timer_ms;	/* when the timer comes; 0: never */
	uint32_t		 messages;
	bool			 busy;
	char			 name[16];	/* in traces */
};

static void pump(struct link *l);

static void
on_trace(void *arg, char direction, const char *line)
{
	const struct link *l = arg;

	trace_add(&l->key.addr, l->name, direction, line);
}

static void
destroy(struct link *l)
{
	if (l->conn != NULL && l->client != NULL)
		conn_finish(l->conn);
	else
		conn_free(l->conn);
	client_free(l->client);
	setup_drop(l->setup);
	free(l);
}

static void
end(struct link *l)
{
	if (l->busy)
		l->events->ended(l->arg, l);
	else if (l->rest_until_ms != 0 && l->rest_ended != NULL)
		l->rest_ended(l->arg, l);
	destroy(l);
}

/* ---- time: the timer is moved only to an earlier time, so that a busy link
 * does not touch it for each command ---- */

static void
arm(struct link *l)
{
	uint64_t now_ms = uv_now(l->loop), due_ms;

	if (l->conn == NULL)
		return;
	due_ms = client_timeout_ms(l->client, now_ms);
	if (due_ms != 0)
		due_ms += now_ms;
	else
		due_ms = l->rest_until_ms;
	if (due_ms == 0 || (l->timer_ms != 0 && l->timer_ms <= due_ms))
		return;
	l->timer_ms = due_ms;
	conn_set_timeout(l->conn, due_ms > now_ms ? due_ms - now_ms : 1);
}

static void
on_timeout(void *arg)
{
	struct link *l = arg;
	uint64_t now_ms = uv_now(l->loop);

	l->timer_ms = 0;
	if (l->client == NULL) {
		l->why = "Connection timed out";
		end(l);
		return;
	}
	if (l->rest_until_ms != 0 && now_ms >= l->rest_until_ms) {
		if (l->rest_ended != NULL)
			l->rest_ended(l->arg, l);
		link_quit(l);
		return;
	}
	client_timeout(l->client, now_ms);
	pump(l);
}

/* ---- what the session wants ---- */

static void
send_output(struct link *l)
{
	size_t n;
	const uint8_t *data = client_output(l->client, &n);

	if (l->conn != NULL)
		conn_write(l->conn, data, n);
	client_output_taken(l->client, n, uv_now(l->loop));
}

static void
send_body(struct link *l)
{
	static uint8_t piece[CLIENT_PIECE_MAX];
	const uint8_t *data = piece;
	uint64_t left = l->body.size_bytes - l->body_done;
	size_t n = left < sizeof piece ? (size_t)left : sizeof piece;

	if (l->body.data != NULL) {
		data = l->body.data + l->body_done;
	} else if (pread(l->body.file, piece, n, (off_t)l->body_done) !=
	    (ssize_t)n) {
		client_lost(l->client, "the message could not be read");
		l->conn = conn_free(l->conn);
		return;
	}
	l->body_done += client_body(l->client, data, n, uv_now(l->loop));
}

static void
start_tls(struct link *l)
{
	bool verify = l->tls == TLS_VERIFIED;
	struct conn_tls *tls = setup_tls(verify);
	struct netaddr literal;
	const char *name = l->key.host;

	if (!verify && (name[0] == '[' || strchr(name, ':') != NULL ||
	    netaddr_parse(name, &literal)))
		name = NULL;		/* no name to send (RFC 6066 3.) */
	if (tls != NULL) {
		conn_start_tls(l->conn, tls, name);
		return;
	}
	client_lost(l->client, "verified TLS needs a restart of the daemon");
	l->conn = conn_free(l->conn);
}

static void
on_ready(struct link *l)
{
	if (!l->busy) {
		arm(l);
		return;
	}
	l->busy = false;
	l->events->ready(l->arg, l);
}

static void
pump(struct link *l)
{
	for (;;) {
		switch (client_next(l->client)) {
		case CLIENT_WAITS:
			arm(l);
			return;
		case CLIENT_SENDS:
			send_output(l);
			break;
		case CLIENT_STARTS_TLS:
			if (l->conn != NULL)
				start_tls(l);
			break;
		case CLIENT_WANTS_BODY:
			if (l->conn != NULL &&
			    conn_waiting(l->conn) > OUTPUT_ENOUGH) {
				arm(l);
				return;		/* until drained */
			}
			send_body(l);
			break;
		case CLIENT_READY:
			on_ready(l);
			return;
		case CLIENT_ENDED:
			end(l);
			return;
		}
	}
}

/* ---- events of the connection ---- */

static void
start_client(struct link *l)
{
	struct client_kind kind = {
		.lmtp = l->key.lmtp,
		.tls = l->tls,
		.trace = on_trace,
		.trace_arg = l,
	};
	uint64_t now_ms = uv_now(l->loop);

	l->opened_ms = now_ms;
	l->client = client_new(&l->setup->client, &kind, now_ms);
	client_begin(l->client, l->message, now_ms);
	pump(l);
}

static void
on_opened(void *arg)
{
	struct link *l = arg;

	on_trace(l, '*', "connected");
	start_client(l);
}

static void
on_bytes(void *arg, const uint8_t *data, size_t n)
{
	struct link *l = arg;

	client_bytes(l->client, data, n, uv_now(l->loop));
	pump(l);
}

static void
on_drained(void *arg)
{
	pump(arg);
}

static void
on_tls_up(void *arg, const char *version, const char *cipher)
{
	struct link *l = arg;

	client_tls_up(l->client, version, cipher, uv_now(l->loop));
	pump(l);
}

static void
on_closed(void *arg, const char *why)
{
	struct link *l = arg;

	l->conn = NULL;			/* frees itself */
	on_trace(l, '*', why == NULL ? "closed" : why);
	if (l->client == NULL) {
		l->why = why == NULL ? "closed" : why;
		end(l);
		return;
	}
	client_lost(l->client, why);
	pump(l);
}

static const struct conn_events conn_events = {
	.opened = on_opened,
	.bytes = on_bytes,
	.drained = on_drained,
	.tls_up = on_tls_up,
	.timeout = on_timeout,
	.closed = on_closed,
};

/* ---- for the owners ---- */

uint32_t
link_hash(const char *text)
{
	uint32_t hash = 2166136261u;	/* FNV-1a */

	while (*text != '\0')
		hash = (hash ^ (uint8_t)*text++) * 16777619u;
	return hash;
}

/* The key's two texts lie behind the struct. */
static struct link *
create(uv_loop_t *loop, struct setup *setup, const struct link_key *key)
{
	static uint32_t serial;
	size_t domain_size = strlen(key->domain) + 1;
	size_t host_size = strlen(key->host) + 1;
	struct link *l = xcalloc(1, sizeof *l + domain_size + host_size);
	char *texts = (char *)(l + 1);

	l->place.link = l;
	l->loop = loop;
	l->setup = setup_hold(setup);
	l->key = *key;
	l->key.domain = memcpy(texts, key->domain, domain_size);
	l->key.host = memcpy(texts + domain_size, key->host, host_size);
	l->hash = link_hash(key->domain);
	l->tls = key->tls;
	snprintf(l->name, sizeof l->name, "out%u", ++serial);
	return l;
}

static void
take_work(struct link *l, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body)
{
	l->events = events;
	l->arg = arg;
	l->message = message;
	l->body = *body;
	l->body_done = 0;
	l->rest_until_ms = 0;
	l->busy = true;
	l->messages++;
}

static const struct netaddr *
source_for(const struct setup *setup, const struct netaddr *to)
{
	const struct netaddr *source = netaddr_is_ipv6(to) ?
	    &setup->source_ipv6 : &setup->source_ipv4;

	return source->family == NETADDR_NONE ? NULL : source;
}

struct link *
link_open(uv_loop_t *loop, struct setup *setup, const struct link_key *key,
    bool no_tls, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body)
{
	struct link *l = create(loop, setup, key);

	if (no_tls)
		l->tls = TLS_NONE;
	l->conn = conn_connect(loop, &key->addr,
	    source_for(setup, &key->addr), &conn_events, l);
	if (l->conn == NULL) {
		int error = errno;

		destroy(l);
		errno = error;
		return NULL;
	}
	take_work(l, events, arg, message, body);
	conn_set_timeout(l->conn, setup->timeout_connect_ms);
	l->timer_ms = uv_now(loop) + setup->timeout_connect_ms;
	return l;
}

struct link *
link_adopt(uv_loop_t *loop, struct setup *setup, int fd,
    const struct link_key *key, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body)
{
	struct link *l = create(loop, setup, key);

	l->tls = TLS_NONE;
	l->conn = conn_new(loop, fd, &conn_events, l);
	if (l->conn == NULL) {
		int error = errno;

		destroy(l);
		errno = error;
		return NULL;
	}
	take_work(l, events, arg, message, body);
	start_client(l);
	return l;
}

void
link_begin(struct link *l, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body)
{
	take_work(l, events, arg, message, body);
	client_begin(l->client, message, uv_now(l->loop));
	pump(l);
}

void
link_rest(struct link *l, uint64_t rest_ms,
    void (*ended)(void *, struct link *), void *arg)
{
	l->arg = arg;
	l->rest_ended = ended;
	l->rest_until_ms = uv_now(l->loop) + rest_ms;
	arm(l);
}

void
link_quit(struct link *l)
{
	l->rest_until_ms = 0;
	l->rest_ended = NULL;
	client_quit(l->client, uv_now(l->loop));
	pump(l);
}

const struct client *
link_client(const struct link *l)
{
	return l->client;
}

const char *
link_why(const struct link *l)
{
	return l->why;
}

const struct link_key *
link_key(const struct link *l)
{
	return &l->key;
}

uint32_t
link_key_hash(const struct link *l)
{
	return l->hash;
}

uint32_t
link_messages(const struct link *l)
{
	return l->messages;
}

uint64_t
link_opened_ms(const struct link *l)
{
	return l->opened_ms;
}

struct link_place *
link_place(struct link *l)
{
	return &l->place;
}

bool
link_key_equal(const struct link_key *a, const struct link_key *b)
{
	return a->via == b->via && a->tls == b->tls && a->lmtp == b->lmtp &&
	    a->addr.port == b->addr.port &&
	    netaddr_equal(&a->addr, &b->addr) &&
	    strcmp(a->domain, b->domain) == 0 &&
	    strcmp(a->host, b->host) == 0;
}
