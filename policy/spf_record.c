/* SPDX-License-Identifier: ISC */
/*
 * A record is "v=spf1" and terms behind blanks.  An error anywhere spoils
 * the whole record (RFC 7208 4.6), so all is checked before any of it is
 * used; using it parses the terms again, one by one.
 */

#include "policy/spf_record.h"

#include <strings.h>

#include "policy/spf.h"
#include "policy/spf_macro.h"
#include "util/number.h"

#define VERSION		"v=spf1"
#define VERSION_SIZE	(sizeof VERSION - 1)

enum argument {
	NO_ARGUMENT,
	DOMAIN_NEEDED,
	DOMAIN_OR_CIDR,		/* [":" domain-spec] [dual-cidr-length] */
	DOMAIN_OR_NONE,
	NETWORK,
};

static const struct {
	const char	*name;
	enum spf_kind	 kind;
	enum argument	 argument;
} mechanisms[] = {
	{ "all",	SPF_ALL,	NO_ARGUMENT },
	{ "include",	SPF_INCLUDE,	DOMAIN_NEEDED },
	{ "a",		SPF_A,		DOMAIN_OR_CIDR },
	{ "mx",		SPF_MX,		DOMAIN_OR_CIDR },
	{ "ptr",	SPF_PTR,	DOMAIN_OR_NONE },
	{ "ip4",	SPF_IP4,	NETWORK },
	{ "ip6",	SPF_IP6,	NETWORK },
	{ "exists",	SPF_EXISTS,	DOMAIN_NEEDED },
};

static const struct {
	char		character;
	enum spf_result	result;
} qualifiers[] = {
	{ '+', SPF_RESULT_PASS },
	{ '-', SPF_RESULT_FAIL },
	{ '~', SPF_RESULT_SOFTFAIL },
	{ '?', SPF_RESULT_NEUTRAL },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_name(char c, bool first)
{
	char lower = ascii_lower(c);

	return (lower >= 'a' && lower <= 'z') || (!first && (is_digit(c) ||
	    c == '-' || c == '_' || c == '.'));
}

static bool
equals(const char *text, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(text, word, n) == 0;
}

/* Octets of a modifier's name before its "="; 0: it is no modifier. */
static size_t
modifier_name(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && is_name(text[i], i == 0))
		i++;
	return i < n && text[i] == '=' ? i : 0;
}

static const char *
read_modifier(const char *text, size_t n, size_t name, struct spf_term *ret)
{
	const char *argument = text + name + 1;
	size_t size = n - name - 1;

	ret->kind = equals(text, name, "redirect") ? SPF_REDIRECT :
	    equals(text, name, "exp") ? SPF_EXP : SPF_OTHER_MODIFIER;
	ret->domain = argument;
	ret->domain_size = size;
	if (size > SPF_ARGUMENT_MAX)
		return "argument too long";
	return spf_macro_check(argument, size,
	    ret->kind != SPF_OTHER_MODIFIER);
}

/* Decimal without leading zeros. */
static bool
read_bits(const char *text, size_t n, unsigned most, uint8_t *ret_bits)
{
	unsigned bits = 0;

	if (n == 0 || n > 3 || (n > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(text[i]))
			return false;
		bits = bits * 10 + (unsigned)(text[i] - '0');
	}
	*ret_bits = (uint8_t)bits;
	return bits <= most;
}

/* Where the digits at the end of the text begin. */
static size_t
digits_at_end(const char *text, size_t n)
{
	while (n > 0 && is_digit(text[n - 1]))
		n--;
	return n;
}

/* Takes "/24", "//64" or "/24//64" off the end. */
static bool
take_dual_cidr(const char *text, size_t *n, struct spf_term *ret)
{
	size_t start = digits_at_end(text, *n);

	if (start < *n && start >= 2 && text[start - 1] == '/' &&
	    text[start - 2] == '/') {
		if (!read_bits(text + start, *n - start, 128, &ret->bits6))
			return false;
		*n = start - 2;
		start = digits_at_end(text, *n);
	}
	if (start < *n && start >= 1 && text[start - 1] == '/') {
		if (!read_bits(text + start, *n - start, 32, &ret->bits4))
			return false;
		*n = start - 1;
	}
	return true;
}

