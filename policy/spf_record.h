/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SPF_RECORD_H
#define POLICY_SPF_RECORD_H

/* The grammar of an SPF record: RFC 7208 4.5, 4.6 and 12, strictly. */

#include "policy/auth.h"
#include "util/netaddr.h"

#define SPF_ARGUMENT_MAX 250	/* octets behind a name, for libspf2's sake */

enum spf_kind {
	SPF_ALL,
	SPF_INCLUDE,
	SPF_A,
	SPF_MX,
	SPF_PTR,
	SPF_IP4,
	SPF_IP6,
	SPF_EXISTS,
	SPF_REDIRECT,
	SPF_EXP,		/* checked, never used */
	SPF_OTHER_MODIFIER,
};

struct spf_term {
	enum spf_kind	 kind;
	enum spf_result	 result;	/* of a match: the qualifier */
	const char	*text;		/* all of it, in the record */
	size_t		 size;
	const char	*domain;	/* domain-spec */
	size_t		 domain_size;	/* 0: the current domain */
	struct netaddr	 addr;		/* ip4, ip6 */
	uint8_t		 bits4;
	uint8_t		 bits6;
};

/* It begins with "v=spf1" and a blank or the end (4.5). */
bool spf_record_begins(const void *data, size_t size);
/* All of it is well formed: NULL, or what is wrong, with the term where that
 * is in *ret_term (size 0: it is the record). */
const char *spf_record_check(const char *text, size_t size,
    struct spf_term *ret_term);
/* The next term of a checked record; *at begins as 0.  false: the end. */
bool spf_record_next(const char *text, size_t size, size_t *at,
    struct spf_term *ret_term);

#endif
