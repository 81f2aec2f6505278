/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SPF_LIB_H
#define POLICY_SPF_LIB_H

/*
 * libspf2, asked for a second opinion on what we would let pass.  This
 * header and the library's define the same names differently from
 * policy/auth.h, so neither may include that.
 */

#include "policy/answers.h"
#include "policy/spf_plain.h"

struct spf_lib_query {
	const struct netaddr	*peer;
	const char		*helo;
	const char		*sender;	/* "local@domain", never null */
	const char		*domain;	/* of the sender ... */
	const char		*record;	/* ... has this one; NULL: DNS
						 * says */
	const struct answers	*answers;
	struct questions	*need;
	/* What of a TXT record the library may see (policy/spf_plain.h). */
	bool			(*plain)(const void *record, size_t size,
				    const struct netaddr *peer,
				    char ret_text[static SPF_PLAIN_SIZE]);
};

enum spf_lib_opinion {
	SPF_LIB_PASS,
	SPF_LIB_NEUTRAL,
	SPF_LIB_SOFTFAIL,
	SPF_LIB_FAIL,
	SPF_LIB_TEMPERROR,
	SPF_LIB_OTHER,		/* none, permerror, or it could not read */
	SPF_LIB_WAITS,		/* the questions in need come first */
};

/* What needs rights that a sandbox takes; else done at the first check. */
void spf_lib_start(void);
enum spf_lib_opinion spf_lib_check(const struct spf_lib_query *query);

#endif
