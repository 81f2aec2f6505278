/* SPDX-License-Identifier: ISC */
#ifndef POLICY_RECEIVED_SPF_H
#define POLICY_RECEIVED_SPF_H

/*
 * The Received-SPF field (RFC 7208 9.1) for the MAIL FROM identity.  It is
 * composed here and not by libspf2, which puts a stranger's words into it as
 * they are.
 */

#include "policy/auth.h"
#include "util/buf.h"
#include "util/netaddr.h"

#define RECEIVED_SPF_TEXT_MAX 2048

struct received_spf {
	const char		*host;		/* ours */
	struct netaddr		 peer;
	const char		*helo;
	const char		*sender;	/* "" for the null sender */
	enum spf_result		 result;
	bool			 best_guess;
	const char		*domain;	/* that was checked */
	const char		*why;		/* the term that matched, or what
						 * went wrong */
};

/* Adds the field, folded, with its CRLF; at most RECEIVED_SPF_TEXT_MAX. */
void received_spf_field(const struct received_spf *spf, struct buf *field);

#endif
