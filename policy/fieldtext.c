/* SPDX-License-Identifier: ISC */
/* No character of a stranger ends a value, a comment or a line. */

#include "policy/fieldtext.h"

#include <string.h>

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789"

bool
fieldtext_is_plain(const char *text)
{
	return text[0] != '\0' && text[strspn(text, ALPHANUMERIC "-._")] ==
	    '\0';
}

bool
fieldtext_is_plain_address(const char *text)
{
	size_t local = strspn(text, ALPHANUMERIC "!#$%&'*+-/=?^_`{|}~.");

	return local > 0 && text[0] != '.' && text[local - 1] != '.' &&
	    text[local] == '@' && fieldtext_is_plain(text + local + 1);
}

static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

bool
fieldtext_value(const char *text, bool plain, char *to, size_t size)
{
	size_t n = 0;

	to[0] = '\0';
	/* In quotes each character may need a "\". */
	if (!is_printable(text) ||
	    (plain ? strlen(text) + 1 : 2 * strlen(text) + 3) > size)
		return false;
	if (!plain)
		to[n++] = '"';
	for (; *text != '\0'; text++) {
		if (!plain && (*text == '"' || *text == '\\'))
			to[n++] = '\\';
		to[n++] = *text;
	}
	if (!plain)
		to[n++] = '"';
	to[n] = '\0';
	return true;
}

void
fieldtext_comment(const char *text, char *to, size_t size)
{
	size_t n = 0;

	for (; text[n] != '\0' && n + 1 < size; n++)
		to[n] = text[n] < ' ' || text[n] > '~' ||
		    strchr("()\\\";", text[n]) != NULL ? '_' : text[n];
	to[n] = '\0';
}
