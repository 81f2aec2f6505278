/* SPDX-License-Identifier: ISC */
#ifndef POLICY_AUTHRES_H
#define POLICY_AUTHRES_H

/*
 * Authentication-Results fields that came with a message and claim to be
 * ours: they are to be removed (RFC 8601 5).
 */

#include <stdbool.h>
#include <stddef.h>

#define AUTHRES_SPANS_MAX	10000

struct authres_span {		/* of the message as received */
	size_t	start;
	size_t	end;
};

/*
 * text: the message or its header section.  host: our authserv-id, in lower
 * case.  Adjacent fields give one span.  A field whose authserv-id cannot be
 * made out is ours if it holds our name anywhere.  *ret_spans is the caller's
 * to free, NULL if there are none.  false: more spans than the maximum; the
 * message should not be passed on.
 */
bool authres_forged(const char *text, size_t n, const char *host,
    struct authres_span **ret_spans, size_t *ret_count);
/* Does one field's value claim this authserv-id? */
bool authres_claims(const char *value, size_t n, const char *host);

#endif
