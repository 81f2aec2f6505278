/* SPDX-License-Identifier: ISC */
/* How a connection moves through its states (util/conn_state.h). */
#include "util/conn_state.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define ROUNDS_MAX	8	/* of one connection before the others' turn */

/* ---- waiting ---- */

static int
wanted_events(const struct conn *c)
{
	int events = 0;

	switch (c->state) {
	case OPENING:
	case CLEAR:
		return UV_WRITABLE;
	case HANDSHAKE:
		return c->shake_wants_write ? UV_WRITABLE : UV_READABLE;
	case OPEN:
		if (!c->paused && !c->ended)
			events = c->read_wants_write ?
			    UV_WRITABLE : UV_READABLE;
		if (c->owed)
			events |= c->write_wants_read ?
			    UV_READABLE : UV_WRITABLE;
		return events;
	case FLUSHING:
		return c->write_wants_read ? UV_READABLE : UV_WRITABLE;
	case LINGERING:
		return UV_READABLE;
	case GONE:
		break;
	}
	return 0;
}

static void on_poll(uv_poll_t *poll, int status, int events);

/* Ends every way in: an event function may have changed anything. */
void
conn_settle(struct conn *c)
{
	int events;

	if (c->state == GONE || c->gathering)
		return;
	if (c->over) {	/* said from the loop, never from within a call */
		uv_poll_stop(&c->poll);
		c->polled = 0;
		uv_timer_start(&c->timer, conn_on_timer, 0, 0);
		return;
	}
	events = wanted_events(c);
	if (events == c->polled)
		return;
	c->polled = events;
	if (events == 0)
		uv_poll_stop(&c->poll);
	else
		uv_poll_start(&c->poll, events, on_poll);
}

static void
say_closed(struct conn *c)
{
	if (c->events->closed != NULL)
		c->events->closed(c->arg, c->why);
	conn_free(c);
}

/* Output, and the drained event for as long as the owner goes on writing. */
static void
push_output(struct conn *c)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		if (c->state != OPEN && c->state != CLEAR &&
		    c->state != FLUSHING)
			return;
		conn_flush(c);
		if (c->over || !c->owed || buf_len(&c->out) > 0)
			return;
		c->owed = false;
		if (c->events->drained != NULL)
			c->events->drained(c->arg);
	}
}

/* ---- the states, in their order ---- */

static void
try_opening(struct conn *c)
{
	struct sockaddr_storage sa;
	socklen_t size = sizeof sa;
	int error = 0;
	socklen_t error_size = sizeof error;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &error_size);
	if (error != 0) {
		conn_fail_errno(c, error);
		return;
	}
	if (getpeername(c->fd, (struct sockaddr *)&sa, &size) != 0)
		return;		/* not yet */
	size = sizeof sa;
	if (getsockname(c->fd, (struct sockaddr *)&sa, &size) == 0)
		netaddr_from_sockaddr((struct sockaddr *)&sa, &c->local);
	c->state = OPEN;
	if (c->events->opened != NULL)
		c->events->opened(c->arg);
}

static void
try_handshake(struct conn *c)
{
	ssize_t n;

	c->encrypted = true;
	n = conn_session_handshake(c->session);
	c->shake_wants_write = n == STEP_WANT_WRITE;
	if (n == STEP_BROKEN)
		conn_fail(c, conn_session_error(c->session));
	if (n != 0)
		return;
	c->state = OPEN;
	if (c->events->tls_up != NULL)
		c->events->tls_up(c->arg, conn_session_version(c->session),
		    conn_session_cipher(c->session));
}

static void
end_input(struct conn *c)
{
	if (c->events->ended == NULL) {
		conn_fail(c, NULL);
		return;
	}
	c->ended = true;
	c->read_wants_write = false;
	c->events->ended(c->arg);
}

static void
take_input(struct conn *c)
{
	for (int round = 0; round < ROUNDS_MAX; round++) {
		const uint8_t *data;
		ssize_t n;

		if (c->state != OPEN || c->paused || c->ended || c->over)
			return;
		n = conn_get(c, &data);
		if (n == 0)
			end_input(c);
		if (n <= 0)
			return;
		if (c->events->bytes != NULL)
			c->events->bytes(c->arg, data, (size_t)n);
		if (!c->encrypted && n < CONN_READ_SIZE)
			return;		/* the socket is empty now */
	}
}

static void
say_goodbye(struct conn *c)
{
	ssize_t n = c->encrypted ? conn_session_close(c->session) : 0;

	c->write_wants_read = n == STEP_WANT_READ;
	if (n == STEP_WANT_READ || n == STEP_WANT_WRITE)
		return;
	if (n == STEP_BROKEN || shutdown(c->fd, SHUT_WR) != 0) {
		conn_free(c);
		return;
	}
	c->state = LINGERING;
	uv_timer_start(&c->timer, conn_on_timer, CONN_LINGER_MS, 0);
}

static void
drop_input(struct conn *c)
{
	const uint8_t *data;
	ssize_t n;

	for (int round = 0; round < ROUNDS_MAX; round++) {
		n = conn_get_plain(c, &data);
		if (n == STEP_WANT_READ)
			return;
		if (n <= 0) {
			conn_free(c);
			return;
		}
	}
}

/* All that can be done now.  Nothing here runs before its state. */
void
conn_advance(struct conn *c, bool readable)
{
	c->gathering = true;
	if (c->state == OPENING)
		try_opening(c);
	push_output(c);
	if (c->state == CLEAR && c->clear_left == 0)
		c->state = HANDSHAKE;
	if (c->state == HANDSHAKE && !c->over)
		try_handshake(c);
	if (c->state == OPEN && readable)
		take_input(c);
	push_output(c);
	if (c->state == FLUSHING && buf_len(&c->out) == 0 && !c->over)
		say_goodbye(c);
	if (c->state == LINGERING)
		drop_input(c);
	c->gathering = false;
	if (c->over && c->state != GONE)
		say_closed(c);
	conn_settle(c);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct conn *c = poll->data;

	if (status < 0) {	/* the socket has an error: polled no more */
		c->polled = 0;
		events = UV_READABLE | UV_WRITABLE;
	}
	conn_advance(c, (events & UV_READABLE) != 0 || c->read_wants_write);
}

void
conn_on_timer(uv_timer_t *timer)
{
	struct conn *c = timer->data;

	if (c->over) {
		say_closed(c);
		return;
	}
	if (c->state == FLUSHING || c->state == LINGERING) {
		conn_free(c);
		return;
	}
	c->gathering = true;
	if (c->events->timeout != NULL)
		c->events->timeout(c->arg);
	c->gathering = false;
	conn_advance(c, false);
}

