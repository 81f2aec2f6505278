/* SPDX-License-Identifier: ISC */
#ifndef POLICY_CONTACTS_H
#define POLICY_CONTACTS_H

/*
 * Mail addresses out of a file of contacts, whatever program wrote it: vCard,
 * LDIF, or CSV.  In CSV with a heading, the columns whose names speak of
 * mail (or "sender", as our own export has it); without one, every field
 * with an @ in it.
 */

#include "policy/csv.h"
#include "policy/ldif.h"
#include "policy/vcard.h"

enum contacts_format {
	CONTACTS_CSV,
	CONTACTS_VCARD,
	CONTACTS_LDIF,
};

struct contacts {
	enum contacts_format	 format;
	union {
		struct vcard	 vcard;
		struct ldif	 ldif;
		struct csv	 csv;
	} in;
	/* CSV: which columns hold addresses, and where we are. */
	bool			 started;
	bool			 headed;
	bool			 found;		/* one in this record */
	bool			 columns[CSV_FIELDS_MAX];
	size_t			 column;
	const char		*rest;
	/* What contacts_next found: */
	uint64_t		 line;
	const char		*fault;
	const char		*address;	/* until the next call */
	char			 piece[CSV_RECORD_MAX];
};

/* By its first line. */
enum contacts_format contacts_guess(const char *text, size_t n);
void contacts_init(struct contacts *c, enum contacts_format format,
    const char *text, size_t n);
/* The next address or fault; false at the end. */
bool contacts_next(struct contacts *c);

#endif