/* An IPv4-mapped network stays IPv6 here: no client is ever in it. */
static const char *
read_network(const char *text, size_t n, struct spf_term *ret)
{
	bool ip6 = ret->kind == SPF_IP6;
	const char *slash = memchr(text, '/', n), *stop;
	char address[NETADDR_TEXT_SIZE];

	stop = slash == NULL ? text + n : slash;
	if ((size_t)(stop - text) >= sizeof address)
		return "bad address";
	memcpy(address, text, (size_t)(stop - text));
	address[stop - text] = '\0';
	if (strspn(address, ip6 ? "0123456789abcdefABCDEF:." :
	    "0123456789.") != strlen(address) ||
	    (strchr(address, ':') != NULL) != ip6 ||
	    !netaddr_parse(address, &ret->addr))
		return "bad address";
	if (ip6 && !netaddr_is_ipv6(&ret->addr)) {
		memmove(ret->addr.bytes + 12, ret->addr.bytes, 4);
		memset(ret->addr.bytes, 0, 10);
		memset(ret->addr.bytes + 10, 0xff, 2);
		ret->addr.family = NETADDR_IPV6;
	}
	if (slash != NULL && !read_bits(slash + 1,
	    (size_t)(text + n - slash - 1), ip6 ? 128 : 32,
	    ip6 ? &ret->bits6 : &ret->bits4))
		return "bad prefix length";
	return NULL;
}

/* What stands behind a mechanism's name. */
static const char *
read_argument(const char *text, size_t n, enum argument argument,
    struct spf_term *ret)
{
	if (n > SPF_ARGUMENT_MAX)
		return "argument too long";
	if (argument == NO_ARGUMENT)
		return n == 0 ? NULL : "takes no argument";
	if (argument == DOMAIN_OR_CIDR && !take_dual_cidr(text, &n, ret))
		return "bad prefix length";
	if (n == 0)
		return argument == DOMAIN_OR_CIDR ||
		    argument == DOMAIN_OR_NONE ? NULL : "needs an argument";
	if (text[0] != ':')
		return "bad argument";
	if (argument == NETWORK)
		return read_network(text + 1, n - 1, ret);
	ret->domain = text + 1;
	ret->domain_size = n - 1;
	return spf_macro_check(text + 1, n - 1, true);
}

static const char *
read_mechanism(const char *text, size_t n, struct spf_term *ret)
{
	size_t name = 0;

	for (size_t i = 0; i < sizeof qualifiers / sizeof *qualifiers; i++) {
		if (text[0] != qualifiers[i].character)
			continue;
		ret->result = qualifiers[i].result;
		text++;
		n--;
		break;
	}
	while (name < n && text[name] != ':' && text[name] != '/')
		name++;
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++) {
		if (!equals(text, name, mechanisms[i].name))
			continue;
		ret->kind = mechanisms[i].kind;
		return read_argument(text + name, n - name,
		    mechanisms[i].argument, ret);
	}
	return "unknown mechanism";
}

static const char *
read_term(const char *text, size_t n, struct spf_term *ret)
{
	size_t name = modifier_name(text, n);

	*ret = (struct spf_term){ .result = SPF_RESULT_PASS, .text = text,
	    .size = n, .bits4 = 32, .bits6 = 128 };
	return name > 0 ? read_modifier(text, n, name, ret) :
	    read_mechanism(text, n, ret);
}

bool
spf_record_begins(const void *data, size_t size)
{
	const char *text = data;

	return size >= VERSION_SIZE &&
	    strncasecmp(text, VERSION, VERSION_SIZE) == 0 &&
	    (size == VERSION_SIZE || text[VERSION_SIZE] == ' ');
}

/* The term at or behind *at, which moves behind it; NULL: none is left. */
static const char *
find_term(const char *text, size_t size, size_t *at, size_t *ret_n)
{
	size_t start = *at < VERSION_SIZE ? VERSION_SIZE : *at, end;

	while (start < size && text[start] == ' ')
		start++;
	for (end = start; end < size && text[end] != ' ';)
		end++;
	*at = end;
	*ret_n = end - start;
	return end > start ? text + start : NULL;
}

const char *
spf_record_check(const char *text, size_t size, struct spf_term *ret_term)
{
	const char *term, *wrong;
	size_t at = 0, n;
	unsigned redirects = 0, explanations = 0;

	*ret_term = (struct spf_term){ .text = text };
	if (size > SPF_RECORD_MAX)
		return "record too long";
	for (size_t i = 0; i < size; i++)
		if (text[i] < ' ' || text[i] > '~')
			return "unprintable character in record";
	while ((term = find_term(text, size, &at, &n)) != NULL) {
		if ((wrong = read_term(term, n, ret_term)) != NULL)
			return wrong;
		redirects += ret_term->kind == SPF_REDIRECT;
		explanations += ret_term->kind == SPF_EXP;
		if (redirects > 1 || explanations > 1)
			return "modifier given twice";
	}
	return NULL;
}

bool
spf_record_next(const char *text, size_t size, size_t *at,
    struct spf_term *ret_term)
{
	size_t n;
	const char *term = find_term(text, size, at, &n);

	return term != NULL && read_term(term, n, ret_term) == NULL;
}
