/* SPDX-License-Identifier: ISC */
/* Rules: from the configuration's words to masks of facts. */

#include "policy/rules.h"

#include <stdarg.h>

#include "policy/rules_inner.h"
#include "util/suggest.h"
#include "util/xalloc.h"

static const char *const actions[] = {
	[VERDICT_ACCEPT] = "accept",
	[VERDICT_FILTER] = "filter",
	[VERDICT_FALLBACK] = "fallback",
	[VERDICT_REJECT] = "reject",
	[VERDICT_DEFER] = "defer",
	[VERDICT_QUARANTINE] = "quarantine",
};
#define ACTION_COUNT (sizeof actions / sizeof actions[0])

static const char *const list_names[RULE_LISTS] = {
	[RULES_IPV6] = "ipv6",
	[RULES_IPV4] = "ipv4",
};

const char *
verdict_action_name(enum verdict_action action)
{
	return actions[action];
}

bool
verdict_action_parse(const char *name, enum verdict_action *ret_action)
{
	for (size_t i = 0; i < ACTION_COUNT; i++) {
		if (strcmp(actions[i], name) == 0) {
			*ret_action = (enum verdict_action)i;
			return true;
		}
	}
	return false;
}

enum rule_list
rules_of_role(enum listener_role role)
{
	switch (role) {
	case ROLE_MX:
		return RULES_IPV4;
	case ROLE_MX6:
	case ROLE_DEFENSIVE:
		return RULES_IPV6;
	}
	abort();
}

void
rules_add(struct rules *rules, enum rule_list list, const char *name,
    const struct rule *rule)
{
	size_t n = rules->count[list]++;

	rules->items[list] = xreallocarray(rules->items[list], n + 1,
	    sizeof *rule);
	rules->items[list][n] = *rule;
	rules->items[list][n].name = xstrdup(name);
}

/* Writes `rule "name": ...` to error and returns false. */
__attribute__((format(printf, 3, 4)))
static bool
wrong(char *error, const struct config_rule *section, const char *format, ...)
{
	va_list args;
	int n = snprintf(error, CONFIG_ERROR_SIZE, "rule \"%.100s\": ",
	    section->name);

	va_start(args, format);
	vsnprintf(error + n, CONFIG_ERROR_SIZE - (size_t)n, format, args);
	va_end(args);
	return false;
}

static bool
compile_condition(const struct config_rule *section, const char *word,
    struct rule *rule, char *error)
{
	bool negated = strncmp(word, "not-", 4) == 0;
	const char *name = negated ? word + 4 : word;
	enum fact fact = fact_by_name(name);
	const char *nearest;

	if (fact == FACT_COUNT) {
		nearest = fact_nearest(name);
		if (nearest != NULL)
			return wrong(error, section, "there is no fact \"%.100s"
			    "\"; did you mean \"%s%s\"?", name,
			    negated ? "not-" : "", nearest);
		return wrong(error, section, "there is no fact \"%.100s\"; "
		    "mx6d.conf(5) lists them", name);
	}
	*(negated ? &rule->must_not : &rule->must) |= FACT_MASK(fact);
	if ((rule->must & rule->must_not) != 0)
		return wrong(error, section, "\"%s\" and \"not-%s\" never hold "
		    "together; leave one of them out", name, name);
	return true;
}

static bool
no_such_action(const struct config_rule *section, char *error)
{
	const char *nearest = suggest_near(section->action, actions,
	    ACTION_COUNT);

	if (nearest != NULL)
		return wrong(error, section, "there is no action \"%.100s\"; "
		    "did you mean \"%s\"?", section->action, nearest);
	return wrong(error, section, "there is no action \"%.100s\"; one of "
	    "accept, filter, fallback, reject, defer, quarantine", section->action);
}

static bool
compile_action(const struct rules_options *options,
    const struct config_rule *section, const bool in[RULE_LISTS],
    struct rule *rule, char *error)
{
	if (!verdict_action_parse(section->action, &rule->action))
		return no_such_action(section, error);
	if (rule->action == VERDICT_FILTER && !options->content_filter)
		return wrong(error, section, "there is no content filter that "
		    "\"filter\" could ask; configure one, or another action");
	if (rule->action == VERDICT_FALLBACK && in[RULES_IPV4])
		return wrong(error, section, "an mx listener cannot push back "
		    "to IPv4; listeners = \"ipv6\", or another action");
	return true;
}

