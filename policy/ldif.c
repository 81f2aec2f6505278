/* SPDX-License-Identifier: ISC */
/*
 * RFC 2849:
 *
 *	attrval-spec = AttributeDescription value-spec
 *	value-spec   = ":" (FILL SAFE / ":" FILL BASE64 / "<" FILL url)
 *
 * A description is a name and perhaps options: mail;lang-en.
 */

#include "policy/ldif.h"

#include <string.h>
#include <strings.h>

void
ldif_init(struct ldif *l, const char *text, size_t n)
{
	fold_init(&l->fold, text, n);
	l->line = 0;
	l->fault = NULL;
	l->address = NULL;
}

static bool
is_mail(const char *description, size_t n)
{
	static const char *const names[] = { "mail", "mailAlternateAddress",
	    "rfc822Mailbox", "email", "mozillaSecondEmail" };
	const char *options = memchr(description, ';', n);

	if (options != NULL)
		n = (size_t)(options - description);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i]) == n &&
		    strncasecmp(description, names[i], n) == 0)
			return true;
	return false;
}

static int
digit64(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c == '\0' ? NULL : strchr(digits, c);

	return found == NULL ? -1 : (int)(found - digits);
}

/* RFC 4648, in place; false if it is none, or holds a NUL. */
static bool
decode_base64(char *text)
{
	unsigned bits = 0, held = 0;
	size_t n = 0, padding;
	char *out = text;

	for (; digit64(*text) >= 0; text++, n++) {
		held = (held << 6 | (unsigned)digit64(*text)) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		*out = (char)(held >> bits & 0xff);
		if (*out++ == '\0')
			return false;
	}
	padding = strspn(text, "=");
	if (text[padding] != '\0' || padding > 2 || (n + padding) % 4 != 0)
		return false;
	*out = '\0';
	return true;
}

/* The value behind the first colon; NULL: l->fault. */
static char *
value_of(struct ldif *l, char *colon)
{
	char form = colon[1];
	char *value = colon + (form == ':' || form == '<' ? 2 : 1);

	value += strspn(value, " ");
	if (l->fold.cut)
		l->fault = "the line is longer than 4095 octets";
	else if (form == '<')
		l->fault = "its value is somewhere else, at a URL";
	else if (form == ':' && !decode_base64(value))
		l->fault = "its base64 text is malformed";
	return l->fault != NULL ? NULL : value;
}

/* One line that is no comment; true if it is a result, in l. */
static bool
take_line(struct ldif *l)
{
	char *text = l->fold.text;
	char *colon = strchr(text, ':');

	if (colon == NULL)
		l->fault = "it is no attribute: there is no colon";
	else if (strncasecmp(text, "changetype:", 11) == 0)
		l->fault = "this is a change, not an entry";
	else if (is_mail(text, (size_t)(colon - text)))
		l->address = value_of(l, colon);
	return l->fault != NULL ||
	    (l->address != NULL && l->address[0] != '\0');
}

bool
ldif_next(struct ldif *l)
{
	l->fault = NULL;
	l->address = NULL;
	while (fold_next(&l->fold)) {
		l->line = l->fold.line;
		if (l->fold.nul) {
			l->fault = "it holds a NUL: is the file UTF-16?";
			return true;
		}
		if (l->fold.n == 0 || l->fold.text[0] == '#')
			continue;
		if (take_line(l))
			return true;
		l->address = NULL;	/* it was empty */
	}
	return false;
}
