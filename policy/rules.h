/* SPDX-License-Identifier: ISC */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

/*
 * The operator's rules, compiled and checked.  There are two ordered lists:
 * one for listeners that can push back (mx6, defensive: "ipv6") and one for
 * the ordinary service (mx: "ipv4").  The first rule whose conditions all
 * hold decides; each list ends with a rule that has none, so one always does.
 */

#include "policy/facts.h"
#include "policy/policy.h"
#include "util/config.h"

enum rule_list {
	RULES_IPV6,		/* mx6 and defensive listeners */
	RULES_IPV4,		/* mx listeners, over either family */
	RULE_LISTS,
};

struct rule {
	char			*name;
	uint64_t		 must;		/* facts that must hold */
	uint64_t		 must_not;	/* known not to hold */
	enum verdict_action	 action;
};

struct rules;

/* What the settings say that decides about the default rules. */
struct rules_options {
	bool			content_filter;	/* there is one to ask */
	enum dmarc_action	dmarc;		/* of mx listeners */
};

/*
 * From the `rule` sections of the configuration; a list that has none is the
 * default (the table in rules.c; policy/README explains it).  NULL on an
 * error, with the rule, what is wrong and what would be right in error.
 */
struct rules *rules_new(const struct rules_options *options,
    const struct config_rule *sections, size_t count,
    char error[static CONFIG_ERROR_SIZE]);
/* The same, from the whole configuration. */
struct rules *rules_of_config(const struct config *config,
    char error[static CONFIG_ERROR_SIZE]);
struct rules *rules_free(struct rules *rules);
/* The rule that decides; never NULL. */
const struct rule *rules_first(const struct rules *rules, enum rule_list list,
    const struct facts *facts);
/* All rules of a list in order; the last one has no conditions. */
const struct rule *rules_list(const struct rules *rules, enum rule_list list,
    size_t *ret_count);
/* This rule's conditions all hold. */
bool rule_holds(const struct rule *rule, const struct facts *facts);
/* Which list serves a listener of this role. */
enum rule_list rules_of_role(enum listener_role role);

const char *verdict_action_name(enum verdict_action action);
/* false if there is no such word. */
bool verdict_action_parse(const char *name, enum verdict_action *ret_action);

#endif
