/* SPDX-License-Identifier: ISC */
/* The bytes of a connection, to and from its descriptor or its TLS session. */
#include "util/conn_state.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is being read, of whichever connection has its turn. */
static uint8_t read_buffer[CONN_READ_SIZE];

void
conn_fail(struct conn *c, const char *why)
{
	if (c->over)
		return;
	c->over = true;
	c->why = why;
}

void
conn_fail_errno(struct conn *c, int error)
{
	const char *why = strerrordesc_np(error);

	conn_fail(c, why == NULL ? "unknown error" : why);
}

static ssize_t
plain_write(struct conn *c, const void *data, size_t n)
{
	struct iovec piece = { .iov_base = (void *)(uintptr_t)data,
	    .iov_len = n };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	ssize_t sent;

	do
		sent = sendmsg(c->fd, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	if (sent >= 0)
		return sent;
	if (errno == EAGAIN)
		return STEP_WANT_WRITE;
	conn_fail_errno(c, errno);
	return STEP_BROKEN;
}

ssize_t
conn_get_plain(struct conn *c, const uint8_t **ret_data)
{
	ssize_t n;

	*ret_data = read_buffer;
	do
		n = read(c->fd, read_buffer, sizeof read_buffer);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EAGAIN)
		return STEP_WANT_READ;
	conn_fail_errno(c, errno);
	return STEP_BROKEN;
}

/* Sends what it can; what to wait for otherwise is remembered. */
ssize_t
conn_put(struct conn *c, const void *data, size_t n)
{
	ssize_t sent;

	if (c->encrypted)
		sent = conn_session_write(c->session, data, n);
	else
		sent = plain_write(c, data, n);
	if (sent == STEP_BROKEN && c->encrypted)
		conn_fail(c, conn_session_error(c->session));
	c->write_wants_read = sent == STEP_WANT_READ;
	return sent;
}

ssize_t
conn_get(struct conn *c, const uint8_t **ret_data)
{
	ssize_t n;

	if (!c->encrypted)
		return conn_get_plain(c, ret_data);
	*ret_data = read_buffer;
	n = conn_session_read(c->session, read_buffer, sizeof read_buffer);
	if (n == STEP_BROKEN)
		conn_fail(c, conn_session_error(c->session));
	c->read_wants_write = n == STEP_WANT_WRITE;
	return n;
}

/* Writes what waits, as far as it goes. */
void
conn_flush(struct conn *c)
{
	ssize_t n;
	size_t most;

	while ((most = buf_len(&c->out)) > 0) {
		if (c->state == CLEAR)
			most = c->clear_left;
		if (most == 0)
			return;
		n = conn_put(c, buf_bytes(&c->out), most);
		if (n < 0)
			return;
		buf_consume(&c->out, (size_t)n);
		if (c->state == CLEAR)
			c->clear_left -= (size_t)n;
	}
	buf_shrink(&c->out);
}
