/* SPDX-License-Identifier: ISC */
/*
 *	talk_start --socket from the parent--> talking --verdict--> gone
 *	any --talk_cancel, trouble--> gone
 */
#include "policy/talk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "policy/milter_wire.h"
#include "smtpd/privileged_ipc.h"
#include "util/conn.h"
#include "util/xalloc.h"

#define SOCKET_MS	10000
#define OUTPUT_ENOUGH	(256 * 1024)	/* octets waiting in the connection */

struct talk {
	uv_loop_t		*loop;
	struct conn		*conn;
	struct milter		*milter;
	const struct shown	*shown;
	uint64_t		 body_done;
	uint64_t		 timer_ms;	/* 0: not set */
	void			(*ended)(void *, const struct milter_result *);
	void			*arg;
	bool			 asking;	/* for the socket */
	bool			 cancelled;
};

static void
destroy(struct talk *t)
{
	conn_free(t->conn);
	milter_free(t->milter);
	free(t);
}

/* A filter that spoke the protocol is told goodbye. */
static void
end(struct talk *t)
{
	const uint8_t quit[] = { 0, 0, 0, 1, WIRE_QUIT };
	const struct milter_result *result = milter_result(t->milter);

	if (t->conn != NULL && result->status != FILTER_SILENT) {
		conn_write(t->conn, quit, sizeof quit);
		conn_finish(t->conn);
		t->conn = NULL;
	}
	t->ended(t->arg, result);
	destroy(t);
}

/* The timer is moved only to an earlier time. */
static void
arm(struct talk *t)
{
	uint64_t now_ms = uv_now(t->loop), due_ms = milter_due_ms(t->milter);

	if (t->timer_ms != 0 && t->timer_ms <= due_ms)
		return;
	t->timer_ms = due_ms;
	conn_set_timeout(t->conn, due_ms > now_ms ? due_ms - now_ms : 1);
}

static void
send_output(struct talk *t)
{
	size_t n;
	const uint8_t *out = milter_output(t->milter, &n);

	conn_write(t->conn, out, n);
	milter_output_taken(t->milter, n, uv_now(t->loop));
}

static void
send_body(struct talk *t)
{
	static uint8_t piece[MILTER_PIECE_MAX];
	const struct shown *shown = t->shown;
	uint64_t left, at;
	size_t n;

	if (t->body_done < shown->body_size) {
		t->body_done += milter_body(t->milter,
		    shown->body + t->body_done,
		    shown->body_size - (size_t)t->body_done);
		return;
	}
	at = t->body_done - shown->body_size;
	left = shown->file_size - at;
	n = left < sizeof piece ? (size_t)left : sizeof piece;
	if (pread(shown->file, piece, n, (off_t)(shown->offset + at)) !=
	    (ssize_t)n)
		milter_lost(t->milter, "the message cannot be read");
	else
		t->body_done += milter_body(t->milter, piece, n);
}

static void
pump(struct talk *t)
{
	for (;;) {
		switch (milter_next(t->milter)) {
		case MILTER_SENDS:
			send_output(t);
			break;
		case MILTER_WANTS_BODY:
			if (conn_waiting(t->conn) > OUTPUT_ENOUGH) {
				arm(t);
				return;		/* until drained */
			}
			send_body(t);
			break;
		case MILTER_WAITS:
			arm(t);
			return;
		case MILTER_ENDED:
			end(t);
			return;
		}
	}
}

/* ---- events of the connection ---- */

static void
on_bytes(void *arg, const uint8_t *data, size_t n)
{
	struct talk *t = arg;

	milter_bytes(t->milter, data, n, uv_now(t->loop));
	pump(t);
}

static void
on_drained(void *arg)
{
	pump(arg);
}

static void
on_timeout(void *arg)
{
	struct talk *t = arg;

	t->timer_ms = 0;
	if (uv_now(t->loop) >= milter_due_ms(t->milter))
		milter_timeout(t->milter);
	pump(t);
}

/* The connection frees itself after this. */
static void
on_closed(void *arg, const char *why)
{
	struct talk *t = arg;

	t->conn = NULL;
	milter_lost(t->milter, why == NULL ? "it closed the connection" : why);
	end(t);
}

static const struct conn_events events = {
	.bytes = on_bytes,
	.drained = on_drained,
	.timeout = on_timeout,
	.closed = on_closed,
};

static void
on_socket(void *arg, enum ipc_status status,
    const struct privileged_filter_socket_answer *answer)
{
	struct talk *t = arg;
	int fd = status == IPC_OK ? answer->socket : -1;

	t->asking = false;
	if (t->cancelled) {
		if (fd >= 0)
			close(fd);
		destroy(t);
		return;
	}
	if (fd >= 0)
		t->conn = conn_new(t->loop, fd, &events, t);
	if (t->conn != NULL) {
		pump(t);
		return;
	}
	milter_lost(t->milter, status != IPC_OK ?
	    "the parent process did not answer" :
	    fd < 0 ? answer->error : strerrordesc_np(errno));
	end(t);
}

struct talk *
talk_start(uv_loop_t *loop, struct ipc_peer *parent,
    const struct config_filter *filter, const struct shown *shown,
    void (*ended)(void *arg, const struct milter_result *result), void *arg)
{
	struct privileged_filter_socket_ask ask = { .filter = filter->name };
	struct talk *t = xcalloc(1, sizeof *t);

	t->loop = loop;
	t->shown = shown;
	t->ended = ended;
	t->arg = arg;
	t->asking = true;
	t->milter = milter_new(&shown->message, filter->timeout_ms,
	    uv_now(loop));
	privileged_filter_socket(parent, &ask, SOCKET_MS, on_socket, t);
	return t;
}

void
talk_cancel(struct talk *t)
{
	if (t->asking)
		t->cancelled = true;	/* destroyed when the answer comes */
	else
		destroy(t);
}