static bool
compile_lists(const struct config_rule *section, bool ret_in[RULE_LISTS],
    char *error)
{
	const char *name = section->listeners;
	bool any = name == NULL || name[0] == '\0' || strcmp(name, "any") == 0;
	bool found = any;

	for (unsigned l = 0; l < RULE_LISTS; l++) {
		ret_in[l] = any || strcmp(name, list_names[l]) == 0;
		found |= ret_in[l];
	}
	if (!found)
		return wrong(error, section, "listeners = \"%.100s\" is none of "
		    "ipv6, ipv4, any", name);
	return true;
}

/* A rule that nothing can reach is a mistake of the one who wrote it. */
static bool
check_place(const struct rules *rules, const struct config_rule *section,
    const bool in[RULE_LISTS], char *error)
{
	const struct rule *before = NULL;
	bool reached = false;

	for (unsigned l = 0; l < RULE_LISTS; l++) {
		bool open = in[l];

		for (size_t i = 0; in[l] && i < rules->count[l]; i++) {
			const struct rule *r = &rules->items[l][i];

			if (strcmp(r->name, section->name) == 0)
				return wrong(error, section, "there is another "
				    "rule of that name; logs need a name of "
				    "its own for each");
			if (r->must == 0 && r->must_not == 0) {
				before = r;
				open = false;
			}
		}
		reached |= open;
	}
	if (!reached)
		return wrong(error, section, "it is never reached: rule "
		    "\"%.100s\" before it has no conditions; change their "
		    "order", before->name);
	return true;
}

static bool
compile(const struct rules_options *options, struct rules *rules,
    const struct config_rule *section, char *error)
{
	struct rule rule = { 0 };
	bool in[RULE_LISTS];

	if (!compile_lists(section, in, error))
		return false;
	for (size_t i = 0; i < section->when.count; i++)
		if (!compile_condition(section, section->when.items[i], &rule,
		    error))
			return false;
	if (!compile_action(options, section, in, &rule, error) ||
	    !check_place(rules, section, in, error))
		return false;
	for (unsigned l = 0; l < RULE_LISTS; l++)
		if (in[l])
			rules_add(rules, (enum rule_list)l, section->name, &rule);
	return true;
}

struct rules *
rules_new(const struct rules_options *options,
    const struct config_rule *sections, size_t count,
    char error[static CONFIG_ERROR_SIZE])
{
	struct rules *rules = xcalloc(1, sizeof *rules);

	for (size_t i = 0; i < count; i++)
		if (!compile(options, rules, &sections[i], error))
			return rules_free(rules);
	rules_add_defaults(options, rules);
	return rules;
}

static bool
has_content_filter(const struct config *config)
{
	for (size_t i = 0; i < config->filter_count; i++) {
		if (!config->filters[i].malware)
			return true;
	}
	return false;
}

struct rules *
rules_of_config(const struct config *config,
    char error[static CONFIG_ERROR_SIZE])
{
	const struct rules_options options = {
		.content_filter = has_content_filter(config),
		.dmarc = config->dmarc_action,
	};

	return rules_new(&options, config->rules, config->rule_count, error);
}

struct rules *
rules_free(struct rules *rules)
{
	if (rules == NULL)
		return NULL;
	for (unsigned l = 0; l < RULE_LISTS; l++) {
		for (size_t i = 0; i < rules->count[l]; i++)
			free(rules->items[l][i].name);
		free(rules->items[l]);
	}
	free(rules);
	return NULL;
}

const struct rule *
rules_list(const struct rules *rules, enum rule_list list, size_t *ret_count)
{
	*ret_count = rules->count[list];
	return rules->items[list];
}

bool
rule_holds(const struct rule *rule, const struct facts *facts)
{
	uint64_t not_known_false = facts->held | facts->unknown;

	return (rule->must & ~facts->held) == 0 &&
	    (rule->must_not & not_known_false) == 0;
}

const struct rule *
rules_first(const struct rules *rules, enum rule_list list,
    const struct facts *facts)
{
	for (size_t i = 0; i < rules->count[list]; i++)
		if (rule_holds(&rules->items[list][i], facts))
			return &rules->items[list][i];
	abort();	/* the last rule has no conditions */
}
