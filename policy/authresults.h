/* SPDX-License-Identifier: ISC */
#ifndef POLICY_AUTHRESULTS_H
#define POLICY_AUTHRESULTS_H

/*
 * The Authentication-Results field (RFC 8601), as pieces between which it
 * may be folded: "Authentication-Results: host;", "iprev=pass ...".  The
 * same pieces go into the message and into a push-back reply.  Printable
 * ASCII throughout, whatever strangers said: what does not fit or cannot be
 * quoted is left out, and a piece is never cut.
 *
 * The order of the adders is the order of the field; pieces beyond the maximum
 * are left out, so signatures come last.
 */

#include "policy/auth.h"
#include "policy/iprev.h"
#include "util/buf.h"

#define AUTHRESULTS_PIECES_MAX	16
#define AUTHRESULTS_PIECE_SIZE	400
/* Room for the whole field, folded or not. */
#define AUTHRESULTS_TEXT_MAX \
	(AUTHRESULTS_PIECES_MAX * (AUTHRESULTS_PIECE_SIZE + 3))

struct authresults {
	size_t	count;
	char	pieces[AUTHRESULTS_PIECES_MAX][AUTHRESULTS_PIECE_SIZE];
};

struct authresults_dkim {
	enum dkim_result result;
	const char	*domain;	/* d=; "" if unknown, as all of these */
	const char	*selector;
	const char	*algorithm;
	unsigned	 key_bits;	/* 0: unknown */
	const char	*why;		/* if it did not pass */
};

/* host: our authserv-id. */
void authresults_init(struct authresults *results, const char *host);
void authresults_add_iprev(struct authresults *results,
    const struct netaddr *peer, const struct iprev *iprev);
/* The same from its parts; name: one that leads back, or "". */
void authresults_add_address(struct authresults *results,
    const struct netaddr *peer, enum policy_iprev status, const char *name);
/* helo: as the client said it. */
void authresults_add_spf_helo(struct authresults *results,
    enum spf_result result, const char *helo);
/* sender: of MAIL FROM, "" for the null sender, whose domain is then helo.
 * A best guess is shown as "none", with the guess in a comment. */
void authresults_add_spf(struct authresults *results, enum spf_result result,
    bool best_guess, const char *sender, const char *helo);
/* One signature; with DKIM_RESULT_NONE: there is none. */
void authresults_add_dkim(struct authresults *results,
    const struct authresults_dkim *signature);
/* policy: what is to be applied to a fail (policy.dmarc); from_domain "" is
 * left out. */
void authresults_add_dmarc(struct authresults *results,
    enum dmarc_result result, enum dmarc_policy policy,
    const char *from_domain);

/* The field for a message: folded, with its CRLF. */
void authresults_field(const struct authresults *results, struct buf *field);
/* Writer and reader of the field in one line, without a line end: what
 * mx6d-auth hands to mx6d-policy.  false: not such a line ("" is none). */
void authresults_line(const struct authresults *results, struct buf *line);
bool authresults_read(const char *line, struct authresults *ret_results);

#endif
