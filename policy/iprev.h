/* SPDX-License-Identifier: ISC */
#ifndef POLICY_IPREV_H
#define POLICY_IPREV_H

/*
 * Does the client's address have a name that leads back to it?  The method
 * "iprev" of RFC 8601 2.7.3, as a pure function of the answers of DNS.
 */

#include "policy/answers.h"
#include "policy/policy.h"

#define IPREV_NAMES_MAX	5	/* PTR records looked at */

struct iprev {
	enum policy_iprev	status;
	size_t			count;	/* names that lead back, sorted */
	char			names[IPREV_NAMES_MAX][DOMAIN_SIZE];
};

/* false: the questions in need come first, then call again. */
bool iprev_of(const struct netaddr *peer, const struct answers *answers,
    struct questions *need, struct iprev *ret_iprev);
/* The word of RFC 8601: "pass", "fail", "temperror", "permerror". */
const char *iprev_word(enum policy_iprev status);
/* One of the verified names is the one that the client said at HELO. */
bool iprev_matches_helo(const struct iprev *iprev, const char *helo);

#endif
