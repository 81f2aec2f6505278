/* SPDX-License-Identifier: ISC */
#ifndef POLICY_PUSHBACK_H
#define POLICY_PUSHBACK_H

/*
 * The words with which a message is pushed back, refused or deferred:
 *
 *	550-5.5.64 fall back to IPv4: ...
 *	550-5.5.64 Authentication-Results: mx.example.org;
 *	550-5.5.64  iprev=fail policy.iprev="2001:db8::1"
 *	550-5.5.64 register at https://...	if the operator set one
 *	550 5.5.64 reference 4bKf7Q...		for mx6ctl explain
 *
 * At most 10 lines of at most 512 octets with code and CRLF (RFC 5321
 * 4.5.3.1.5), printable ASCII.  It is the same for every reason: what a
 * stranger may learn is what was authenticated, never what is listed.
 */

#include "policy/authresults.h"
#include "policy/policy.h"
#include "util/config.h"

#define PUSHBACK_LINES_MAX	10
#define PUSHBACK_LINE_SIZE	512

struct pushback_ask {
	enum verdict_action		 action;	/* FALLBACK, REJECT, DEFER */
	enum listener_role		 role;
	const char			*fallback_code;	/* "5.5.64" */
	const char			*message;	/* id of the message */
	const char			*registration_url; /* "" for none */
	const struct authresults	*results;
};

struct pushback_reply {
	const char	*code;
	const char	*enhanced;
	size_t		 count;
	char		 lines[PUSHBACK_LINES_MAX][PUSHBACK_LINE_SIZE];
};

/* code and enhanced live as long as ask->fallback_code. */
void pushback_compose(const struct pushback_ask *ask,
    struct pushback_reply *ret_reply);

#endif
