/* SPDX-License-Identifier: ISC */
#ifndef POLICY_DKIM_SCREEN_H
#define POLICY_DKIM_SCREEN_H

/*
 * Our own reading of one DKIM-Signature field, before the library sees it:
 * what is outside RFC 6376 3.5, what the settings refuse, and what the
 * library could not take is sorted out here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/dkim.h"
#include "util/domain.h"

#define DKIM_FIELD_MAX	16384	/* octets of a signature that is read */
#define DKIM_NAMES_MAX	500	/* names in h= */

/* Fields that may stand once in a message.  More of them than h= covers means
 * that some were added later (RFC 6376 8.15). */
#define DKIM_SINGLES	11

struct dkim_screen {
	bool		usable;		/* the library may look at it */
	bool		ed25519;
	bool		subdomain;	/* i= is below d=, not d= itself */
	bool		length;		/* l= is there */
	bool		signs_signatures; /* h= names DKIM-Signature */
	size_t		names;		/* in h= */
	char		question[DOMAIN_SIZE];
};

/* Counts the single fields of a header. */
void dkim_screen_singles(const struct header *header,
    size_t ret_counts[static DKIM_SINGLES]);
/* Fills row from the field's value, its result and why if not usable. */
void dkim_screen_read(struct dkim_screen *screen, struct dkim_signature *row,
    const char *value, size_t n, const struct dkim_settings *settings,
    const size_t counts[static DKIM_SINGLES], uint64_t now);
/* "selector._domainkey.domain", canonical; false if it is no name. */
bool dkim_screen_question(const char *selector, const char *domain,
    char ret_question[static DOMAIN_SIZE]);

#endif
