/* SPDX-License-Identifier: ISC */
#include "util/number.h"

#include <assert.h>
#include <string.h>

bool
number_parse(const char *text, uint64_t least, uint64_t most,
    uint64_t *ret_number)
{
	uint64_t n = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (*text < '0' || *text > '9')
			return false;
		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (n < least || n > most)
		return false;
	*ret_number = n;
	return true;
}

char *
strcpy_bounded(char *to, size_t size, const char *text)
{
	size_t n = strlen(text);

	assert(n < size);
	memcpy(to, text, n + 1);
	return to;
}
