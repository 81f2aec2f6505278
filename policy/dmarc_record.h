/* SPDX-License-Identifier: ISC */
#ifndef POLICY_DMARC_RECORD_H
#define POLICY_DMARC_RECORD_H

/*
 * The text of one DMARC record (RFC 9989 4.7 and 4.8).  Tags that only RFC
 * 7489 knew (pct, ri, rf) are ignored like all unknown ones.
 */

#include <stdbool.h>
#include <stddef.h>

#include "policy/auth.h"

#define DMARC_RECORD_MAX	4096	/* octets; a longer text is no record */

enum dmarc_psd {
	DMARC_PSD_UNKNOWN,	/* "u", or not said */
	DMARC_PSD_NO,		/* an organizational domain */
	DMARC_PSD_YES,		/* a public suffix */
};

struct dmarc_record {
	/*
	 * RFC 9989 4.10.1: without a valid p, or with a faulty sp or np, a
	 * record says "none" if it has a good rua, and else nothing: then it
	 * is not usable as a policy, though it still counts in a tree walk.
	 */
	bool			usable;
	enum dmarc_policy	policy;		/* p */
	enum dmarc_policy	subdomain;	/* sp, else p */
	enum dmarc_policy	nonexistent;	/* np, else sp, else p */
	bool			strict_dkim;	/* adkim=s */
	bool			strict_spf;	/* aspf=s */
	enum dmarc_psd		psd;
	bool			testing;	/* t=y */
	bool			reports;	/* a good URI in rua */
};

/* One TXT record, its strings joined: any octets.  false: it is no DMARC
 * record, for v=DMARC1 does not stand first. */
bool dmarc_record_parse(const void *text, size_t n,
    struct dmarc_record *ret_record);

#endif
