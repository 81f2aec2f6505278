/* SPDX-License-Identifier: ISC */
#ifndef POLICY_PROVIDERS_H
#define POLICY_PROVIDERS_H

/*
 * Lists of others that are asked over DNS (RFC 5782), and the AS number of an
 * address by a zone of origins: the names to ask for, and what an answer
 * means.  No I/O.  What a provider does not clearly say is not known: it is
 * never taken for "listed", nor for "not listed".
 */

#include "policy/answers.h"
#include "util/codes.h"

enum provider_status {
	PROVIDER_LISTED,	/* with a code that counts */
	PROVIDER_OTHER,		/* listed, but with no code that counts */
	PROVIDER_NOT_LISTED,
	PROVIDER_UNKNOWN,	/* no answer, a refusal, or not a list's */
};

struct provider_reading {
	enum provider_status	status;
	struct netaddr		code;	/* of LISTED and OTHER; lowest first */
};

/*
 * The name under which zone would list the address: its octets or nibbles in
 * reverse, in front of the zone (RFC 5782 2.1, 2.4).  False if that is
 * longer than a name may be.  zone, domain: canonical.
 */
bool provider_address_name(const struct netaddr *addr, const char *zone,
    char ret_name[static DOMAIN_SIZE]);
bool provider_domain_name(const char *domain, const char *zone,
    char ret_name[static DOMAIN_SIZE]);

/* An answer of type A; codes are those that count. */
void provider_read(const struct dns_answer *answer,
    const struct code_list *codes, struct provider_reading *ret_reading);
/* "listed", "other-code", "not-listed", "unknown". */
const char *provider_word(enum provider_status status);

#define ORIGINS_MAX	8	/* AS numbers of one network */

/* Who announces an address, by the most specific network that holds it. */
struct provider_origin {
	enum provider_status	status;		/* LISTED: there is one */
	struct netblock		network;
	uint32_t		numbers[ORIGINS_MAX];	/* ascending */
	size_t			count;
};

/* "64500", without "AS", sign or leading zero; not one of the numbers that
 * no network can have (RFC 7607, RFC 7300, RFC 6793). */
bool provider_as_parse(const char *text, uint32_t *ret_number);
/*
 * One record: "64500 | 2001:db8::/32 | ZZ | registry | date", or several
 * numbers in front.  What stands behind the network does not matter.  False
 * if it says anything else, or of a network that does not hold addr.
 */
bool provider_origin_parse(const void *text, size_t size,
    const struct netaddr *addr, struct provider_origin *ret_origin);
/* An answer of type TXT to the name of addr. */
void provider_read_origin(const struct dns_answer *answer,
    const struct netaddr *addr, struct provider_origin *ret_origin);

#endif
