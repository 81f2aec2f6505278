/* SPDX-License-Identifier: ISC */
#ifndef POLICY_DMARC_WALK_H
#define POLICY_DMARC_WALK_H

/*
 * The DNS tree walk (RFC 9989 4.10): from a domain towards the root, past
 * the records at _dmarc.NAME, at most eight of them.  It finds the domain's
 * organizational domain, and the record that is its policy.
 *
 *	a.b.c.d.e.f.g.h.example.org	first the domain itself,
 *	      d.e.f.g.h.example.org	then its last seven labels,
 *	        ...				then one label less each time
 *	                        org
 *
 * All names are asked at once: one round of DNS instead of eight, and the
 * short ones are in every resolver's cache.  Where the walk would have
 * stopped, what was asked beyond does not count.
 */

#include "policy/answers.h"
#include "policy/dmarc_record.h"

#define DMARC_WALK_MAX	8

enum dmarc_find {
	DMARC_FOUND,
	DMARC_NOT_FOUND,
	DMARC_TROUBLE,		/* a look-up that decides it failed */
};

/* Names point into the domain that was given, texts into the answers. */
struct dmarc_walk {
	const char		*organizational; /* NULL: DNS trouble */
	enum dmarc_find		 found;		/* a record for the domain:
						 * its own, else that of its
						 * organizational domain, else
						 * of its public suffix */
	const char		*record_domain;	/* where it stands */
	const struct dns_text	*text;
	struct dmarc_record	 record;
	bool			 exists;	/* the domain: _dmarc below it
						 * is no NXDOMAIN (RFC 8020);
						 * false decides nothing */
};

/* domain: canonical (util/domain.h).  false: the questions in need come
 * first, then call again. */
bool dmarc_walk(const char *domain, const struct answers *answers,
    struct questions *need, struct dmarc_walk *ret_walk);

#endif
