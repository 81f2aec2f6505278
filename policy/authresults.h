/* SPDX-License-Identifier: ISC */
#ifndef POLICY_AUTHRESULTS_H
#define POLICY_AUTHRESULTS_H

/*
 * The Authentication-Results field (RFC 8601), as pieces between which it
 * may be folded: "Authentication-Results: host;", "iprev=pass ...".  The
 * same pieces go into the message and into a push-back reply.  Printable
 * ASCII throughout.
 */

#include "policy/iprev.h"
#include "util/buf.h"

#define AUTHRESULTS_PIECES_MAX	16
#define AUTHRESULTS_PIECE_SIZE	400

struct authresults {
	size_t	count;
	char	pieces[AUTHRESULTS_PIECES_MAX][AUTHRESULTS_PIECE_SIZE];
};

/* host: our authserv-id. */
void authresults_init(struct authresults *results, const char *host);
void authresults_add_iprev(struct authresults *results,
    const struct netaddr *peer, const struct iprev *iprev);
/* The field for a message: folded, with its CRLF. */
void authresults_field(const struct authresults *results, struct buf *field);

#endif
