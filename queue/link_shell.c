/* SPDX-License-Identifier: ISC */
/*
 * The shell of one client session: every event of the connection becomes one
 * call of the session, and ends in link_pump.
 */

#include "queue/link_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/trace.h"

#define OUTPUT_ENOUGH	(256 * 1024)	/* bytes waiting in the connection */

static void
on_trace(void *arg, char direction, const char *line)
{
	const struct link *l = arg;

	trace_add(&l->key.addr, l->name, direction, line);
}

void
link_destroy(struct link *l)
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
	link_destroy(l);
}

/* ---- time: the timer is moved only to an earlier time, so that a busy link
 * does not touch it for each command ---- */

void
link_arm(struct link *l)
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
	client_unsent(l->client, conn_waiting(l->conn));
	client_timeout(l->client, now_ms);
	link_pump(l);
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
	} else if (pread(l->body.file, piece, n,
	    (off_t)(l->body.offset + l->body_done)) != (ssize_t)n) {
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
		link_arm(l);
		return;
	}
	l->busy = false;
	l->events->ready(l->arg, l);
}

void
link_pump(struct link *l)
{
	for (;;) {
		switch (client_next(l->client)) {
		case CLIENT_WAITS:
			link_arm(l);
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
				link_arm(l);
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

void
link_start_client(struct link *l)
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
	link_pump(l);
}

static void
on_opened(void *arg)
{
	struct link *l = arg;

	on_trace(l, '*', "connected");
	link_start_client(l);
}

static void
on_bytes(void *arg, const uint8_t *data, size_t n)
{
	struct link *l = arg;

	client_unsent(l->client, conn_waiting(l->conn));
	client_bytes(l->client, data, n, uv_now(l->loop));
	link_pump(l);
}

static void
on_drained(void *arg)
{
	link_pump(arg);
}

static void
on_tls_up(void *arg, const char *version, const char *cipher)
{
	struct link *l = arg;

	client_tls_up(l->client, version, cipher, uv_now(l->loop));
	link_pump(l);
}

static void
on_closed(void *arg, const char *why)
{
	struct link *l = arg;
	size_t unsent = conn_waiting(l->conn);

	l->conn = NULL;			/* frees itself */
	on_trace(l, '*', why == NULL ? "closed" : why);
	if (l->client == NULL) {
		l->why = why == NULL ? "closed" : why;
		end(l);
		return;
	}
	client_unsent(l->client, unsent);
	client_lost(l->client, why);
	link_pump(l);
}

const struct conn_events link_conn_events = {
	.opened = on_opened,
	.bytes = on_bytes,
	.drained = on_drained,
	.tls_up = on_tls_up,
	.timeout = on_timeout,
	.closed = on_closed,
};
