/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_FAKE_MAIL_SERVER_H
#define TESTS_UNIT_FAKE_MAIL_SERVER_H

/*
 * A scripted SMTP and LMTP server on the test's own loop.  Recipients that
 * begin with "no" are refused, with "later" put off.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/buf.h"
#include "util/conn.h"
#include "util/netaddr.h"
#include "util/xalloc.h"

#define PORT		2525

static uv_loop_t loop;

struct server {
	const char	*address;
	int		 fd;
	uv_poll_t	 poll;
	const char	*greeting;	/* NULL: 220 */
	const char	*dot_reply;	/* NULL: 250 */
	bool		 dies_in_body;	/* at its first octets */
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
	if (d->in_data && d->server->dies_in_body) {
		conn_free(d->conn);	/* what is unread makes it a reset */
		buf_done(&d->in);
		free(d);
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

#endif
