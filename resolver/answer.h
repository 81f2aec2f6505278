/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_ANSWER_H
#define RESOLVER_ANSWER_H

/*
 * The answer to one question, made once and never changed, so that the cache
 * and any number of askers share it.  One block of memory, counted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "resolver/dns.h"
#include "resolver/rdata.h"

#define ANSWER_RECORDS_MAX	256	/* more are left out */
#define ANSWER_BYTES_MAX	40960	/* of RDATA; a larger answer has failed */

struct answer {
	enum dns_status	 status;
	bool		 secure;
	uint32_t	 ttl_s;
	const char	*canonical;	/* "" if no CNAME led elsewhere */
	const char	*why;		/* of a failure, for people; else "" */
	size_t		 count;
	const struct rdata *records;
	size_t		 size_bytes;	/* of the whole block */
	unsigned	 references;
};

struct answer_wire {
	const uint8_t	*data;
	size_t		 size;
};

/* What is known besides the records; canonical and why may be NULL. */
struct answer_facts {
	bool		 secure;
	uint32_t	 ttl_s;
	const char	*canonical;	/* any case, with or without final dot */
};

/*
 * From RDATA.  Records that are malformed are left out; if none is left, or
 * there is too much, the answer is DNS_FAILED.  count is at least 1.
 */
struct answer *answer_new(enum dns_type type, const struct answer_wire *wires,
    size_t count, const struct answer_facts *facts);
/* Without records: a denial or a failure. */
struct answer *answer_none(enum dns_status status, const char *why,
    const struct answer_facts *facts);
struct answer *answer_ref(struct answer *a);
/* Gives one reference back; NULL is fine. */
struct answer *answer_free(struct answer *a);

#endif
