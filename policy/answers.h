/* SPDX-License-Identifier: ISC */
#ifndef POLICY_ANSWERS_H
#define POLICY_ANSWERS_H

/*
 * DNS as plain data, for cores without I/O: the questions that an
 * evaluation still has, and the answers that it was given.  An evaluation
 * looks for each answer that it needs; one that is not there becomes a
 * question, all of them are asked at once, and it runs again.
 */

#include "resolver/dns.h"
#include "util/domain.h"
#include "util/netaddr.h"

#define QUESTIONS_MAX		32
#define ANSWERS_MAX		256
#define ANSWER_NAMES_MAX	10	/* of one answer; more are left out */
#define ANSWER_ADDRS_MAX	256
#define ANSWER_TEXTS_MAX	255	/* below the resolver's limit: cut is seen */

struct question {
	enum dns_type	type;
	char		name[DOMAIN_SIZE];
};

struct questions {
	struct question	items[QUESTIONS_MAX];
	size_t		count;
};

struct dns_text {
	uint8_t		*data;		/* strings joined; any octets */
	size_t		 size;
};

struct dns_answer {
	enum dns_type	 type;
	char		*name;
	enum dns_status	 status;
	uint32_t	 ttl_s;
	char		*names[ANSWER_NAMES_MAX];	/* PTR, MX; "" is
							 * the root */
	size_t		 name_count;
	struct netaddr	*addrs;				/* A, AAAA */
	size_t		 addr_count;
	struct dns_text	*texts;				/* TXT */
	size_t		 text_count;
	bool		 cut;		/* records were left out */
};

/* Zeroed memory is an empty set. */
struct answers {
	struct dns_answer	*items;
	size_t			 count;
};

void answers_done(struct answers *answers);
/* A new answer without records; NULL beyond ANSWERS_MAX.  Valid until the
 * next call of this function. */
struct dns_answer *answers_add(struct answers *answers, enum dns_type type,
    const char *name, enum dns_status status, uint32_t ttl_s);
void dns_answer_add_name(struct dns_answer *answer, const char *name);
void dns_answer_add_addr(struct dns_answer *answer,
    const struct netaddr *addr);
/* Copies. */
void dns_answer_add_text(struct dns_answer *answer, const void *data,
    size_t size);
/*
 * The answer, or NULL, and then the question is in need (once); if need is
 * full it waits for the next round.
 */
const struct dns_answer *answers_want(const struct answers *answers,
    enum dns_type type, const char *name, struct questions *need);
/* The shortest of all, at most most_s. */
uint32_t answers_ttl(const struct answers *answers, uint32_t most_s);
/* The records, or why there are none; all of it printable.  The caller frees
 * it. */
char *dns_answer_text(const struct dns_answer *answer);
/* Some question got no usable reply: worth asking again soon. */
bool answers_troubled(const struct answers *answers);

#endif
