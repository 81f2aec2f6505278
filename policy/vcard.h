/* SPDX-License-Identifier: ISC */
#ifndef POLICY_VCARD_H
#define POLICY_VCARD_H

/*
 * Mail addresses out of vCards: versions 3.0 (RFC 2426) and 4.0 (RFC 6350),
 * and 2.1 as telephones still write it.  Only the properties BEGIN, VERSION,
 * EMAIL and END are understood; the others need only be lines with a colon.
 * The addresses come out as they stand there, unchecked.
 */

#include "policy/fold.h"

struct vcard {
	struct fold	 fold;
	bool		 in_card;
	bool		 ended;
	/* What vcard_next found: */
	uint64_t	 line;
	const char	*fault;		/* NULL, or what is wrong there */
	const char	*address;	/* unless there is a fault */
};

void vcard_init(struct vcard *v, const char *text, size_t n);
/* The next address or fault; false at the end. */
bool vcard_next(struct vcard *v);

#endif
