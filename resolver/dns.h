/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_DNS_H
#define RESOLVER_DNS_H

/* The words of resolver/resolver.msg. */

enum dns_type {			/* the numbers of RFC 1035 and successors */
	DNS_A = 1,
	DNS_CNAME = 5,		/* not to be asked for: it is followed */
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_TLSA = 52,
};

enum dns_status {
	DNS_OK,			/* at least one record */
	DNS_NODATA,		/* the name is there, not with this type */
	DNS_NXDOMAIN,
	DNS_FAILED,		/* SERVFAIL, refused, malformed, time-out */
	DNS_BOGUS,		/* DNSSEC says forged: a failure, never data */
};

#endif
