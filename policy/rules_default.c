/* SPDX-License-Identifier: ISC */
/* The rules that hold where the configuration has none, and those that stand
 * behind it. */

#include "policy/rules_inner.h"

static bool
always(const struct rules_options *options)
{
	(void)options;
	return true;
}

static bool
has_filter(const struct rules_options *options)
{
	return options->content_filter;
}

static bool
dmarc_rejects(const struct rules_options *options)
{
	return options->dmarc == DMARC_ACTION_REJECT;
}

static bool
dmarc_quarantines(const struct rules_options *options)
{
	return options->dmarc == DMARC_ACTION_QUARANTINE;
}

static bool
dmarc_counts(const struct rules_options *options)
{
	return options->dmarc != DMARC_ACTION_NONE;
}

#define M FACT_MASK
#define DMARC_FAILS (M(FACT_DMARC_REJECT) | M(FACT_DMARC_QUARANTINE))

/*
 * What a list is when the configuration has no rule for it.  "ipv6" is the
 * second article's order: the whitelists, then the weaker signals, which
 * only let the content filter decide and count for nothing where
 * authentication speaks against the message.
 */
static const struct {
	enum rule_list		 list;
	const char		*name;
	uint64_t		 must;
	uint64_t		 must_not;
	enum verdict_action	 action;
	bool			(*applies)(const struct rules_options *);
} defaults[] = {
	{ RULES_IPV6, "whitelist-address", M(FACT_WHITELIST_ADDRESS), 0,
	    VERDICT_ACCEPT, always },
	{ RULES_IPV6, "dnswl", M(FACT_DNSWL), DMARC_FAILS, VERDICT_ACCEPT,
	    always },
	{ RULES_IPV6, "whitelist-domain", M(FACT_WHITELIST_DOMAIN), 0,
	    VERDICT_ACCEPT, always },
	{ RULES_IPV6, "dwl", M(FACT_AUTHENTICATED) | M(FACT_DWL), 0,
	    VERDICT_ACCEPT, always },
	{ RULES_IPV6, "addressbook", M(FACT_AUTHENTICATED) |
	    M(FACT_ADDRESSBOOK), 0, VERDICT_ACCEPT, always },
	{ RULES_IPV6, "greenlist", M(FACT_GREENLIST), DMARC_FAILS,
	    VERDICT_FILTER, has_filter },
	{ RULES_IPV6, "asn-listed", M(FACT_ASN_LISTED), DMARC_FAILS,
	    VERDICT_FILTER, has_filter },
	{ RULES_IPV6, "history-good", M(FACT_AUTHENTICATED) |
	    M(FACT_HISTORY_GOOD), 0, VERDICT_FILTER, has_filter },
	{ RULES_IPV6, "whois", M(FACT_AUTHENTICATED) |
	    M(FACT_WHOIS_DOMAIN) | M(FACT_WHOIS_NETWORK), 0, VERDICT_FILTER,
	    has_filter },
	{ RULES_IPV6, "helo-match", M(FACT_FCRDNS) | M(FACT_HELO_MATCH),
	    DMARC_FAILS | M(FACT_SPF_FAIL), VERDICT_FILTER, has_filter },
	{ RULES_IPV4, "dmarc-reject", M(FACT_DMARC_REJECT), M(FACT_RELAY),
	    VERDICT_REJECT, dmarc_rejects },
	{ RULES_IPV4, "dmarc-reject", M(FACT_DMARC_REJECT), M(FACT_RELAY),
	    VERDICT_QUARANTINE, dmarc_quarantines },
	{ RULES_IPV4, "dmarc-quarantine", M(FACT_DMARC_QUARANTINE),
	    M(FACT_RELAY), VERDICT_QUARANTINE, dmarc_counts },
};
#undef M

/* The last rule of each list. */
static const struct {
	const char		*name;
	enum verdict_action	 action;
} last_rule[RULE_LISTS] = {
	[RULES_IPV6] = { "nothing-good-known", VERDICT_FALLBACK },
	[RULES_IPV4] = { "nothing-against-it", VERDICT_ACCEPT },
};

void
rules_add_defaults(const struct rules_options *options, struct rules *rules)
{
	bool own[RULE_LISTS];

	for (unsigned l = 0; l < RULE_LISTS; l++)
		own[l] = rules->count[l] > 0;
	for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++) {
		struct rule rule = { .must = defaults[i].must,
		    .must_not = defaults[i].must_not,
		    .action = defaults[i].action };

		if (!own[defaults[i].list] && defaults[i].applies(options))
			rules_add(rules, defaults[i].list, defaults[i].name,
			    &rule);
	}
	for (unsigned l = 0; l < RULE_LISTS; l++) {
		struct rule rule = { .action = last_rule[l].action };

		if (rule.action == VERDICT_ACCEPT && options->content_filter)
			rule.action = VERDICT_FILTER;
		rules_add(rules, (enum rule_list)l, last_rule[l].name, &rule);
	}
}
