/* SPDX-License-Identifier: ISC */
#ifndef POLICY_MESSAGE_FACTS_H
#define POLICY_MESSAGE_FACTS_H

/* What the header of a message says about its kind. */

#include <stdbool.h>

#include "policy/header.h"

#define MESSAGE_ID_HASH_SIZE	33

struct message_facts {
	bool		auto_submitted;	/* RFC 3834 5: other than "no" */
	bool		list;		/* a List- field (RFC 2369, RFC 2919), or
					 * Precedence: list, bulk or junk */
	bool		forwarded;	/* a field of those who pass mail on:
					 * Resent- (RFC 5322 3.6.6), or what
					 * a delivery or a redirection adds */
	unsigned	dkim_signatures;
	/* Hex of 128 bits of the SHA-256 of the first Message-ID without white
	 * space around; "" without one. */
	char		message_id_hash[MESSAGE_ID_HASH_SIZE];
};

void message_facts_read(const struct header *header,
    struct message_facts *ret_facts);

#endif
