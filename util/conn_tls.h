/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CONN_TLS_H
#define UTIL_CONN_TLS_H

/*
 * The TLS half of util/conn.c, and for that file only: one session on a
 * non-blocking descriptor that stays the caller's.  Every step gives a number
 * of bytes (0 from a read: the peer said goodbye), or one of the values below.
 */

#include <stddef.h>
#include <sys/types.h>

#include "util/conn.h"

enum conn_step {
	STEP_BROKEN = -1,	/* conn_session_error says why */
	STEP_WANT_READ = -2,	/* again, the same, when readable */
	STEP_WANT_WRITE = -3,	/* again, the same, when writable */
};

struct conn_session;

/* Nothing is sent yet.  Holds a reference to tls.  NULL and a reason (valid
 * until the next call here) on an error. */
struct conn_session *conn_session_new(struct conn_tls *tls, int fd,
    const char *name, const char **ret_why);
struct conn_session *conn_session_free(struct conn_session *s);
ssize_t conn_session_handshake(struct conn_session *s);	/* 0: done */
/* size must be at least a TLS record (16 KiB): then nothing that arrived is
 * left in the library when the descriptor is not readable. */
ssize_t conn_session_read(struct conn_session *s, void *data, size_t size);
ssize_t conn_session_write(struct conn_session *s, const void *data, size_t n);
ssize_t conn_session_close(struct conn_session *s);	/* 0: done */
const char *conn_session_error(struct conn_session *s);
const char *conn_session_version(struct conn_session *s);
const char *conn_session_cipher(struct conn_session *s);

#endif
