/* SPDX-License-Identifier: ISC */
#ifndef POLICY_FOLD_H
#define POLICY_FOLD_H

/*
 * Logical lines of vCard (RFC 6350 3.2) and LDIF (RFC 2849): a line that
 * begins with a blank goes on with the one before it.  Out of memory that
 * stays the caller's; lines may end with LF or CRLF.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOLD_MAX	4096	/* octets of a line that are kept */

struct fold {
	const char	*next;
	const char	*end;
	uint64_t	 next_line;
	/* The line that fold_next found: */
	uint64_t	 line;		/* where it begins, from 1 */
	bool		 cut;		/* it was longer */
	bool		 nul;		/* it held a NUL, which is left out */
	size_t		 n;
	char		 text[FOLD_MAX];	/* with a NUL */
};

void fold_init(struct fold *f, const char *text, size_t n);
/* false at the end. */
bool fold_next(struct fold *f);
/* Adds the next line to this one, folded or not; false at the end. */
bool fold_join(struct fold *f);

#endif
