/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CODES_H
#define UTIL_CODES_H

/*
 * The answers of lists in DNS (RFC 5782 2.3): addresses within 127.0.0.0/8,
 * each with a meaning of its own.  A pattern says which of them count:
 *
 *	127.0.0.2	this one
 *	127.0.*.1-3	any third octet, and 1, 2 or 3 in the last
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/netaddr.h"

struct code_pattern {
	uint8_t	low[4];
	uint8_t	high[4];	/* inclusive */
};

struct code_list {
	struct code_pattern	*items;
	size_t			 count;
};

/* "127.255.255.255-255" and its like fit. */
#define CODE_PATTERN_SIZE 40

/* Begins with 127; a pattern of refusals alone is none. */
bool code_pattern_parse(const char *text, struct code_pattern *ret_pattern);
const char *code_pattern_format(const struct code_pattern *pattern,
    char text[static CODE_PATTERN_SIZE]);
bool code_pattern_matches(const struct code_pattern *pattern,
    const struct netaddr *code);
bool code_list_contains(const struct code_list *list,
    const struct netaddr *code);

/*
 * What lists say to those whom they do not serve: 127.0.0.255 (dnswl.org)
 * and 127.255.255.x (Spamhaus).  It tells nothing about what was asked.
 */
bool code_is_refusal(const struct netaddr *code);
/* Within 127.0.0.0/8: anything else is no list's answer. */
bool code_is_list(const struct netaddr *code);

#endif
