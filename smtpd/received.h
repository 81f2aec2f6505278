/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_RECEIVED_H
#define SMTPD_RECEIVED_H

/* The trace field of a message that was taken (RFC 5321 4.4), written; such
 * fields are read by smtpd/received_read.h. */

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/netaddr.h"

struct received {
	const char	*helo;
	const char	*rdns;		/* verified name, "" if none */
	const struct netaddr *peer;
	const char	*by;		/* our name */
	const char	*id;
	const char	*tls;		/* "TLSv1.3 CIPHER"; NULL without TLS */
	const char	*rcpt;		/* the only recipient, else NULL */
	bool		 extended;	/* EHLO was said */
	bool		 utf8;		/* MAIL with SMTPUTF8 (RFC 6531 4.3) */
	uint64_t	 at_ms;		/* unix time */
};

#define RECEIVED_MAX	2048		/* octets of the field */

void received_add(struct buf *out, const struct received *r);

#define RECEIVED_DATE_SIZE 40
/* RFC 5322 3.3 in UTC; returns text.  (gmtime_r would read files.) */
const char *received_date(uint64_t at_ms, char text[static RECEIVED_DATE_SIZE]);

#endif
