/* SPDX-License-Identifier: ISC */
#include "smtpd/ctl_syntax.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

struct token {
	const char	*text;
	size_t		 length;
	bool		 optional;
	bool		 takes_value;	/* an option with one */
};

static bool
is_option(const struct token *t)
{
	return t->length > 2 && t->text[0] == '-';
}

static bool
is_argument(const struct token *t)
{
	return t->text[0] >= 'A' && t->text[0] <= 'Z';
}

static bool
same(const struct token *t, const char *word)
{
	return strlen(word) == t->length &&
	    memcmp(t->text, word, t->length) == 0;
}

/* Splits the syntax; the value of an option is no token of its own. */
static size_t
tokenize(const char *syntax, struct token tokens[static CTL_VALUES_MAX])
{
	size_t count = 0;
	bool optional = false;

	while (*syntax != '\0') {
		struct token t = { .text = syntax };

		if (*syntax == ' ' || *syntax == '[' || *syntax == ']') {
			optional = *syntax == '[' ||
			    (optional && *syntax == ' ');
			syntax++;
			continue;
		}
		t.length = strcspn(syntax, " []");
		t.optional = optional;
		syntax += t.length;
		if (is_option(&t) && *syntax == ' ') {
			t.takes_value = true;
			syntax += strcspn(syntax, "]");
		}
		assert(count < CTL_VALUES_MAX);
		tokens[count++] = t;
	}
	return count;
}

/* The value after an option, or "" where it takes none; NULL if missing. */
static const char *
option_value(const struct token *t, const char *const *words, size_t count,
    size_t *i)
{
	if (!t->takes_value)
		return "";
	return *i + 1 < count ? words[++*i] : NULL;
}

/* Takes the options; what remains goes to rest. */
static bool
take_options(const struct token *tokens, size_t token_count,
    const char *const *words, size_t count, struct ctl_values *values,
    const char **rest, size_t *ret_rest, char *why)
{
	size_t n = 0, k;

	for (size_t i = 0; i < count; i++) {
		const char *word = words[i];

		if (strncmp(word, "--", 2) != 0) {
			rest[n++] = word;
			continue;
		}
		for (k = 0; k < token_count; k++)
			if (is_option(&tokens[k]) && same(&tokens[k], word))
				break;
		if (k == token_count) {
			snprintf(why, CTL_WHY_SIZE, "this command has no "
			    "option %.80s", word);
			return false;
		}
		values->items[k].value = option_value(&tokens[k], words, count,
		    &i);
		if (values->items[k].value == NULL) {
			snprintf(why, CTL_WHY_SIZE, "%s needs a value", word);
			return false;
		}
	}
	*ret_rest = n;
	return true;
}

/* Hands the words out; optional arguments, from the left, get what the
 * needed ones leave. */
static bool
take_arguments(const struct token *tokens, size_t token_count,
    const char **words, size_t count, struct ctl_values *values, char *why)
{
	size_t needed = 0, spare, next = 0;

	for (size_t k = 0; k < token_count; k++)
		needed += is_argument(&tokens[k]) && !tokens[k].optional;
	spare = count > needed ? count - needed : 0;
	for (size_t k = 0; k < token_count; k++) {
		if (!is_argument(&tokens[k]) ||
		    (tokens[k].optional && spare == 0))
			continue;
		if (next == count) {
			snprintf(why, CTL_WHY_SIZE, "%.*s is missing",
			    (int)tokens[k].length, tokens[k].text);
			return false;
		}
		if (tokens[k].optional)
			spare--;
		values->items[k].value = words[next++];
	}
	if (next < count)
		snprintf(why, CTL_WHY_SIZE, "\"%.80s\" is one argument too "
		    "many", words[next]);
	return next == count;
}

enum ctl_match
ctl_syntax_match(const char *syntax, const char *const *words, size_t count,
    struct ctl_values *ret_values, char why[static CTL_WHY_SIZE])
{
	struct token tokens[CTL_VALUES_MAX];
	size_t token_count = tokenize(syntax, tokens), n = 0, rest_count = 0;
	struct ctl_values values = { .count = token_count, .words = words,
	    .word_count = count };
	const char **rest;
	bool good;

	for (; n < token_count && !is_argument(&tokens[n]) &&
	    !is_option(&tokens[n]); n++)
		if (n == count || !same(&tokens[n], words[n]))
			return CTL_OTHER;
	for (size_t k = 0; k < token_count; k++) {
		values.items[k].name = tokens[k].text;
		values.items[k].name_length = tokens[k].length;
	}
	rest = xcalloc(count + 1, sizeof *rest);
	good = take_options(tokens, token_count, words + n, count - n, &values,
	    rest, &rest_count, why) &&
	    take_arguments(tokens, token_count, rest, rest_count, &values,
	    why);
	free(rest);
	if (!good)
		return CTL_WRONG;
	*ret_values = values;
	return CTL_MATCH;
}

const char *
ctl_value(const struct ctl_values *values, const char *name)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->items[i].name_length == strlen(name) &&
		    memcmp(values->items[i].name, name, strlen(name)) == 0)
			return values->items[i].value;
	abort();
}

const char *
ctl_value_at(const struct ctl_values *values, const char *name, size_t i)
{
	if (ctl_value(values, name) == NULL)
		return NULL;
	for (size_t k = 0; k + 1 < values->word_count; k++)
		if (strcmp(values->words[k], name) == 0 && i-- == 0)
			return values->words[k + 1];
	return NULL;
}
