/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SPF_H
#define POLICY_SPF_H

/*
 * May this client send for that domain?  SPF (RFC 7208) as a pure function
 * of the answers of DNS.  Our own evaluator decides what is none, permerror
 * or temperror; what it finds sound, libspf2 evaluates as well, with the same
 * answers, and `pass` takes both (policy/README says how they are weighed).
 *
 *	answers = {0}
 *	for (;;) {
 *		need.count = 0;
 *		if (spf_mail_from(&query, &answers, &need, &outcome))
 *			break;
 *		ask all of need, answers_add each (DNS_FAILED if too late)
 *	}
 *
 * ends after SPF_ROUNDS_MAX rounds at most, whatever DNS says.  The
 * evaluations of one message may share answers and need.
 */

#include "policy/answers.h"
#include "policy/auth.h"

#define SPF_ROUNDS_MAX	25
#define SPF_RECORD_MAX	2048	/* a longer record is a permerror */
#define SPF_WHY_SIZE	512

struct spf_query {
	struct netaddr	 peer;
	const char	*helo;		/* as the client said it */
	const char	*sender;	/* of MAIL FROM, "" for the null sender */
	const char	*best_guess;	/* record for a domain that has none;
					 * what is no record, or NULL, is not
					 * used.  For MAIL FROM only. */
};

struct spf_outcome {
	enum spf_result	 result;
	bool		 best_guess;	/* from query.best_guess */
	char		 domain[DOMAIN_SIZE];	/* the identity that was
					 * checked, canonical; "" if it is no
					 * domain name */
	char		 record[SPF_RECORD_MAX + 1];	/* its record or "" */
	char		 why[SPF_WHY_SIZE];	/* printable ASCII: the term
					 * that matched, "include:x: ip4:y",
					 * or what went wrong */
};

/*
 * false: the questions in need come first, then call again.  The names in
 * need are lower case without final dot, but may hold any printable
 * character besides "\" (a macro copies the client's words into them).
 */
bool spf_helo(const struct spf_query *query, const struct answers *answers,
    struct questions *need, struct spf_outcome *ret_outcome);
/* The same for MAIL FROM; a null sender stands for postmaster@helo. */
bool spf_mail_from(const struct spf_query *query,
    const struct answers *answers, struct questions *need,
    struct spf_outcome *ret_outcome);

/* "pass", "permerror": the words of RFC 7208 2.6. */
const char *spf_result_word(enum spf_result result);

#endif
