/* SPDX-License-Identifier: ISC */
#ifndef POLICY_DKIM_H
#define POLICY_DKIM_H

/*
 * The DKIM signatures of one message (RFC 6376, 8301, 8463), without I/O:
 *
 *	check = dkim_check_new(&settings, &header, now)
 *	for each of dkim_check_question: dkim_check_answer	all asked at once
 *	dkim_check_body for each piece of the body
 *	dkim_check_end -> rows
 *	dkim_check_free
 *
 * A signature is good only if our own reading of its tags, libopendkim and
 * the settings all say so; uncertain is never `pass`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/auth.h"
#include "policy/header.h"
#include "resolver/dns.h"

#define DKIM_DOMAIN_SIZE	256

struct dkim_settings {
	unsigned	signatures_max;	/* read; others are counted only */
	unsigned	key_bits_min;	/* of RSA keys; at least 1024 */
	bool		accept_length;	/* l= may pass */
};

struct dkim_signature {
	enum dkim_result result;
	char		 domain[DKIM_DOMAIN_SIZE];	/* canonical; "" if none
							 * can be read */
	char		 selector[DKIM_DOMAIN_SIZE];
	char		 identity[2 * DKIM_DOMAIN_SIZE]; /* i=, decoded; or
							 * "@domain" */
	char		 algorithm[32];
	unsigned	 key_bits;	/* 0 if unknown; Ed25519: 256 */
	char		*b;		/* base64 without white space */
	char		 why[96];	/* ASCII; "" for pass */
};

/* Loads the library: once, before the process loses its rights. */
void dkim_start(void);

struct dkim_check;

/* header and what it points into must stay until the end.  now: unix
 * seconds, for x= and t=. */
struct dkim_check *dkim_check_new(const struct dkim_settings *settings,
    const struct header *header, uint64_t now);
struct dkim_check *dkim_check_free(struct dkim_check *check);

/* The i-th name to ask for TXT; NULL behind the last.  Each name once. */
const char *dkim_check_question(const struct dkim_check *check, size_t i);

struct dkim_text {
	const char	*text;		/* strings of one TXT record, joined */
	size_t		 size;
};

/* To the i-th question.  One without an answer counts as DNS_FAILED. */
void dkim_check_answer(struct dkim_check *check, size_t i,
    enum dns_status status, const struct dkim_text *records, size_t count);

/* Is there anything that needs the body?  If not, spare it. */
bool dkim_check_wants_body(struct dkim_check *check);
/* The body from header.body_start on, in pieces of any size. */
void dkim_check_body(struct dkim_check *check, const void *bytes, size_t n);
/* Rows in the order of the header, at most signatures_max; the check's. */
const struct dkim_signature *dkim_check_end(struct dkim_check *check,
    size_t *ret_count);

#endif
