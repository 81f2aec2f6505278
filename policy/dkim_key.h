/* SPDX-License-Identifier: ISC */
#ifndef POLICY_DKIM_KEY_H
#define POLICY_DKIM_KEY_H

/* A public key as DNS holds it (RFC 6376 3.6.1, RFC 8463). */

#include <stdbool.h>
#include <stddef.h>

#include "policy/auth.h"
#include "policy/dkim.h"
#include "resolver/dns.h"

#define DKIM_RECORD_MAX		4096	/* octets of a record that is read */
#define DKIM_KEY_TEXT_SIZE	1024	/* what libopendkim takes */

struct dkim_key {
	enum dkim_result result;	/* PASS: usable; or why not */
	const char	*why;		/* static */
	bool		 ed25519;	/* else RSA */
	bool		 same_domain;	/* t=s: i= may be no subdomain */
	bool		 testing;	/* t=y */
	/* What the library is to see of it: "k=rsa; p=...". */
	char		 text[DKIM_KEY_TEXT_SIZE];
};

/* Which of a name's TXT records is the key: a name may hold others, so the
 * one with a p= tag.  Two of them are one too many (3.6.2.2). */
void dkim_key_read(struct dkim_key *key, enum dns_status status,
    const struct dkim_text *records, size_t count);

#endif
