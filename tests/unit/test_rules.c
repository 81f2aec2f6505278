/* SPDX-License-Identifier: ISC */
/* Rules: what is refused in words that help, and what the defaults are. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/rules.h"

static const struct rules_options options = { .dmarc =
    DMARC_ACTION_QUARANTINE };
static char error[CONFIG_ERROR_SIZE];

static struct config_rule
section(const char *name, const char *listeners, const char *fact,
    const char *action)
{
	static char *facts[8];
	static size_t used;
	struct config_rule rule = { .name = (char *)name,
	    .listeners = (char *)listeners, .action = (char *)action };

	used = (used + 1) % 8;
	facts[used] = (char *)fact;
	rule.when.items = &facts[used];
	rule.when.count = fact != NULL;
	return rule;
}

/* The rules are refused, and the error holds both texts. */
static void
refused(const struct config_rule *rules, size_t count, const char *first,
    const char *second)
{
	assert_null(rules_new(&options, rules, count, error));
	if (strstr(error, first) == NULL || strstr(error, second) == NULL)
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", error, first,
		    second);
}

static void
errors_help(void **state)
{
	struct config_rule r;

	(void)state;
	r = section("a", "ipv6", "fcrnds", "accept");
	refused(&r, 1, "rule \"a\"", "did you mean \"fcrdns\"?");
	r = section("a", "ipv6", "not-tsl", "accept");
	refused(&r, 1, "\"tsl\"", "did you mean \"not-tls\"?");
	r = section("a", "ipv6", "quite-another-thing", "accept");
	refused(&r, 1, "no fact", "mx6d.conf(5)");
	r = section("a", "ipv6", NULL, "acept");
	refused(&r, 1, "no action \"acept\"", "did you mean \"accept\"?");
	r = section("a", "ipv6", NULL, "filter");
	refused(&r, 1, "no content filter", "filter");
	r = section("a", "ipv4", NULL, "fallback");
	refused(&r, 1, "cannot push back", "listeners = \"ipv6\"");
	r = section("a", "any", NULL, "fallback");
	refused(&r, 1, "cannot push back", "listeners = \"ipv6\"");
	r = section("a", "ipv5", NULL, "accept");
	refused(&r, 1, "ipv5", "ipv6, ipv4, any");
}

static void
rules_together(void **state)
{
	struct config_rule r[3];
	char *both[] = { (char *)"tls", (char *)"not-tls" };

	(void)state;
	r[0] = section("a", "ipv6", NULL, "accept");
	r[1] = section("b", "ipv6", "tls", "reject");
	refused(r, 2, "rule \"b\"", "never reached: rule \"a\"");
	r[1] = section("a", "any", "tls", "reject");
	refused(r, 2, "rule \"a\"", "another rule of that name");
	/* Reached by the other list. */
	r[1] = section("b", "any", "tls", "reject");
	rules_free(rules_new(&options, r, 2, error));
	r[0].when.items = both;
	r[0].when.count = 2;
	refused(r, 1, "\"tls\" and \"not-tls\"", "leave one");
}

static void
defaults(void **state)
{
	struct rules *rules = rules_new(&options, NULL, 0, error);
	struct facts facts = { 0 };
	const struct rule *rule;

	(void)state;
	assert_non_null(rules);
	rule = rules_first(rules, RULES_IPV6, &facts);
	assert_int_equal(rule->action, VERDICT_FALLBACK);
	rule = rules_first(rules, RULES_IPV4, &facts);
	assert_int_equal(rule->action, VERDICT_ACCEPT);
	facts_set(&facts, FACT_WHITELIST_ADDRESS, true);
	rule = rules_first(rules, RULES_IPV6, &facts);
	assert_int_equal(rule->action, VERDICT_ACCEPT);
	assert_string_equal(rule->name, "whitelist-address");
	rules_free(rules);
}

static void
all_conditions_count(void **state)
{
	char *when[] = { (char *)"tls", (char *)"not-null-sender" };
	struct config_rule section_of_both = { .name = (char *)"both",
	    .listeners = (char *)"any", .when = { when, 2 },
	    .action = (char *)"defer" };
	struct rules *rules = rules_new(&options, &section_of_both, 1, error);
	struct facts facts = { 0 };

	(void)state;
	assert_non_null(rules);
	assert_int_equal(rules_first(rules, RULES_IPV4, &facts)->action,
	    VERDICT_ACCEPT);
	facts_set(&facts, FACT_TLS, true);
	assert_int_equal(rules_first(rules, RULES_IPV4, &facts)->action,
	    VERDICT_DEFER);
	facts_set_unknown(&facts, FACT_NULL_SENDER);
	assert_int_equal(rules_first(rules, RULES_IPV4, &facts)->action,
	    VERDICT_ACCEPT);
	facts_set(&facts, FACT_NULL_SENDER, true);
	assert_int_equal(rules_first(rules, RULES_IPV4, &facts)->action,
	    VERDICT_ACCEPT);
	rules_free(rules);
}

static void
names_of_facts(void **state)
{
	char text[FACTS_TEXT_SIZE];

	(void)state;
	for (unsigned i = 0; i < FACT_COUNT; i++)
		assert_int_equal(fact_by_name(fact_name((enum fact)i)), i);
	assert_int_equal(fact_by_name("not-tls"), FACT_COUNT);
	assert_string_equal(facts_format(0, text), "");
	assert_string_equal(facts_format(FACT_MASK(FACT_TLS) |
	    FACT_MASK(FACT_IPV6), text), "ipv6,tls");
	facts_format(UINT64_MAX, text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_help), cmocka_unit_test(rules_together),
		cmocka_unit_test(defaults),
		cmocka_unit_test(all_conditions_count),
		cmocka_unit_test(names_of_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
