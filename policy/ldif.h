/* SPDX-License-Identifier: ISC */
#ifndef POLICY_LDIF_H
#define POLICY_LDIF_H

/*
 * Mail addresses out of an LDIF file (RFC 2849) of entries, as directories
 * and mail programs export them: the attributes mail, mailAlternateAddress,
 * rfc822Mailbox, email and mozillaSecondEmail.  The addresses come out as
 * they stand there, unchecked.
 */

#include "policy/fold.h"

struct ldif {
	struct fold	 fold;
	/* What ldif_next found: */
	uint64_t	 line;
	const char	*fault;		/* NULL, or what is wrong there */
	const char	*address;	/* unless there is a fault */
};

void ldif_init(struct ldif *l, const char *text, size_t n);
/* The next address or fault; false at the end. */
bool ldif_next(struct ldif *l);

#endif
