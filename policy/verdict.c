/* SPDX-License-Identifier: ISC */
/* From facts and lists to a verdict. */

#include "policy/verdict.h"

#include <string.h>

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
	case LIST_ANSWERS:
		break;
	}
	abort();
}

/* All but the addressbooks, which are one recipient's. */
static void
set_lists(struct facts *facts, const struct list_answers *lists)
{
	const struct {
		enum fact		fact;
		enum list_answer	answer;
	} rows[] = {
		{ FACT_WHITELIST_ADDRESS, lists->whitelist_address },
		{ FACT_WHITELIST_DOMAIN, lists->whitelist_domain },
		{ FACT_GREENLIST, lists->greenlist },
		{ FACT_HISTORY_GOOD, lists->history_good },
		{ FACT_WHOIS_DOMAIN, lists->whois_domain },
		{ FACT_WHOIS_NETWORK, lists->whois_network },
		{ FACT_DNSWL, lists->dnswl },
		{ FACT_DWL, lists->dwl },
		{ FACT_DNSBL, lists->dnsbl },
		{ FACT_ASN_LISTED, lists->asn_listed },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		set_listed(facts, rows[i].fact, rows[i].answer);
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

/* ---- several recipients ---- */

bool
verdict_accepts(enum verdict_action action)
{
	return action == VERDICT_ACCEPT || action == VERDICT_FILTER ||
	    action == VERDICT_QUARANTINE;
}

/* Which of two that both take the message asks for more. */
static bool
is_stricter(enum verdict_action a, enum verdict_action b)
{
	static const int order[] = {
		[VERDICT_ACCEPT] = 0,
		[VERDICT_FILTER] = 1,
		[VERDICT_QUARANTINE] = 2,
		[VERDICT_DEFER] = 3,
		[VERDICT_FALLBACK] = 4,
		[VERDICT_REJECT] = 5,
	};

	return order[a] > order[b];
}

/*
 * One reply for recipients that are judged differently.  Where every one has
 * a reason of its own, the strictest way to take the message; else the whole
 * message is pushed back, to be judged over IPv4.  There it is deferred if it
 * is for somebody, and never lost to one recipient for another's rule.
 */
static enum verdict_action
action_of_mix(enum rule_list list, enum verdict_action strictest,
    bool any_accepts, bool any_defers)
{
	if (verdict_accepts(strictest))
		return strictest;
	if (list == RULES_IPV6)
		return VERDICT_FALLBACK;
	if (any_defers)
		return VERDICT_DEFER;
	return any_accepts ? VERDICT_QUARANTINE : strictest;
}

/* Which answers the books of the recipients gave; a message without any
 * counts as one that nobody's book knows. */
static void
count_books(const struct list_answers *lists, size_t ret_of[LIST_ANSWERS])
{
	memset(ret_of, 0, LIST_ANSWERS * sizeof *ret_of);
	for (size_t i = 0; i < lists->recipients; i++)
		ret_of[lists->addressbook[i]]++;
	if (lists->recipients == 0)
		ret_of[LIST_NO] = 1;
}

static struct opinion
judge_all(const struct rules *rules, enum rule_list list,
    const struct facts *facts, const size_t books[LIST_ANSWERS],
    struct opinion ret_of[LIST_ANSWERS], bool *ret_mixed)
{
	struct opinion strictest = { .action = VERDICT_ACCEPT, .rule = NULL };
	bool any_accepts = false, any_defers = false;

	*ret_mixed = false;
	for (unsigned b = 0; b < LIST_ANSWERS; b++) {
		struct facts own = *facts;
		const struct rule *rule;

		ret_of[b].rule = NULL;
		if (books[b] == 0)
			continue;
		set_listed(&own, FACT_ADDRESSBOOK, (enum list_answer)b);
		rule = rules_first(rules, list, &own);
		ret_of[b].action = rule->action;
		ret_of[b].rule = rule->name;
		any_accepts |= verdict_accepts(rule->action);
		any_defers |= rule->action == VERDICT_DEFER;
		*ret_mixed |= strictest.rule != NULL &&
		    rule->action != strictest.action;
		if (strictest.rule == NULL ||
		    is_stricter(rule->action, strictest.action))
			strictest = ret_of[b];
	}
	if (*ret_mixed)
		strictest.action = action_of_mix(list, strictest.action,
		    any_accepts, any_defers);
	return strictest;
}

struct opinion
verdict_taken(const struct verdict *verdict)
{
	struct opinion taken = { .rule = NULL };

	for (unsigned b = 0; b < LIST_ANSWERS; b++) {
		const struct opinion *own = &verdict->of[b];

		if (own->rule != NULL && verdict_accepts(own->action) &&
		    (taken.rule == NULL ||
		    is_stricter(own->action, taken.action)))
			taken = *own;
	}
	return taken;
}

/* The shadow sees the message as if it had come to an mx6 listener; the
 * client's address and all that follows from it stay what they are. */
static void
cast_shadow(const struct rules *rules, const size_t books[LIST_ANSWERS],
    struct verdict *verdict)
{
	struct facts facts = verdict->facts;
	struct opinion of[LIST_ANSWERS], all;
	bool mixed;

	verdict_set_way(&facts, true, ROLE_MX6);
	all = judge_all(rules, RULES_IPV6, &facts, books, of, &mixed);
	verdict->has_shadow = true;
	verdict->shadow = all.action;
	verdict->shadow_rule = all.rule;
}

void
verdict_of(const struct verdict_message *message, const struct facts *facts,
    const struct list_answers *lists, const struct rules *rules,
    struct verdict *ret_verdict)
{
	enum rule_list list = rules_of_role(message->role);
	struct verdict verdict = { .facts = *facts, .shadow_rule = "" };
	size_t books[LIST_ANSWERS];
	struct opinion all;

	set_lists(&verdict.facts, lists);
	count_books(lists, books);
	all = judge_all(rules, list, &verdict.facts, books, verdict.of,
	    &verdict.mixed);
	verdict.action = all.action;
	verdict.rule = all.rule;
	set_listed(&verdict.facts, FACT_ADDRESSBOOK, books[LIST_NO] > 0 ?
	    LIST_NO : books[LIST_UNKNOWN] > 0 ? LIST_UNKNOWN : LIST_YES);
	if (list == RULES_IPV6)
		apply_override(message, &verdict);
	else
		cast_shadow(rules, books, &verdict);
	*ret_verdict = verdict;
}
