/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CONN_H
#define UTIL_CONN_H

/*
 * One stream connection on a libuv loop (uv_poll on our own descriptor),
 * plain or under TLS (libtls), seen by its owner as bytes in and bytes out.
 * An idle plain connection holds no buffers: reading goes through one buffer
 * of the process, writing tries the socket first and keeps only what did not
 * go out.
 *
 *	OPENING --opened--> OPEN --conn_start_tls--> HANDSHAKE --tls_up--> OPEN
 *	any --conn_finish--> FLUSHING --> gone	any --closed--> gone
 *
 * Event functions may call anything here, conn_free included; any of them may
 * be NULL.  The struct conn_events must outlive the connection.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "util/netaddr.h"

struct conn;
struct conn_tls;	/* a configured TLS context, shared by connections */

struct conn_events {
	/* conn_connect only: connected. */
	void (*opened)(void *arg);
	/* n > 0 bytes arrived; all of them are taken. */
	void (*bytes)(void *arg, const uint8_t *data, size_t n);
	/* The peer sends no more; it may still read.  The owner ends the
	 * connection when it has said all.  NULL: that is `closed`. */
	void (*ended)(void *arg);
	/* All output is with the kernel, after a conn_write that left some
	 * waiting (conn_waiting above 0).  So a long body is written with
	 * `while (conn_waiting(c) == 0 && more) conn_write(c, piece, n);`
	 * once, and again here. */
	void (*drained)(void *arg);
	/* The handshake is done: "TLSv1.3", "TLS_AES_256_GCM_SHA384". */
	void (*tls_up)(void *arg, const char *version, const char *cipher);
	/* The time set with conn_set_timeout has passed. */
	void (*timeout)(void *arg);
	/* Over: the peer closed (why NULL), or an error in words.  The conn
	 * is freed after this returns.  Never called from within a call of
	 * the owner's, only from the loop. */
	void (*closed)(void *arg, const char *why);
};

/* Takes over a connected socket.  NULL and errno if it cannot be polled; it is
 * closed then. */
struct conn *conn_new(uv_loop_t *loop, int fd, const struct conn_events *events,
    void *arg);
/* Connects; source (without port) may be NULL.  NULL and errno if not even
 * the attempt could be made. */
struct conn *conn_connect(uv_loop_t *loop, const struct netaddr *to,
    const struct netaddr *source, const struct conn_events *events, void *arg);
/* At once, output that waits is lost; no event is called.  NULL is fine. */
struct conn *conn_free(struct conn *c);
/* Writes what waits, says close_notify under TLS, closes, frees itself; at
 * most 10 s.  No event is called any more.  What the peer still sends is read
 * and dropped for up to 2 s, so that it sees our last words and not a reset. */
void conn_finish(struct conn *c);

/* Copies what does not go out at once.  Small pieces written within an event
 * leave together after it.  More than 32 MiB waiting ends the connection. */
void conn_write(struct conn *c, const void *data, size_t n);
/* Output bytes not yet sent; within `closed`, those that never will be. */
size_t conn_waiting(const struct conn *c);
/* While paused no bytes event comes and the kernel's window fills. */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);
/* One timer a connection, replaced by each call; 0: none. */
void conn_set_timeout(struct conn *c, uint64_t timeout_ms);
const struct netaddr *conn_peer(const struct conn *c);
const struct netaddr *conn_local(const struct conn *c);

/* Certificate chain and key as PEM text; NULL and a reason on an error.
 * TLS 1.2 and 1.3, session tickets off. */
struct conn_tls *conn_tls_server(const void *certificate,
    size_t certificate_size, const void *key, size_t key_size,
    const char **ret_why);
/* For outgoing sessions; ca (PEM text) may be NULL without verify. */
struct conn_tls *conn_tls_client(const void *ca, size_t ca_size, bool verify,
    const char **ret_why);
/* Drops the owner's reference; connections that use it go on. */
struct conn_tls *conn_tls_free(struct conn_tls *tls);
/* Starts the handshake; output written before goes out in the clear first.
 * name: the server's name for SNI and, with a verifying context, for the
 * check; NULL on a server.  The caller has made sure that no plain bytes of
 * the peer are left over (RFC 3207 6.). */
void conn_start_tls(struct conn *c, struct conn_tls *tls, const char *name);
/* The handshake is done. */
bool conn_is_tls(const struct conn *c);

#endif
