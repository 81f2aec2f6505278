/* SPDX-License-Identifier: ISC */
/* Connections as their owners see them; util/conn_steps.c moves them. */
#include "util/conn.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/conn_state.h"
#include "util/xalloc.h"

#define OUTPUT_MAX	(32 * 1024 * 1024)

static_assert(sizeof(struct conn) < 1536, "thousands of them are idle");

static const struct conn_events no_events;

static struct conn *
create(uv_loop_t *loop, int fd, enum conn_state state,
    const struct conn_events *events, void *arg)
{
	struct conn *c = xcalloc(1, sizeof *c);
	int one = 1, error;

	error = uv_poll_init(loop, &c->poll, fd);	/* now non-blocking */
	if (error != 0) {
		close(fd);
		free(c);
		errno = -error;
		return NULL;
	}
	uv_timer_init(loop, &c->timer);
	c->poll.data = c->timer.data = c;
	c->handles = 2;
	c->events = events;
	c->arg = arg;
	c->fd = fd;
	c->state = state;
	buf_init(&c->out, OUTPUT_MAX);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return c;
}

struct conn *
conn_new(uv_loop_t *loop, int fd, const struct conn_events *events, void *arg)
{
	struct conn *c = create(loop, fd, OPEN, events, arg);
	struct sockaddr_storage sa;
	socklen_t size = sizeof sa;

	if (c == NULL)
		return NULL;
	if (getpeername(fd, (struct sockaddr *)&sa, &size) == 0)
		netaddr_from_sockaddr((struct sockaddr *)&sa, &c->peer);
	size = sizeof sa;
	if (getsockname(fd, (struct sockaddr *)&sa, &size) == 0)
		netaddr_from_sockaddr((struct sockaddr *)&sa, &c->local);
	conn_settle(c);
	return c;
}

/* A socket on its way to `to`; -1 and errno. */
static int
start_connect(const struct netaddr *to, const struct netaddr *source)
{
	struct sockaddr_storage sa;
	socklen_t size = netaddr_to_sockaddr(to, &sa);
	int one = 1, error, fd;

	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	if (fd < 0)
		return -1;
	if (sa.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (source != NULL) {
		struct sockaddr_storage from;
		socklen_t from_size = netaddr_to_sockaddr(source, &from);

		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one,
		    sizeof one);
		if (bind(fd, (struct sockaddr *)&from, from_size) != 0)
			goto no;
	}
	if (connect(fd, (struct sockaddr *)&sa, size) == 0 ||
	    errno == EINPROGRESS)
		return fd;
no:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct conn *
conn_connect(uv_loop_t *loop, const struct netaddr *to,
    const struct netaddr *source, const struct conn_events *events, void *arg)
{
	int fd = start_connect(to, source);
	struct conn *c;

	if (fd < 0)
		return NULL;
	c = create(loop, fd, OPENING, events, arg);
	if (c == NULL)
		return NULL;
	c->peer = *to;
	conn_settle(c);
	return c;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	if (--c->handles == 0)
		free(c);
}

struct conn *
conn_free(struct conn *c)
{
	if (c == NULL || c->state == GONE)
		return NULL;
	c->state = GONE;
	uv_close((uv_handle_t *)&c->poll, on_handle_closed);
	uv_close((uv_handle_t *)&c->timer, on_handle_closed);
	c->session = conn_session_free(c->session);
	close(c->fd);
	buf_done(&c->out);
	return NULL;
}

void
conn_finish(struct conn *c)
{
	if (c->state != OPEN || c->over) {
		conn_free(c);
		return;
	}
	c->state = FLUSHING;
	c->events = &no_events;
	uv_timer_start(&c->timer, conn_on_timer, CONN_FINISH_MS, 0);
	if (!c->gathering)
		conn_advance(c, false);
}

void
conn_write(struct conn *c, const void *data, size_t n)
{
	const uint8_t *bytes = data;
	ssize_t sent;

	if (c->state == GONE || n == 0)
		return;
	if (c->over) {
		c->dropped += n;
		return;
	}
	if (c->gathering && buf_len(&c->out) + n > CONN_GATHER_MAX &&
	    c->state == OPEN)
		conn_flush(c);
	if (c->state == OPEN && buf_len(&c->out) == 0 && !c->over &&
	    (!c->gathering || n > CONN_GATHER_MAX)) {
		while (n > 0 && (sent = conn_put(c, bytes, n)) >= 0) {
			bytes += sent;
			n -= (size_t)sent;
		}
	}
	if (n > 0 && !c->over && !buf_add(&c->out, bytes, n))
		conn_fail(c, "too much output waits");
	if (c->over)
		c->dropped += n;
	else if (n > 0)
		c->owed = true;
	conn_settle(c);
}

size_t
conn_waiting(const struct conn *c)
{
	return buf_len(&c->out) + c->dropped;
}

void
conn_pause(struct conn *c)
{
	c->paused = true;
	conn_settle(c);
}

void
conn_resume(struct conn *c)
{
	c->paused = false;
	conn_settle(c);
}

void
conn_set_timeout(struct conn *c, uint64_t timeout_ms)
{
	if (c->state == GONE || c->over)
		return;
	if (timeout_ms == 0)
		uv_timer_stop(&c->timer);
	else
		uv_timer_start(&c->timer, conn_on_timer, timeout_ms, 0);
}

const struct netaddr *
conn_peer(const struct conn *c)
{
	return &c->peer;
}

const struct netaddr *
conn_local(const struct conn *c)
{
	return &c->local;
}

void
conn_start_tls(struct conn *c, struct conn_tls *tls, const char *name)
{
	const char *why;

	if (c->state != OPEN || c->session != NULL || c->over)
		return;
	c->session = conn_session_new(tls, c->fd, name, &why);
	if (c->session == NULL) {
		conn_fail(c, why);
		conn_settle(c);
		return;
	}
	c->clear_left = buf_len(&c->out);
	c->state = CLEAR;
	conn_settle(c);		/* goes on from the loop: no event comes here */
}

bool
conn_is_tls(const struct conn *c)
{
	return c->encrypted && c->state != HANDSHAKE;
}
