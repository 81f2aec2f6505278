/* SPDX-License-Identifier: ISC */
/*
 * One connection and its session.  Every event is handed to the session, and
 * visit_run carries out what it then wants.
 */
#include "smtpd/smtp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "util/xalloc.h"

/* Reading stops while this much waits to be worked on, or to be sent. */
#define HELD_ENOUGH	(64 * 1024)
#define WAITING_ENOUGH	(256 * 1024)

static void
close_spool(struct visit *v)
{
	if (v->spool_fd >= 0)
		close(v->spool_fd);
	if (v->reader_fd >= 0)
		close(v->reader_fd);
	v->spool_fd = v->reader_fd = -1;
}

void
visit_free(struct visit *v)
{
	close_spool(v);
	session_free(v->session);
	free(v);
	if (smtp.stopping && smtp.visit_count == 0)
		child_exit(smtp.child);
}

/* The connection is gone; answers that are still to come find nobody. */
static void
leave(struct visit *v, const char *why)
{
	v->conn = NULL;
	log_disconnect(v, why);
	session_disconnected(v->session, why);
	limits_leave(smtp.limits, &session_place(v->session)->peer);
	LIST_REMOVE(v, entry);
	smtp.visit_count--;
	if (v->calls == 0)
		visit_free(v);
}

bool
visit_is_left(const struct visit *v)
{
	return v->conn == NULL && v->dry == NULL;
}

bool
visit_answered(struct visit *v)
{
	v->calls--;
	if (!visit_is_left(v))
		return true;
	if (v->calls == 0)
		visit_free(v);
	return false;
}

/* The file of a message that was refused or given up is of no use. */
static void
release_spool(struct visit *v)
{
	const struct transaction *t = session_transaction(v->session);

	if (v->spool_fd < 0 || (t != NULL && t->spool_id != 0))
		return;
	close_spool(v);
}

static void
arm(struct visit *v)
{
	bool pause = session_held(v->session) > HELD_ENOUGH ||
	    conn_waiting(v->conn) > WAITING_ENOUGH;

	if (v->start_tls) {
		v->start_tls = false;
		conn_start_tls(v->conn, smtp.tls, NULL);
	}
	if (pause != v->paused) {
		v->paused = pause;
		if (pause)
			conn_pause(v->conn);
		else
			conn_resume(v->conn);
	}
	conn_set_timeout(v->conn, session_timeout_ms(v->session,
	    smtp_now_ms()));
}

/* All that came in has been worked on, and what there is to say is with the
 * connection. */
static bool
is_answered(struct visit *v)
{
	enum session_wait what = session_waiting_for(v->session);

	return (what == SESSION_INPUT || what == SESSION_TLS) &&
	    session_output(v->session) == NULL;
}

void
visit_run(struct visit *v)
{
	struct session_request request;
	const struct buf *out;
	bool more;

	if (v->dry != NULL) {
		dry_run(v);
		return;
	}
	do {
		more = false;
		while (session_next(v->session, &request))
			visit_ask(v, &request);
		if (conn_waiting(v->conn) <= WAITING_ENOUGH &&
		    (out = session_output(v->session)) != NULL) {
			conn_write(v->conn, buf_bytes(out), buf_len(out));
			session_output_done(v->session, smtp_now_ms());
			more = true;
		}
	} while (more);
	release_spool(v);
	if (session_waiting_for(v->session) == SESSION_CLOSED) {
		conn_finish(v->conn);
		leave(v, NULL);
	} else if (v->ended && is_answered(v)) {
		conn_finish(v->conn);
		leave(v, "client closed");
	} else
		arm(v);
}

/* What was sent before is still worked on and answered: the client may have
 * closed only its own direction. */
static void
on_ended(void *arg)
{
	struct visit *v = arg;

	v->ended = true;
	visit_run(v);
}

static void
on_bytes(void *arg, const uint8_t *data, size_t n)
{
	struct visit *v = arg;

	session_input(v->session, data, n, smtp_now_ms());
	visit_run(v);
}

static void
on_drained(void *arg)
{
	visit_run(arg);
}

static void
on_tls_up(void *arg, const char *version, const char *cipher)
{
	struct visit *v = arg;

	session_tls_up(v->session, version, cipher, smtp_now_ms());
	visit_run(v);
}

static void
on_timeout(void *arg)
{
	struct visit *v = arg;

	session_timed_out(v->session, smtp_now_ms());
	visit_run(v);
}

static void
on_closed(void *arg, const char *why)
{
	leave(arg, why == NULL ? "client closed" : why);
}

static const struct conn_events events = {
	.bytes = on_bytes,
	.ended = on_ended,
	.drained = on_drained,
	.tls_up = on_tls_up,
	.timeout = on_timeout,
	.closed = on_closed,
};

bool
visit_begin(int fd, const struct netaddr *peer, enum listener_role role,
    enum push_back_mode mode)
{
	struct visit *v = xcalloc(1, sizeof *v);
	/* A socket that was reset already cannot say whose it was. */
	struct session_place place = { .peer = *peer, .role = role,
	    .push_back = mode };

	v->spool_fd = v->reader_fd = -1;
	v->began_ms = smtp_now_ms();
	v->conn = conn_new(smtp.child->loop, fd, &events, v);
	if (v->conn == NULL) {
		log_say(LOG_LEVEL_ERROR, "accept", "%s", strerror(errno));
		free(v);
		return false;
	}
	place.local = *conn_local(v->conn);
	v->session = session_new(&smtp.env, &place, v, v->began_ms);
	LIST_INSERT_HEAD(&smtp.visits, v, entry);
	smtp.visit_count++;
	smtp.counts.connections++;
	log_connect(v);
	session_start(v->session);
	visit_run(v);
	return true;
}

void
visit_stop_all(void)
{
	struct visit *v, *next;

	for (v = LIST_FIRST(&smtp.visits); v != NULL; v = next) {
		next = LIST_NEXT(v, entry);
		session_shutdown(v->session);
		visit_run(v);
	}
}
