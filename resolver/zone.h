/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_ZONE_H
#define RESOLVER_ZONE_H

/*
 * A zone file as the whole of DNS: what it does not have does not exist.
 * For a lab, a demonstration and tests; no server and no libunbound is
 * involved.
 *
 *	$ORIGIN with6.test.
 *	$TTL 60
 *	@             MX   0 mx
 *	mx            A    192.0.2.2
 *	_mx6._tcp     SRV  0 0 25 mx6
 *	mx6           AAAA 2001:db8::2
 *
 * Records are A AAAA CNAME MX PTR SRV TLSA TXT (SOA and NS are passed over),
 * names may be relative, `*` stands for names that are not there.  Trouble
 * can be had too:
 *
 *	$SECURE on                  what follows counts as DNSSEC-validated
 *	broken        SERVFAIL      every question for that name fails,
 *	broken        SERVFAIL A    or only those for one type
 *	silent        TIMEOUT       nothing ever answers
 *	forged        BOGUS         DNSSEC says no
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/answer.h"

struct zone;

#define ZONE_ERROR_SIZE 512

/* n bytes of text; NULL on an error, with "name:line: what is wrong". */
struct zone *zone_parse(const char *text, size_t n, const char *name,
    char error[static ZONE_ERROR_SIZE]);
struct zone *zone_free(struct zone *z);

/* The answer, for the caller to free; NULL where the zone says TIMEOUT. */
struct answer *zone_lookup(const struct zone *z, enum dns_type type,
    const char *name);

#endif
