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
#include "policy/facts.h"
#include "policy/iprev.h"
#include "policy/rules.h"

/* What the session knows of one message. */
struct verdict_message {
	struct netaddr		 peer;
	enum listener_role	 role;
	enum push_back_mode	 push_back;	/* a lab's override */
	const char		*helo;
	const char		*sender;	/* "" for the null sender */
	bool			 relay;		/* client in relay-networks */
	bool			 tls;
};

enum list_answer {
	LIST_NO,
	LIST_YES,
	LIST_UNKNOWN,		/* it could not be read */
};

struct list_answers {
	enum list_answer	whitelist_address;
};

struct verdict {
	enum verdict_action	 action;
	const char		*rule;		/* name; belongs to the rules */
	struct facts		 facts;		/* with those of the lists */
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

#endif
