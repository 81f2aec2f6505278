/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CONN_STATE_H
#define UTIL_CONN_STATE_H

/*
 * One stream connection.  A poll event runs the states in their order
 * (conn_advance), each as far as the descriptor lets it; what to wait for
 * next then follows from the state alone (wanted_events).
 *
 *	OPENING    connect(2) is under way
 *	OPEN       bytes both ways
 *	CLEAR      STARTTLS: clear_left bytes still go out unencrypted
 *	HANDSHAKE
 *	FLUSHING   conn_finish: output, then close_notify, then shutdown(2)
 *	LINGERING  input is dropped until the peer closes: closing with unread
 *	           input would reset the connection and may eat our last reply
 *	GONE       the handles are closing; memory goes with the last of them
 *
 * Small writes within an event are gathered and leave in one system call when
 * the event function has returned.
 */

#include <sys/types.h>

#include "util/buf.h"
#include "util/conn.h"
#include "util/conn_tls.h"

#define CONN_READ_SIZE	(64 * 1024)
#define CONN_GATHER_MAX	(16 * 1024)
#define CONN_FINISH_MS	10000
#define CONN_LINGER_MS	2000

enum conn_state {
	OPENING, OPEN, CLEAR, HANDSHAKE, FLUSHING, LINGERING, GONE,
};

struct conn {
	uv_poll_t			 poll;
	uv_timer_t			 timer;
	const struct conn_events	*events;
	void				*arg;
	struct conn_session		*session;	/* NULL: never TLS */
	const char			*why;		/* with over */
	struct buf			 out;
	size_t				 clear_left;
	struct netaddr			 peer;
	struct netaddr			 local;
	int				 fd;
	enum conn_state			 state;
	size_t				 dropped;	/* written when over */
	int				 handles;	/* not closed yet */
	int				 polled;	/* events polled for */
	bool				 encrypted;
	bool				 paused;
	bool				 ended;		/* input has */
	bool				 gathering;	/* within an event */
	bool				 owed;		/* a drained event */
	bool				 over;	/* closed is to be said */
	bool				 read_wants_write;
	bool				 write_wants_read;
	bool				 shake_wants_write;
};

/* Notes that the connection is over; the first reason stays.  why NULL: the
 * peer closed. */
void conn_fail(struct conn *c, const char *why);
void conn_fail_errno(struct conn *c, int error);
/* Sends some of it; a negative enum conn_step if nothing went out. */
ssize_t conn_put(struct conn *c, const void *data, size_t n);
/* Reads some: 0 at the end, or a negative enum conn_step.  *ret_data stays
 * valid until the next call for any connection. */
ssize_t conn_get(struct conn *c, const uint8_t **ret_data);
ssize_t conn_get_plain(struct conn *c, const uint8_t **ret_data);
/* Writes what waits, as far as it goes. */
void conn_flush(struct conn *c);
/* Does all that can be done now, events included. */
void conn_advance(struct conn *c, bool readable);
/* Polls for what the state wants.  Ends every way in from the owner; does
 * nothing within an event, where conn_advance will do it. */
void conn_settle(struct conn *c);
void conn_on_timer(uv_timer_t *timer);

#endif
