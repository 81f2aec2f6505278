/* SPDX-License-Identifier: ISC */
/* From what is known of a message to a verdict with its reasons. */

#include "policy/verdict.h"

/* The facts of the way a message came, for a listener of this role. */
static void
set_way(struct facts *facts, bool ipv6, enum listener_role role)
{
	facts_set(facts, FACT_IPV6, ipv6);
	facts_set(facts, FACT_IPV4, !ipv6);
	facts_set(facts, FACT_ROLE_MX, role == ROLE_MX);
	facts_set(facts, FACT_ROLE_MX6, role == ROLE_MX6);
	facts_set(facts, FACT_ROLE_DEFENSIVE, role == ROLE_DEFENSIVE);
}

bool
facts_of(const struct verdict_message *message, const struct answers *answers,
    struct questions *need, struct facts *ret_facts, struct iprev *ret_iprev)
{
	struct facts facts = { 0 };

	if (!iprev_of(&message->peer, answers, need, ret_iprev))
		return false;
	set_way(&facts, netaddr_is_ipv6(&message->peer), message->role);
	facts_set(&facts, FACT_TLS, message->tls);
	facts_set(&facts, FACT_RELAY, message->relay);
	facts_set(&facts, FACT_NULL_SENDER, message->sender[0] == '\0');
	if (ret_iprev->status == IPREV_TEMPERROR) {
		facts_set_unknown(&facts, FACT_FCRDNS);
		facts_set_unknown(&facts, FACT_HELO_MATCH);
	} else {
		facts_set(&facts, FACT_FCRDNS, ret_iprev->status == IPREV_PASS);
		facts_set(&facts, FACT_HELO_MATCH,
		    iprev_matches_helo(ret_iprev, message->helo));
	}
	*ret_facts = facts;
	return true;
}

static void
set_listed(struct facts *facts, enum fact fact, enum list_answer answer)
{
	switch (answer) {
	case LIST_NO:
	case LIST_YES:
		facts_set(facts, fact, answer == LIST_YES);
		return;
	case LIST_UNKNOWN:
		facts_set_unknown(facts, fact);
		return;
	}
	abort();
}

/* A lab may set a listener to push back always, or never. */
static void
apply_override(const struct verdict_message *message, struct verdict *verdict)
{
	switch (message->push_back) {
	case PUSH_BACK_JUDGE:
		return;
	case PUSH_BACK_ALWAYS:
		verdict->action = VERDICT_FALLBACK;
		verdict->rule = "push-back-always";
		return;
	case PUSH_BACK_NEVER:
		if (verdict->action == VERDICT_FALLBACK) {
			verdict->action = VERDICT_ACCEPT;
			verdict->rule = "push-back-never";
		}
		return;
	}
	abort();
}

/* The shadow sees the message as if it had come to an mx6 listener; the
 * client's address and all that follows from it stay what they are. */
static void
cast_shadow(const struct rules *rules, struct verdict *verdict)
{
	struct facts facts = verdict->facts;
	const struct rule *rule;

	set_way(&facts, true, ROLE_MX6);
	rule = rules_first(rules, RULES_IPV6, &facts);
	verdict->has_shadow = true;
	verdict->shadow = rule->action;
	verdict->shadow_rule = rule->name;
}

void
verdict_of(const struct verdict_message *message, const struct facts *facts,
    const struct list_answers *lists, const struct rules *rules,
    struct verdict *ret_verdict)
{
	enum rule_list list = rules_of_role(message->role);
	struct verdict verdict = { .facts = *facts };
	const struct rule *rule;

	set_listed(&verdict.facts, FACT_WHITELIST_ADDRESS,
	    lists->whitelist_address);
	rule = rules_first(rules, list, &verdict.facts);
	verdict.action = rule->action;
	verdict.rule = rule->name;
	verdict.shadow_rule = "";
	if (list == RULES_IPV6)
		apply_override(message, &verdict);
	else
		cast_shadow(rules, &verdict);
	*ret_verdict = verdict;
}
