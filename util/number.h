/* SPDX-License-Identifier: ISC */
#ifndef UTIL_NUMBER_H
#define UTIL_NUMBER_H

/* Small exact helpers for text: numbers in, strings copied whole or not. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decimal digits only (no sign, blank or prefix), between least and most. */
bool number_parse(const char *text, uint64_t least, uint64_t most,
    uint64_t *ret_number);

/* Copies text whole into to[size]; a text that does not fit is a bug and
 * aborts.  Returns to. */
char *strcpy_bounded(char *to, size_t size, const char *text);

/* ASCII-only lower case, whatever the locale. */
static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#endif
