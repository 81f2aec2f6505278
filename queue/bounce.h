/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_BOUNCE_H
#define QUEUE_BOUNCE_H

/*
 * Delivery status notifications: a multipart/report (RFC 6522) with words for
 * people, a message/delivery-status part (RFC 3464; message/global-* of
 * RFC 6533 for internationalized mail) and the header section of the message
 * it is about.  Pure: one function from facts to text.
 *
 * The caller sends it with a null sender, and never about a message that had
 * one itself (RFC 5321 6.1): bounce_wanted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define BOUNCE_HEADER_MAX	(32 * 1024)	/* of the original, returned */
#define BOUNCE_RCPTS_MAX	1000		/* reported in one bounce */
#define BOUNCE_SIZE_MAX		(8 * 1024 * 1024)

enum bounce_kind {
	BOUNCE_FAILED,
	BOUNCE_DELAYED,
};

struct bounce_rcpt {
	const char	*address;	/* as the sender wrote it */
	const char	*status;	/* "5.1.1" */
	const char	*reply;		/* what the other server said, or "" */
	const char	*reason;	/* in our words; "" if the reply says it */
	const char	*remote;	/* name of that server, or "" */
	uint64_t	 last_at;	/* unix seconds of the last attempt */
};

struct bounce {
	enum bounce_kind	 kind;
	const char		*hostname;	/* ours */
	const char		*name;		/* id of the new message */
	const char		*about;		/* id of the message it is about */
	const char		*sender;	/* of that message: who gets it */
	bool			 utf8;		/* that message was SMTPUTF8 */
	uint64_t		 arrived_at;	/* unix seconds */
	uint64_t		 expires_at;
	uint64_t		 now;
	const struct bounce_rcpt *rcpts;
	size_t			 rcpt_count;
	const uint8_t		*original;	/* the message, or its beginning */
	size_t			 original_size;
};

/* A message with this sender may be answered with a notification. */
bool bounce_wanted(const char *sender);

/* Writes the whole message, CRLF ends; false if out's maximum is too small.
 * *ret_eightbit tells whether it holds octets above 127. */
bool bounce_compose(const struct bounce *b, struct buf *out,
    bool *ret_eightbit);

/* "Tue, 24 Nov 2026 06:24:00 +0000" (RFC 5322 3.3). */
#define BOUNCE_DATE_SIZE 40
const char *bounce_date(uint64_t unix_seconds,
    char text[static BOUNCE_DATE_SIZE]);

#endif
