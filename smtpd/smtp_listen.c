/* SPDX-License-Identifier: ISC */
/*
 * The listening sockets that the parent gave, and who comes in by them.  All
 * mx6d-smtp processes accept on the same sockets; each takes a few at a time
 * so that a burst is shared.
 */
#include "smtpd/smtp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/log.h"
#include "util/xalloc.h"

#define ACCEPTS_AT_ONCE	4
#define REST_MS		500	/* when descriptors have run out */

struct listen_socket {
	LIST_ENTRY(listen_socket) entry;
	uv_poll_t		 poll;
	uv_timer_t		 rest;
	int			 handles;
	int			 fd;
	struct netaddr		 addr;
	enum listener_role	 role;
	enum push_back_mode	 push_back;
};

static LIST_HEAD(, listen_socket) sockets = LIST_HEAD_INITIALIZER(sockets);

static void
on_closed(uv_handle_t *handle)
{
	struct listen_socket *s = handle->data;

	if (--s->handles > 0)
		return;
	free(s);
}

static void
drop(struct listen_socket *s)
{
	LIST_REMOVE(s, entry);
	uv_close((uv_handle_t *)&s->poll, on_closed);
	uv_close((uv_handle_t *)&s->rest, on_closed);
	close(s->fd);
}

static void on_readable(uv_poll_t *poll, int status, int events);

static void
on_rested(uv_timer_t *timer)
{
	struct listen_socket *s = timer->data;

	uv_poll_start(&s->poll, UV_READABLE, on_readable);
}

/* Closing with unread input would reset the connection, and with it go what
 * we said last. */
static void
close_gently(int fd)
{
	char unread[4096];
	int reads = 4;

	shutdown(fd, SHUT_WR);
	while (reads-- > 0 && recv(fd, unread, sizeof unread,
	    MSG_DONTWAIT) == (ssize_t)sizeof unread)
		;
	close(fd);
}

/* A crowd is to cost little: no session, no waiting, and one log line a
 * second. */
static void
refuse(int fd, const struct netaddr *peer, enum limits_answer why)
{
	static uint64_t told_at_ms, untold;
	uint64_t now_ms = uv_now(smtp.child->loop);
	struct buf out;

	buf_init(&out, REPLY_LINE_MAX);
	reply_add_last(&out, REPLY_TOO_MANY_CONNECTIONS, smtp.env.hostname);
	send(fd, buf_bytes(&out), buf_len(&out), MSG_DONTWAIT | MSG_NOSIGNAL);
	buf_done(&out);
	close_gently(fd);
	smtp.counts.refused++;
	untold++;
	if (told_at_ms == 0 || now_ms - told_at_ms >= 1000) {
		log_refused(peer, why, untold);
		told_at_ms = now_ms;
		untold = 0;
	}
}

/* false: nobody is there now. */
static bool
accept_one(struct listen_socket *s)
{
	struct sockaddr_storage sa;
	socklen_t size = sizeof sa;
	static uint64_t told_s;
	enum limits_answer limit;
	struct netaddr peer;
	int fd;

	fd = accept4(s->fd, (struct sockaddr *)&sa, &size,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			if (log_due(&told_s))
				log_say(LOG_LEVEL_ERROR, "accept",
				    "connections wait: %s", strerror(errno));
			uv_poll_stop(&s->poll);
			uv_timer_start(&s->rest, on_rested, REST_MS, 0);
		}
		return errno == EINTR || errno == ECONNABORTED;
	}
	if (!netaddr_from_sockaddr((struct sockaddr *)&sa, &peer)) {
		close(fd);
		return true;
	}
	limit = limits_enter(smtp.limits, &peer, smtp.env.config);
	if (limit != LIMITS_OK)
		refuse(fd, &peer, limit);
	else if (!visit_begin(fd, &peer, s->role, s->push_back))
		limits_leave(smtp.limits, &peer);
	return true;
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
	struct listen_socket *s = poll->data;

	(void)events;
	for (int i = 0; status == 0 && i < ACCEPTS_AT_ONCE; i++)
		if (!accept_one(s))
			return;
}

static struct listen_socket *
find(const struct netaddr *addr)
{
	struct listen_socket *s;

	LIST_FOREACH(s, &sockets, entry)
		if (netaddr_equal(&s->addr, addr) &&
		    s->addr.port == addr->port)
			return s;
	return NULL;
}

/* What a lab set for the listener on this address. */
static enum push_back_mode
configured_mode(const struct netaddr *addr)
{
	const struct config *config = smtp.env.config;

	for (size_t i = 0; i < config->listen_count; i++)
		if (netaddr_equal(&config->listens[i].addr, addr) &&
		    config->listens[i].addr.port == addr->port)
			return config->listens[i].push_back;
	return PUSH_BACK_JUDGE;
}

static void
add(const struct netaddr *addr, enum listener_role role, int fd)
{
	struct listen_socket *s = xcalloc(1, sizeof *s);

	if (uv_poll_init(smtp.child->loop, &s->poll, fd) != 0) {
		log_say(LOG_LEVEL_ERROR, "listener", "cannot be polled");
		close(fd);
		free(s);
		return;
	}
	uv_timer_init(smtp.child->loop, &s->rest);
	s->poll.data = s->rest.data = s;
	s->handles = 2;
	s->fd = fd;
	s->addr = *addr;
	s->role = role;
	s->push_back = configured_mode(addr);
	LIST_INSERT_HEAD(&sockets, s, entry);
	uv_poll_start(&s->poll, UV_READABLE, on_readable);
}

/* A session keeps the role under which it began: its greeting, and what the
 * client may have concluded, belong to that. */
void
smtp_listen_set(struct child *child, const char *address,
    enum listener_role role, int fd, bool close_it)
{
	struct listen_socket *s;
	struct netaddr addr;

	(void)child;
	if (!netaddr_parse_port(address, 0, &addr)) {
		log_say(LOG_LEVEL_ERROR, "listener", "no address: %s", address);
		if (fd >= 0)
			close(fd);
		return;
	}
	s = find(&addr);
	if (s != NULL && (close_it || fd >= 0)) {
		drop(s);
		s = NULL;
	}
	if (fd >= 0 && (close_it || smtp.stopping))
		close(fd);
	else if (fd >= 0)
		add(&addr, role, fd);
	else if (s != NULL)
		s->role = role;
}

void
smtp_listen_reload(void)
{
	struct listen_socket *s;

	LIST_FOREACH(s, &sockets, entry)
		s->push_back = configured_mode(&s->addr);
}

void
smtp_listen_stop(void)
{
	while (!LIST_EMPTY(&sockets))
		drop(LIST_FIRST(&sockets));
}
