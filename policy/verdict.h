/* SPDX-License-Identifier: ISC */
#ifndef POLICY_VERDICT_H
#define POLICY_VERDICT_H

/*
 * The judgement, as two pure functions:
 *
 *	facts_of(message, DNS answers)	-> facts, or "these questions first"
 *	verdict_of(facts, list answers, rules) -> action, rule, facts that held
 *
 * They do no I/O and know no clock, so a verdict can be replayed from what
 * was kept with it.
 */

#include "policy/answers.h"
#include "policy/auth.h"
#include "policy/facts.h"
#include "policy/iprev.h"
#include "policy/rules.h"

#define VERDICT_SIGNATURES_MAX	16	/* further ones do not count */

struct verdict_signature {
	enum dkim_result	 result;
	const char		*domain;	/* d= */
	bool			 aligned;	/* with the From domain */
	bool			 same_registrable;
	bool			 replayed;	/* came to too many recipients */
};

/* What mx6d-auth found out about the sender (policy/auth.msg). */
struct verdict_auth {
	bool			 known;		/* false: it could not be asked */
	enum spf_result		 spf;		/* of the envelope sender */
	bool			 spf_best_guess;
	bool			 spf_aligned;	/* and the same registrable domain */
	const char		*spf_domain;
	enum from_status	 from_status;
	const char		*from;		/* the mailbox */
	const char		*from_domain;
	enum dmarc_result	 dmarc;
	enum dmarc_policy	 dmarc_policy;
	bool			 dmarc_testing;
	bool			 authenticated;	/* replays apart */
	size_t			 signature_count;
	struct verdict_signature signatures[VERDICT_SIGNATURES_MAX];
};

/* What the session knows of one message. */
struct verdict_message {
	struct netaddr		 peer;
	enum listener_role	 role;
	enum push_back_mode	 push_back;	/* a lab's override */
	const char		*helo;
	const char		*sender;	/* "" for the null sender */
	bool			 relay;		/* client in relay-networks */
	bool			 tls;
	struct verdict_auth	 auth;
};

enum list_answer {
	LIST_NO,
	LIST_YES,
	LIST_UNKNOWN,		/* it could not be read */
	LIST_ANSWERS,
};

/* Zeroed memory: on no list. */
struct list_answers {
	enum list_answer	 whitelist_address;
	enum list_answer	 whitelist_domain; /* as its row demands */
	enum list_answer	 greenlist;
	enum list_answer	 history_good;
	enum list_answer	 whois_domain;
	enum list_answer	 whois_network;
	/* What providers say. */
	enum list_answer	 dnswl;
	enum list_answer	 dwl;
	enum list_answer	 dnsbl;
	enum list_answer	 asn_listed;
	/* Whether the sender is in the book of each recipient. */
	const enum list_answer	*addressbook;
	size_t			 recipients;
};

/* What one rule says. */
struct opinion {
	enum verdict_action	 action;
	const char		*rule;		/* name; belongs to the rules */
};

/*
 * Recipients differ in nothing but their addressbooks, so there are at most
 * as many opinions as a book has answers.
 */
struct verdict {
	enum verdict_action	 action;
	const char		*rule;
	struct facts		 facts;		/* that hold for every recipient */
	bool			 mixed;		/* recipients were judged differently */
	/* By the answer of a recipient's addressbook; rule NULL: nobody's. */
	struct opinion		 of[LIST_ANSWERS];
	/* mx listeners: what the rules for IPv6 would have said. */
	bool			 has_shadow;
	enum verdict_action	 shadow;
	const char		*shadow_rule;
};

/* false: the questions in need come first, then call again. */
bool facts_of(const struct verdict_message *message,
    const struct answers *answers, struct questions *need,
    struct facts *ret_facts, struct iprev *ret_iprev);
void verdict_of(const struct verdict_message *message,
    const struct facts *facts, const struct list_answers *lists,
    const struct rules *rules, struct verdict *ret_verdict);

/* Sets the facts of the way a message came, for a listener of this role. */
void verdict_set_way(struct facts *facts, bool ipv6, enum listener_role role);

/* The From domain whose lists and books count; NULL if it is not
 * authenticated, replayed signatures not counted. */
const char *verdict_authenticated(const struct verdict_message *message);
/* This signature passed, and is no replay over IPv6. */
bool verdict_signature_counts(const struct verdict_message *message,
    const struct verdict_signature *signature);
/* Where each recipient is told what became of him: the strictest opinion of
 * those that take the message; its rule is NULL if none does. */
struct opinion verdict_taken(const struct verdict *verdict);
/* A message is taken with this action, as it is or after a filter. */
bool verdict_accepts(enum verdict_action action);

#endif
