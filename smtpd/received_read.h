/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_RECEIVED_READ_H
#define SMTPD_RECEIVED_READ_H

/*
 * A Received field that a server wrote on receiving (RFC 5321 4.4), read: who
 * the client was, and what it called itself.  smtpd/received.h writes ours.
 *
 *	from HELO (RDNS [ADDRESS]) by ...	RFC 5321, Postfix, sendmail
 *	from RDNS ([ADDRESS] helo=HELO) by ...	Exim
 *	from RDNS (HELO HELO) (ADDRESS) by ...	qmail
 *	from HELO (ADDRESS) by ...		Exchange
 *
 * The client chose some of these words, so where two different addresses
 * could be meant there is none.
 */

#include <stddef.h>

#include "util/domain.h"
#include "util/mailaddr.h"
#include "util/netaddr.h"

enum received_fault {
	RECEIVED_OK,
	RECEIVED_NO_FROM,	/* not from a client: local pick-up */
	RECEIVED_NO_ADDRESS,	/* of the client */
	RECEIVED_AMBIGUOUS,	/* several addresses */
	RECEIVED_MALFORMED,
};

struct received_hop {
	struct netaddr	peer;
	char		helo[DOMAIN_SIZE + 2];
	/* These two also where the answer is NO_FROM or NO_ADDRESS. */
	char		with[32];	/* "ESMTP"; "" if not said */
	char		rcpt[MAILADDR_TEXT_SIZE];	/* of `for`, or "" */
};

/* value: behind the colon, folds and all, n octets.  *ret_hop is whole, and
 * empty where it has nothing. */
enum received_fault received_read(const char *value, size_t n,
    struct received_hop *ret_hop);

#endif
