/* SPDX-License-Identifier: ISC */
#ifndef POLICY_DMARC_H
#define POLICY_DMARC_H

/*
 * Did the domain in the From field send this?  DMARC (RFC 9989) as a pure
 * function of what SPF and DKIM found and of the answers of DNS; and MX6.md's
 * stricter question, `authenticated`.
 *
 *			DMARC pass		authenticated
 *	record		needed			not needed (relaxed then)
 *	relaxed		same organizational	that, and the same registrable
 *			domain (tree walk)	domain by the suffix list
 *	DMARC fail	-			never
 *	DNS trouble	temperror		never
 *
 * Domains that are equal are aligned whatever the walk says.
 *
 *	for (;;) {
 *		need.count = 0;
 *		if (dmarc_of(&ask, &answers, &need, &dmarc))
 *			break;
 *		ask all of need at once, answers_add each
 *	}
 *
 * Ends after DMARC_ROUNDS_MAX rounds at most; one in the common case.
 */

#include "policy/answers.h"
#include "policy/auth.h"

#define DMARC_SIGNATURES_MAX	32	/* looked at; further ones never align */
#define DMARC_ROUNDS_MAX	6
#define DMARC_TEXT_SIZE		512	/* of a record as shown */
#define DMARC_BY_SIZE		(DOMAIN_SIZE + 16)

struct dmarc_signature {
	const char		*domain;	/* d=, canonical */
	enum dkim_result	 result;
};

struct dmarc_ask {
	/* DMARC switched off: no record is asked for, the result is none, and
	 * only equal domains are aligned. */
	bool			 off;
	const char		*from_domain;	/* canonical; "" unless the
						 * From field is FROM_ONE with
						 * a domain name */
	enum spf_result		 spf;		/* of MAIL FROM */
	const char		*spf_domain;	/* canonical or "" */
	bool			 spf_best_guess;
	bool			 best_guess_aligns;	/* a setting */
	const struct dmarc_signature *signatures;
	size_t			 signature_count;
};

/* Of one identifier, that passed, with the From domain. */
struct dmarc_alignment {
	bool	aligned;	/* relaxed or strict, as the record says */
	bool	same_registrable;
};

struct dmarc {
	enum dmarc_result	 result;
	enum dmarc_policy	 policy;	/* what the record asks for this
						 * domain: p, sp or np */
	enum dmarc_policy	 applied;	/* to a fail: with t=y one step
						 * milder; NONE without a fail */
	bool			 testing;	/* t=y */
	char			 organizational[DOMAIN_SIZE]; /* of the From
						 * domain; "" if unknown */
	char			 record_domain[DOMAIN_SIZE];	/* or "" */
	char			 record[DMARC_TEXT_SIZE];	/* printable
						 * ASCII, maybe cut; or "" */
	struct dmarc_alignment	 spf;
	struct dmarc_alignment	 signatures[DMARC_SIGNATURES_MAX];
	bool			 authenticated;
	char			 authenticated_by[DMARC_BY_SIZE]; /* "dkim
						 * d=example.org", "spf
						 * example.org", or "" */
};

/* false: the questions in need come first, then call again. */
bool dmarc_of(const struct dmarc_ask *ask, const struct answers *answers,
    struct questions *need, struct dmarc *ret_dmarc);

#endif
