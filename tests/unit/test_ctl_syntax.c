/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "smtpd/ctl_syntax.h"

static struct ctl_values values;
static char why[CTL_WHY_SIZE];

/* line is split at blanks. */
static enum ctl_match
match(const char *syntax, const char *line)
{
	static char copy[200];
	static const char *words[20];
	size_t count = 0;
	char *next = copy, *word;

	snprintf(copy, sizeof copy, "%s", line);
	while ((word = strsep(&next, " ")) != NULL)
		if (*word != '\0')
			words[count++] = word;
	words[count] = NULL;
	return ctl_syntax_match(syntax, words, count, &values, why);
}

static void
is(const char *name, const char *value)
{
	if (value == NULL)
		assert_null(ctl_value(&values, name));
	else
		assert_string_equal(ctl_value(&values, name), value);
}

static void
test_words(void **state)
{
	(void)state;
	assert_int_equal(match("status", "status"), CTL_MATCH);
	assert_int_equal(match("status", ""), CTL_OTHER);
	assert_int_equal(match("status", "stat"), CTL_OTHER);
	assert_int_equal(match("status", "statuses"), CTL_OTHER);
	assert_int_equal(match("queue list", "queue"), CTL_OTHER);
	assert_int_equal(match("queue list", "queue show"), CTL_OTHER);
	assert_int_equal(match("queue list", "queue list"), CTL_MATCH);
	assert_int_equal(match("queue list", "queue list x"), CTL_WRONG);
	assert_string_equal(why, "\"x\" is one argument too many");
}

static void
test_arguments(void **state)
{
	static const char syntax[] = "listener ADDRESS ROLE";

	(void)state;
	assert_int_equal(match(syntax, "listener a b"), CTL_MATCH);
	is("ADDRESS", "a");
	is("ROLE", "b");
	assert_int_equal(match(syntax, "listener a"), CTL_WRONG);
	assert_string_equal(why, "ROLE is missing");
	assert_int_equal(match(syntax, "listener"), CTL_WRONG);
	assert_string_equal(why, "ADDRESS is missing");
}

static void
test_optional_arguments(void **state)
{
	static const char first[] = "log level [PROCESS] LEVEL";
	static const char last[] = "alias remove ADDRESS [TARGET]";

	(void)state;
	assert_int_equal(match(first, "log level debug"), CTL_MATCH);
	is("PROCESS", NULL);
	is("LEVEL", "debug");
	assert_int_equal(match(first, "log level smtp debug"), CTL_MATCH);
	is("PROCESS", "smtp");
	is("LEVEL", "debug");
	assert_int_equal(match(first, "log level"), CTL_WRONG);
	assert_int_equal(match(last, "alias remove a"), CTL_MATCH);
	is("TARGET", NULL);
	assert_int_equal(match(last, "alias remove a b"), CTL_MATCH);
	is("TARGET", "b");
	assert_int_equal(match(last, "alias remove a b c"), CTL_WRONG);
}

static void
test_options(void **state)
{
	static const char syntax[] =
	    "queue list [ID] [--domain DOMAIN] [--all]";

	(void)state;
	assert_int_equal(match(syntax, "queue list"), CTL_MATCH);
	is("ID", NULL);
	is("--domain", NULL);
	is("--all", NULL);
	assert_int_equal(match(syntax, "queue list --domain x id --all"),
	    CTL_MATCH);
	is("ID", "id");
	is("--domain", "x");
	is("--all", "");
	assert_int_equal(match(syntax, "queue list --domain"), CTL_WRONG);
	assert_string_equal(why, "--domain needs a value");
	assert_int_equal(match(syntax, "queue list --dom x"), CTL_WRONG);
	assert_string_equal(why, "this command has no option --dom");
	assert_int_equal(match(syntax, "queue list --all --all"), CTL_MATCH);
	assert_int_equal(match(syntax, "queue list --domain --all"),
	    CTL_MATCH);
	is("--domain", "--all");
}

static void
test_repeated_options(void **state)
{
	static const char syntax[] = "explain [FILE] [--rcpt ADDRESS]";

	(void)state;
	assert_int_equal(match(syntax, "explain --rcpt a f --rcpt b"),
	    CTL_MATCH);
	is("FILE", "f");
	assert_string_equal(ctl_value_at(&values, "--rcpt", 0), "a");
	assert_string_equal(ctl_value_at(&values, "--rcpt", 1), "b");
	assert_null(ctl_value_at(&values, "--rcpt", 2));
	assert_int_equal(match(syntax, "explain f"), CTL_MATCH);
	assert_null(ctl_value_at(&values, "--rcpt", 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_optional_arguments),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_repeated_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
