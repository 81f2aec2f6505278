/* SPDX-License-Identifier: ISC */
#ifndef UTIL_MAILADDR_H
#define UTIL_MAILADDR_H

/*
 * A mailbox as RFC 5321 4.1.2 (and RFC 6531 for UTF-8) writes it, as a typed
 * value.  A text enters the system once, through mailaddr_parse; what holds a
 * struct mailaddr needs no further check.
 */

#include <stdbool.h>
#include <stddef.h>

#define MAILADDR_LOCAL_MAX	64	/* as written, RFC 5321 4.5.3.1.1 */
#define MAILADDR_DOMAIN_MAX	255	/* octets, RFC 5321 4.5.3.1.2 */
#define MAILADDR_TEXT_SIZE \
	(2 * MAILADDR_LOCAL_MAX + MAILADDR_DOMAIN_MAX + 4)

struct mailaddr {
	/* Unquoted: the octets that the local part means. */
	char	local[MAILADDR_LOCAL_MAX + 1];
	/* Lower case; U-labels turned to A-labels; a literal as "[...]", in
	 * the one form that netaddr_format_literal gives. */
	char	domain[MAILADDR_DOMAIN_MAX + 1];
	bool	utf8;		/* local part needs SMTPUTF8 */
	bool	literal;	/* the domain is an address literal */
};

enum mailaddr_fault {
	MAILADDR_OK,
	MAILADDR_SYNTAX,
	MAILADDR_TOO_LONG,
	MAILADDR_NEEDS_UTF8,	/* octets above 127 without allow_utf8 */
};

/* n octets "local@domain", no angle brackets.  On a fault *ret_addr is as it
 * was. */
enum mailaddr_fault mailaddr_parse(const char *text, size_t n, bool allow_utf8,
    struct mailaddr *ret_addr);
/* "<local@domain>", "<@route:local@domain>" (the route is dropped, RFC 5321
 * Appendix C), or "<>", for which *ret_null is set and *ret_addr empty.
 * *ret_used is the length of the path within text; "<postmaster>", in any
 * case, is taken when allow_postmaster, in lower case with an empty domain. */
enum mailaddr_fault mailaddr_parse_path(const char *text, size_t n,
    bool allow_utf8, bool allow_postmaster, struct mailaddr *ret_addr,
    bool *ret_null, size_t *ret_used);
/* "local@domain", the local part quoted if it must be; returns text. */
const char *mailaddr_format(const struct mailaddr *addr,
    char text[static MAILADDR_TEXT_SIZE]);
/* The same mailbox: local parts compared exactly, domains without case. */
bool mailaddr_equal(const struct mailaddr *a, const struct mailaddr *b);

#endif
