/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_ZONE_RECORD_H
#define RESOLVER_ZONE_RECORD_H

/* What zone_record.c reads from a zone file and zone.c answers from. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/dns.h"
#include "resolver/zone.h"

#define ZONE_RECORDS_MAX 1000000

enum zone_trouble {
	ZONE_FINE,
	ZONE_SERVFAIL,
	ZONE_TIMEOUT,
	ZONE_BOGUS,
};

struct zone_record {
	char			*owner;		/* the wire form behind it */
	enum dns_type		 type;
	bool			 any_type;	/* type does not count */
	bool			 secure;
	enum zone_trouble	 trouble;
	uint32_t		 ttl_s;
	const uint8_t		*wire;
	size_t			 wire_size;
};

struct zone {
	struct zone_record	*records;
	size_t			 count;
	size_t			 size;
	bool			 secure;	/* $SECURE at the file's end: */
};						/* of names that are not there */

/* In the order of the file; errors as zone_parse. */
struct zone *zone_record_read(const char *text, size_t n, const char *name,
    char error[static ZONE_ERROR_SIZE]);

#endif
