/* SPDX-License-Identifier: ISC */
#include "queue/fallback.h"

#include <string.h>

#define FALLBACK_CODE "550"

/*
 * The reply parser has seen to it that all lines have the same code, and that
 * an enhanced code is well formed.  A reply with anything odd in it is not
 * taken for one that was made by MX6: to be wrong here sends the message a
 * second time, to be strict only bounces what a broken server refused.
 */
bool
fallback_is(const struct reply *reply, char *const *codes, size_t count)
{
	if (!reply->strict || strcmp(reply->code, FALLBACK_CODE) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(reply->enhanced, codes[i]) == 0)
			return codes[i][0] != '\0';
	return false;
}
