/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SPF_MACRO_H
#define POLICY_SPF_MACRO_H

/* The macro language of SPF: RFC 7208 7. */

#include "util/domain.h"
#include "util/netaddr.h"

#define SPF_MACROS_MAX	16	/* of one term */

/* What the letters stand for. */
struct spf_macro_values {
	const struct netaddr	*peer;		/* i, v */
	const char		*local;		/* l, and s with ... */
	const char		*sender_domain;	/* ... o */
	const char		*domain;	/* d */
	const char		*helo;		/* h */
	const char		*validated;	/* p */
};

/*
 * The syntax of a macro-string, or of a domain-spec, whose end is a top
 * label or a macro: NULL, or what is wrong.  The letters c, r and t are for
 * explanations, which we never expand, so they are wrong here.
 */
const char *spf_macro_check(const char *text, size_t n, bool domain_spec);
/* It needs `validated`. */
bool spf_macro_wants_validated(const char *text, size_t n);
/*
 * A checked domain-spec to the name that DNS is asked for: lower case, no
 * final dot, cut from the left to DOMAIN_MAX at a dot.  false: what came of
 * it is no name, so it does not exist.
 */
bool spf_macro_expand(const char *text, size_t n,
    const struct spf_macro_values *values,
    char ret_name[static DOMAIN_SIZE]);
/* Labels of 1 to 63 octets, printable ASCII without "\", at least one dot;
 * copied in lower case, without a final dot. */
bool spf_name_clean(const char *name, size_t n,
    char ret_name[static DOMAIN_SIZE]);

#endif
