/* SPDX-License-Identifier: ISC */
#ifndef UTIL_DOMAIN_H
#define UTIL_DOMAIN_H

/* Domain names as text: one canonical form, checked once. */

#include <stdbool.h>
#include <stddef.h>

#define DOMAIN_MAX	253	/* octets of text, without the final dot */
#define DOMAIN_SIZE	(DOMAIN_MAX + 1)

/*
 * Host name or mail domain to lower-case A-labels without the final dot
 * (RFC 5890, by libidn2).  LDH labels of 1 to 63 octets; underscores only
 * with allow_underscore (SRV, TLSA, policy names).  One final dot is taken and
 * dropped; the root alone, "" or ".", is refused.
 */
bool domain_parse(const char *text, size_t n, bool allow_underscore,
    char ret_domain[static DOMAIN_SIZE]);
/* domain is parent or below it; both canonical.  All are below the root "". */
bool domain_within(const char *domain, const char *parent);
/* The name after the first dot, "" if there is none. */
const char *domain_parent(const char *domain);

#endif
