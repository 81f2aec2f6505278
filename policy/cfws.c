/* SPDX-License-Identifier: ISC */
#include "policy/cfws.h"

#include <stddef.h>

#include "util/utf8.h"

void
cfws_blanks(const char **p, const char *end)
{
	while (*p < end) {
		if (**p == ' ' || **p == '\t' || **p == '\n')
			(*p)++;
		else if (**p == '\r' && end - *p > 1 && (*p)[1] == '\n')
			*p += 2;
		else
			return;
	}
}

/* One character inside a comment or quoted string, a quoted pair as one. */
static bool
character(const char **p, const char *end)
{
	const char *at = *p;

	if (*at == '\\' && ++at == end)
		return false;
	if ((*at >= ' ' && *at <= '~') || *at == '\t')
		*p = at + 1;
	else if (utf8_length(at, end) > 0)
		*p = at + utf8_length(at, end);
	else if (at == *p && (*at == '\n' ||
	    (*at == '\r' && end - at > 1 && at[1] == '\n')))
		cfws_blanks(p, end);
	else
		return false;
	return true;
}

bool
cfws_comment(const char **p, const char *end)
{
	const char *at = *p;
	size_t depth = 0;

	do {
		if (at == end)
			return false;
		if (*at == '(' || *at == ')')
			depth += *at++ == '(' ? 1 : (size_t)-1;
		else if (!character(&at, end))
			return false;
	} while (depth > 0);
	*p = at;
	return true;
}

bool
cfws_skip(const char **p, const char *end)
{
	const char *at = *p;

	cfws_blanks(&at, end);
	while (at < end && *at == '(') {
		if (!cfws_comment(&at, end))
			return false;
		cfws_blanks(&at, end);
	}
	*p = at;
	return true;
}

bool
cfws_quoted(const char **p, const char *end)
{
	const char *at = *p + 1;

	while (at < end && *at != '"') {
		if (!character(&at, end))
			return false;
	}
	if (at == end)
		return false;
	*p = at + 1;
	return true;
}
