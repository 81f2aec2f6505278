/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_PLAN_ANSWERS_H
#define QUEUE_PLAN_ANSWERS_H

/*
 * The DNS answers that a plan is made from: a small collection that owns
 * copies of what the resolver said.  Names are canonical (util/domain.h).
 */

#include <stddef.h>
#include <stdint.h>

#include "resolver/dns.h"
#include "util/netaddr.h"

#define PLAN_RECORDS_MAX	64	/* of one answer; more are dropped */

struct plan_record {
	uint32_t	 preference;	/* of MX; priority of SRV */
	uint32_t	 weight;
	uint32_t	 port;
	char		*name;		/* target; "" is the root */
	struct netaddr	 addr;
};

struct plan_answer {
	enum dns_type		 type;
	char			*name;
	enum dns_status		 status;
	char			*why;		/* of a failure, for people */
	uint32_t		 ttl_s;
	struct plan_record	*records;
	size_t			 count;
};

struct plan_answers {
	struct plan_answer	*items;
	size_t			 count;
	size_t			 size;
};

void plan_answers_init(struct plan_answers *answers);
void plan_answers_done(struct plan_answers *answers);
/* The answer is valid for writing until the next one is added. */
struct plan_answer *plan_answers_add(struct plan_answers *answers,
    enum dns_type type, const char *name, enum dns_status status,
    const char *why);
void plan_answer_add(struct plan_answer *answer,
    const struct plan_record *record);
/* NULL if this question has no answer yet. */
const struct plan_answer *plan_answers_find(const struct plan_answers *answers,
    enum dns_type type, const char *name);
/* "SERVFAIL" and so on, for people. */
const char *plan_status_text(enum dns_status status);
const char *plan_type_text(enum dns_type type);

#endif
