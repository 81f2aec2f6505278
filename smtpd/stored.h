/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_STORED_H
#define SMTPD_STORED_H

/*
 * A message as it lies in a mailbox, taken back to how it came in: client and
 * HELO from a Received field, sender and recipient from what the delivery
 * wrote above that field, and the message from below it.
 *
 *	Return-Path, Delivered-To, ...	what our side added
 *	Received: from relay [trusted]	hops of our own, passed over
 *	Received: from client [...]	the one that counts
 *	From:, To:, ...			the message as the client sent it
 *
 * What stands below the field that counts was written by strangers.
 */

#include <stddef.h>

#include "smtpd/received_read.h"
#include "util/netaddr.h"

enum stored_fault {
	STORED_OK,
	STORED_NO_RECEIVED,
	STORED_NO_CLIENT,	/* its Received field has no client's address */
	STORED_AMBIGUOUS,
	STORED_MALFORMED,	/* its Received field cannot be read */
	STORED_NO_SENDER,	/* no Return-Path */
	STORED_NO_RCPT,
	STORED_TOO_LARGE,
	STORED_UNREADABLE,
	STORED_FAULTS,
};

/* Where to look. */
struct stored_view {
	size_t			 received;	/* first field that counts, from 1 */
	const struct netblock	*trusted;	/* passed over, as loopback is */
	size_t			 trusted_count;
	const char		*rcpt;		/* NULL: as the message says */
};

struct stored {
	struct received_hop	 hop;
	char			 sender[MAILADDR_TEXT_SIZE];	/* "": null */
	char			 rcpt[MAILADDR_TEXT_SIZE];
	size_t			 start;		/* of the message as sent */
};

/* text: a message with CRLF line ends.  envelope: what an mbox says of the
 * sender, "" if nothing. */
enum stored_fault stored_read(const char *text, size_t n,
    const char *envelope, const struct stored_view *view,
    struct stored *ret_stored);
/* For people. */
const char *stored_fault_text(enum stored_fault fault);

#endif
