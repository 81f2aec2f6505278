/* SPDX-License-Identifier: ISC */
/* Patterns of list codes: four ranges of one octet each. */
#include "util/codes.h"

#include <stdio.h>
#include <string.h>

#include "util/number.h"

#define LOOPBACK	127	/* the first octet of all codes */

static bool
octet_parse(const char *text, size_t n, uint8_t *ret_octet)
{
	char digits[4];
	uint64_t number;

	if (n == 0 || n >= sizeof digits || (n > 1 && text[0] == '0'))
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (!number_parse(digits, 0, UINT8_MAX, &number))
		return false;
	*ret_octet = (uint8_t)number;
	return true;
}

/* "*", "2" or "1-3". */
static bool
range_parse(const char *text, size_t n, uint8_t *ret_low, uint8_t *ret_high)
{
	const char *dash = memchr(text, '-', n);

	if (n == 1 && text[0] == '*') {
		*ret_low = 0;
		*ret_high = UINT8_MAX;
		return true;
	}
	if (dash == NULL)
		return octet_parse(text, n, ret_low) &&
		    octet_parse(text, n, ret_high);
	return octet_parse(text, (size_t)(dash - text), ret_low) &&
	    octet_parse(dash + 1, n - (size_t)(dash - text) - 1, ret_high) &&
	    *ret_low < *ret_high;
}

/* Nothing but what code_is_refusal says is one. */
static bool
only_refusals(const struct code_pattern *p)
{
	return (p->low[1] == UINT8_MAX && p->low[2] == UINT8_MAX) ||
	    (p->high[1] == 0 && p->high[2] == 0 && p->low[3] == UINT8_MAX);
}

bool
code_pattern_parse(const char *text, struct code_pattern *ret_pattern)
{
	struct code_pattern p;

	for (size_t i = 0; i < 4; i++) {
		size_t n = strcspn(text, ".");

		if (!range_parse(text, n, &p.low[i], &p.high[i]))
			return false;
		text += n;
		if (i < 3 && *text++ != '.')
			return false;
	}
	if (*text != '\0' || p.low[0] != LOOPBACK || p.high[0] != LOOPBACK ||
	    only_refusals(&p))
		return false;
	*ret_pattern = p;
	return true;
}

const char *
code_pattern_format(const struct code_pattern *pattern,
    char text[static CODE_PATTERN_SIZE])
{
	size_t at = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned low = pattern->low[i], high = pattern->high[i];
		const char *dot = i < 3 ? "." : "";
		int n;

		if (low == 0 && high == UINT8_MAX)
			n = snprintf(text + at, CODE_PATTERN_SIZE - at,
			    "*%s", dot);
		else if (low == high)
			n = snprintf(text + at, CODE_PATTERN_SIZE - at,
			    "%u%s", low, dot);
		else
			n = snprintf(text + at, CODE_PATTERN_SIZE - at,
			    "%u-%u%s", low, high, dot);
		at += (size_t)n;
	}
	return text;
}

bool
code_pattern_matches(const struct code_pattern *pattern,
    const struct netaddr *code)
{
	if (code->family != NETADDR_IPV4)
		return false;
	for (size_t i = 0; i < 4; i++)
		if (code->bytes[i] < pattern->low[i] ||
		    code->bytes[i] > pattern->high[i])
			return false;
	return true;
}

bool
code_list_contains(const struct code_list *list, const struct netaddr *code)
{
	for (size_t i = 0; i < list->count; i++)
		if (code_pattern_matches(&list->items[i], code))
			return true;
	return false;
}

bool
code_is_refusal(const struct netaddr *code)
{
	const uint8_t *b = code->bytes;

	if (!code_is_list(code))
		return false;
	return (b[1] == UINT8_MAX && b[2] == UINT8_MAX) ||
	    (b[1] == 0 && b[2] == 0 && b[3] == UINT8_MAX);
}

bool
code_is_list(const struct netaddr *code)
{
	return code->family == NETADDR_IPV4 && code->bytes[0] == LOOPBACK;
}
