/* SPDX-License-Identifier: ISC */
#ifndef POLICY_CFWS_H
#define POLICY_CFWS_H

/*
 * What may stand between the words of a structured field (RFC 5322 3.2.2 and
 * 3.2.4), and quoted strings.  Each function moves *p over what it names; on
 * false *p is where it was.  A NUL or another control character, octets that
 * are not UTF-8 and what does not end are false.
 */

#include <stdbool.h>

/* Spaces, tabs and folds; none are fine. */
void cfws_blanks(const char **p, const char *end);
/* A comment that starts at *p with its "(", nested ones included. */
bool cfws_comment(const char **p, const char *end);
/* Blanks and comments; none are fine. */
bool cfws_skip(const char **p, const char *end);
/* A quoted string that starts at *p with its quote. */
bool cfws_quoted(const char **p, const char *end);

#endif
