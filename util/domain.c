/* SPDX-License-Identifier: ISC */
#include "util/domain.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>

#include "util/number.h"

#define LABEL_MAX	63
/* Longer UTF-8 cannot come to a name of DOMAIN_MAX octets. */
#define UTF8_MAX	(DOMAIN_MAX * 4)

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* One label: letters, digits, inner hyphens (RFC 1123 2.1). */
static bool
label_is_good(const char *label, size_t n, bool allow_underscore)
{
	if (n == 0 || n > LABEL_MAX || label[0] == '-' || label[n - 1] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (is_letter_or_digit(label[i]) || label[i] == '-')
			continue;
		if (label[i] != '_' || !allow_underscore)
			return false;
	}
	return true;
}

/* n octets, lowered on the way into ret_domain. */
static bool
parse_ascii(const char *text, size_t n, bool allow_underscore,
    char ret_domain[static DOMAIN_SIZE])
{
	char name[DOMAIN_SIZE];
	size_t start = 0;

	if (n > 0 && text[n - 1] == '.')
		n--;
	if (n == 0 || n > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		name[i] = ascii_lower(text[i]);
	name[n] = '\0';
	for (size_t i = 0; i <= n; i++) {
		if (i < n && name[i] != '.')
			continue;
		if (!label_is_good(name + start, i - start, allow_underscore))
			return false;
		start = i + 1;
	}
	memcpy(ret_domain, name, n + 1);
	return true;
}

/* U-labels to A-labels; what comes out is checked like any other name. */
static bool
parse_utf8(const char *text, size_t n, bool allow_underscore,
    char ret_domain[static DOMAIN_SIZE])
{
	char name[UTF8_MAX + 1];
	uint8_t *ascii = NULL;
	bool good;

	if (n > UTF8_MAX || memchr(text, '\0', n) != NULL)
		return false;
	memcpy(name, text, n);
	name[n] = '\0';
	if (idn2_lookup_u8((const uint8_t *)name, &ascii,
	    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	good = parse_ascii((const char *)ascii, strlen((const char *)ascii),
	    allow_underscore, ret_domain);
	idn2_free(ascii);
	return good;
}

bool
domain_parse(const char *text, size_t n, bool allow_underscore,
    char ret_domain[static DOMAIN_SIZE])
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] > 127)
			return parse_utf8(text, n, allow_underscore,
			    ret_domain);
	return parse_ascii(text, n, allow_underscore, ret_domain);
}

bool
domain_within(const char *domain, const char *parent)
{
	size_t n = strlen(domain), parent_n = strlen(parent);

	if (parent_n == 0)
		return true;
	if (n < parent_n || strcmp(domain + (n - parent_n), parent) != 0)
		return false;
	return n == parent_n || domain[n - parent_n - 1] == '.';
}

const char *
domain_parent(const char *domain)
{
	const char *dot = strchr(domain, '.');

	return dot == NULL ? "" : dot + 1;
}
