/* SPDX-License-Identifier: ISC */
#ifndef POLICY_LISTS_SIGNS_H
#define POLICY_LISTS_SIGNS_H

/*
 * What the lists know that is good about a sender: the judge's lookups in the
 * domain whitelist, the addressbooks, the greenlist, and the tables of facts
 * that are imported.  All return LISTS_OK or LISTS_ABSENT, or LISTS_TROUBLE;
 * outputs are untouched unless OK.  Names are found without regard to case
 * and come in canonical form (domain_parse).
 */

#include "policy/lists.h"

/* ---- domain whitelist ---- */

enum lists_auth {
	LISTS_AUTH_ALIGNED,	/* an authenticated From in this domain */
	LISTS_AUTH_SPF,		/* SPF passed for this domain */
	LISTS_AUTH_DKIM,	/* a signature with this d= passed */
	LISTS_AUTH_ANY,		/* either of the two */
	LISTS_AUTH_BEST_GUESS,	/* SPF passed, be it by a last-resort record */
	LISTS_AUTHS,
};

/* "aligned", "spf", "dkim", "any-unaligned", "best-guess". */
const char *lists_auth_name(enum lists_auth auth);
/*
 * Is this domain listed, itself or by a row of a domain above it that counts
 * for subdomains?  *ret_auths has the bit 1u << auth for each of the rows: one
 * of them is enough.  ret_row is the nearest row's domain.
 */
enum lists_status lists_whitelist_domain(struct lists *lists,
    const char *domain, unsigned *ret_auths,
    char ret_row[static LISTS_VALUE_SIZE]);

/* ---- addressbooks ---- */

struct lists_known_sender {
	char	row[LISTS_VALUE_SIZE];	/* the address, or the domain */
	char	source[16];		/* user, import, gathered */
	int64_t	last_seen;		/* unix seconds */
};

/*
 * Does the mailbox (as in the table mailbox) know this From address?  A
 * gathered row last seen before gathered_since (unix seconds) is too old.
 * ABSENT for every address in the mailbox's own domain.  The same statements
 * run in the same order, hit or miss: a sender learns nothing from the time.
 */
enum lists_status lists_addressbook(struct lists *lists, const char *mailbox,
    const char *from, int64_t gathered_since,
    struct lists_known_sender *ret_known);

/* OK: nothing is to be gathered for this mailbox. */
enum lists_status lists_opted_out(struct lists *lists, const char *mailbox);

struct lists_gathered {
	const char	*mailbox;	/* the user who sent */
	const char	*sender;	/* where to: who may answer */
	uint32_t	 count;		/* messages */
	int64_t		 seen_at;	/* the last one, unix seconds */
};

/* All rows in one transaction.  Those of users who opted out, and those that
 * the schema refuses, are passed over. */
enum lists_status lists_gather(struct lists *lists,
    const struct lists_gathered *rows, size_t count);
/* Removes gathered rows last seen before this, at most `most` of them. */
enum lists_status lists_forget_gathered(struct lists *lists,
    int64_t seen_before, unsigned most);

/* ---- greenlist ---- */

enum lists_green {
	LISTS_GREEN_NETWORK,
	LISTS_GREEN_ASN,
	LISTS_GREEN_PTR_NAME,
	LISTS_GREEN_DOMAIN,
	LISTS_GREEN_FORWARDER,
	LISTS_GREEN_REGISTRAR,
	LISTS_GREENS,
};

/* "network", "asn", "ptr-name", "domain", "forwarder", "registrar". */
const char *lists_green_name(enum lists_green kind);
/* NETWORK and FORWARDER; ret_row is the network. */
enum lists_status lists_green_address(struct lists *lists,
    enum lists_green kind, const struct netaddr *addr,
    char ret_row[static LISTS_VALUE_SIZE]);
/* PTR_NAME, DOMAIN and FORWARDER: the name or one above it.  Give only names
 * that are verified or authenticated. */
enum lists_status lists_green_host(struct lists *lists, enum lists_green kind,
    const char *name, char ret_row[static LISTS_VALUE_SIZE]);
/* ASN ("64500") and REGISTRAR: the same text. */
enum lists_status lists_green_exact(struct lists *lists, enum lists_green kind,
    const char *value);
/* Removes the rows whose time is over. */
enum lists_status lists_green_expire(struct lists *lists, int64_t now);

/* ---- imported facts ---- */

enum lists_whois {
	LISTS_WHOIS_UNKNOWN,
	LISTS_WHOIS_GOOD,	/* well formed, not anonymous */
	LISTS_WHOIS_HIDDEN,
	LISTS_WHOIS_BAD,
};

struct lists_domain_facts {
	char			row[LISTS_VALUE_SIZE];
	char			registrar[LISTS_VALUE_SIZE];	/* or "" */
	enum lists_whois	whois;
};

struct lists_network_facts {
	char			row[LISTS_VALUE_SIZE];
	uint32_t		asn;		/* 0: not known */
	enum lists_whois	whois;
};

/* Of the domain or the nearest one above it. */
enum lists_status lists_domain_facts(struct lists *lists, const char *domain,
    struct lists_domain_facts *ret_facts);
/* Of the smallest block that holds the address. */
enum lists_status lists_network_facts(struct lists *lists,
    const struct netaddr *addr, struct lists_network_facts *ret_facts);
/* There is some last-resort SPF record; false, too, if that cannot be read. */
bool lists_has_best_guesses(struct lists *lists);
/* The SPF record to take for a domain that publishes none. */
enum lists_status lists_best_guess(struct lists *lists, const char *domain,
    char ret_record[static LISTS_VALUE_SIZE]);

#endif
