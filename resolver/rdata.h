/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_RDATA_H
#define RESOLVER_RDATA_H

/*
 * RDATA as it stands in a DNS answer (names uncompressed, as libunbound
 * hands them out), turned into typed values.  The bytes are a stranger's:
 * every length is checked against the end, and a name that is no host name
 * is refused rather than passed on.  resolver/rdata_text.h is the way from
 * the words of a zone file to RDATA.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/dns.h"
#include "util/netaddr.h"

/* Members that the type does not have are zero, "" and no bytes. */
struct rdata {
	uint32_t	 preference;	/* MX; SRV: priority */
	uint32_t	 weight;	/* SRV */
	uint32_t	 port;		/* SRV */
	const char	*name;		/* MX, SRV, PTR, CNAME; "" is the root */
	struct netaddr	 addr;		/* A, AAAA (mapped: IPv4) */
	const uint8_t	*data;		/* TXT: joined strings; TLSA: all of it */
	size_t		 size;
};

/*
 * Parses n octets.  What ret_rdata points to is written to store, which has
 * room for at least n + 1 octets: no text is longer than its wire form.
 * false if the octets are not one record of this type.
 */
bool rdata_parse(enum dns_type type, const uint8_t *wire, size_t n,
    uint8_t *store, struct rdata *ret_rdata);

#endif
