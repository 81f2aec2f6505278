/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CTL_SYNTAX_H
#define SMTPD_CTL_SYNTAX_H

/*
 * A command line against commands whose syntax is a string:
 *
 *	queue list [ID] [--domain DOMAIN] [--all]
 *
 * lower-case words are the command, capitals are arguments, brackets make
 * them optional, "--domain DOMAIN" is an option with a value and "--all" one
 * without.  Options may stand anywhere.
 */

#include <stdbool.h>
#include <stddef.h>

#define CTL_VALUES_MAX	12

struct ctl_values {
	struct {
		const char	*name;		/* "ID", "--domain" */
		size_t		 name_length;
		const char	*value;		/* NULL: not given */
	} items[CTL_VALUES_MAX];
	size_t count;
	const char *const *words;	/* the command line that matched */
	size_t word_count;
};

enum ctl_match {
	CTL_MATCH,
	CTL_OTHER,		/* another command */
	CTL_WRONG,		/* this command, but wrong: why says what */
};

#define CTL_WHY_SIZE 200

/* words[count] is the command line without the program's name and without
 * the options that all commands have. */
enum ctl_match ctl_syntax_match(const char *syntax, const char *const *words,
    size_t count, struct ctl_values *ret_values,
    char why[static CTL_WHY_SIZE]);
/* By name as in the syntax; NULL if not given, "" for an option without a
 * value.  A name that the syntax does not have is a bug. */
const char *ctl_value(const struct ctl_values *values, const char *name);
/* The value of an option that may be given several times, from 0; NULL behind
 * the last. */
const char *ctl_value_at(const struct ctl_values *values, const char *name,
    size_t i);

#endif
