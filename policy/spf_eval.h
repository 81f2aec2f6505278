/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SPF_EVAL_H
#define POLICY_SPF_EVAL_H

/* check_host() of RFC 7208 4, by ourselves; callers use policy/spf.h. */

#include "policy/spf.h"
#include "policy/spf_macro.h"
#include "policy/spf_record.h"

#define SPF_LOOKUPS_MAX		10	/* terms that ask DNS, 4.6.4 */
#define SPF_VOID_LOOKUPS_MAX	2	/* of them that find nothing */

/* One evaluation: what it knows, and what it has used up. */
struct spf_eval {
	const struct netaddr	*peer;
	const char		*helo;
	const char		*local;		/* of the sender */
	const char		*sender_domain;
	const struct answers	*answers;
	struct questions	*need;
	unsigned		 lookups;
	unsigned		 voids;
	bool			 waiting;	/* for an answer in need */
	char			 why[SPF_WHY_SIZE];
};

enum spf_match {
	SPF_NO_MATCH,
	SPF_MATCH,
	SPF_MATCH_TEMPERROR,
	SPF_MATCH_PERMERROR,
	SPF_MATCH_WAITS,
};

/*
 * text is the record if not NULL, else DNS is asked.  false: it waits.  why
 * is then in e->why; what the record was is in ret_outcome->record, if that
 * is not NULL.
 */
bool spf_check_host(struct spf_eval *e, const char *domain, const char *text,
    enum spf_result *ret_result, struct spf_outcome *ret_outcome);

/* The rest is between spf_eval.c and spf_terms.c. */

void spf_say(struct spf_eval *e, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* NULL: it waits.  A name that cannot be is NXDOMAIN without asking. */
const struct dns_answer *spf_ask(struct spf_eval *e, enum dns_type type,
    const char *name);
/* The name that the term asks for; "" if it cannot be.  false: it waits. */
bool spf_target(struct spf_eval *e, const struct spf_term *term,
    const char *domain, char ret_name[static DOMAIN_SIZE]);
/* Counts the term's look-up; SPF_NO_MATCH: within the limit. */
enum spf_match spf_count_lookup(struct spf_eval *e);
/* The mechanisms that ask for more than a record: a, mx, ptr, exists. */
enum spf_match spf_match_dns(struct spf_eval *e,
    const struct spf_term *term, const char *domain);
/* ip4, ip6. */
enum spf_match spf_match_network(const struct spf_eval *e,
    const struct spf_term *term);
/* Puts the term's first question in need before it is its turn. */
void spf_ask_early(struct spf_eval *e, const struct spf_term *term,
    const char *domain);

#endif
