/* SPDX-License-Identifier: ISC */
/*
 * One pass over tokens, twice: to check them and to expand them.
 *
 *	%{ir.-}.user.%{d2}	macro i, reversed, split at "." and "-";
 *				literal ".user."; macro d, two rightmost parts
 *
 * A client may choose what a macro expands to, so the growing name keeps a
 * bounded tail: whatever is left of it would be cut off anyway (7.3).
 */

#include "policy/spf_macro.h"

#include "util/number.h"

#define PARTS_MAX	256	/* of a value; more make no name */
#define TAIL_MAX	2048
#define TAIL_KEPT	512	/* more than a name can hold */
#define VALUE_SIZE	512
#define LABEL_MAX	63

struct token {
	char		 letter;	/* lower case; '\0': a literal */
	bool		 escape;	/* upper case: URL-escaped */
	bool		 reverse;
	size_t		 keep;		/* rightmost parts; 0: all */
	const char	*text;		/* literal, or delimiters */
	size_t		 n;
};

struct tail {
	char	bytes[TAIL_MAX];
	size_t	n;
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_unreserved(char c)
{
	return is_letter(c) || is_digit(c) || (c != '\0' &&
	    strchr("-._~", c) != NULL);
}

/* What stands between "%{" and "}". */
static const char *
read_macro(const char *at, const char *end, struct token *ret)
{
	unsigned keep = 0;
	bool digits = false;

	if (at == end || !is_letter(*at) ||
	    strchr("slodiphv", ascii_lower(*at)) == NULL)
		return "unknown macro letter";
	ret->letter = ascii_lower(*at);
	ret->escape = *at != ret->letter;
	for (at++; at < end && is_digit(*at); at++) {
		keep = keep > PARTS_MAX ? keep :
		    keep * 10 + (unsigned)(*at - '0');
		digits = true;
	}
	if (digits && keep == 0)
		return "macro keeps no part";
	ret->keep = keep;
	ret->reverse = at < end && ascii_lower(*at) == 'r';
	if (ret->reverse)
		at++;
	ret->text = at;
	ret->n = (size_t)(end - at);
	for (; at < end; at++)
		if (*at == '\0' || strchr(".-+,/_=", *at) == NULL)
			return "bad delimiter in macro";
	return NULL;
}

/* The token at *at, which moves on: NULL, or what is wrong. */
static const char *
next_token(const char **at, const char *end, struct token *ret)
{
	const char *start = *at, *stop;

	*ret = (struct token){ .text = start };
	if (*start != '%') {
		while (*at < end && **at != '%')
			(*at)++;
		ret->n = (size_t)(*at - start);
		return NULL;
	}
	if (end - start < 2)
		return "% at the end";
	*at = start + 2;
	switch (start[1]) {
	case '%':
		ret->n = 1;
		return NULL;
	case '_':
		ret->text = " ";
		ret->n = 1;
		return NULL;
	case '-':
		ret->text = "%20";
		ret->n = 3;
		return NULL;
	case '{':
		stop = memchr(*at, '}', (size_t)(end - *at));
		if (stop == NULL)
			return "macro without }";
		*at = stop + 1;
		return read_macro(start + 2, stop, ret);
	}
	return "% before a wrong character";
}

/* "." toplabel ["."] at the end of the last literal (7.1). */
static const char *
check_top_label(const char *text, size_t n)
{
	size_t start;
	bool only_digits = true;

	if (n > 0 && text[n - 1] == '.')
		n--;
	for (start = n; start > 0 && text[start - 1] != '.'; start--) {
		char c = text[start - 1];

		if (!is_letter(c) && !is_digit(c) && c != '-')
			return "bad top label";
		only_digits &= is_digit(c);
	}
	if (start == 0)
		return "a domain needs two labels";
	if (start == n || only_digits || text[start] == '-' ||
	    text[n - 1] == '-')
		return "bad top label";
	return NULL;
}

const char *
spf_macro_check(const char *text, size_t n, bool domain_spec)
{
	const char *at = text, *end = text + n, *last = text, *wrong;
	struct token token;
	size_t macros = 0;

	for (size_t i = 0; i < n; i++)
		if (text[i] < '!' || text[i] > '~')
			return "unprintable character";
	if (domain_spec && n == 0)
		return "empty domain";
	while (at < end) {
		last = at;
		if ((wrong = next_token(&at, end, &token)) != NULL)
			return wrong;
		if (*last == '%' && ++macros > SPF_MACROS_MAX)
			return "too many macros";
	}
	if (!domain_spec || *last == '%')
		return NULL;
	return check_top_label(last, (size_t)(end - last));
}

bool
spf_macro_wants_validated(const char *text, size_t n)
{
	const char *at = text, *end = text + n;
	struct token token;

	while (at < end)
		if (next_token(&at, end, &token) != NULL ||
		    token.letter == 'p')
			return token.letter == 'p';
	return false;
}

static void
tail_add(struct tail *tail, const char *text, size_t n)
{
	if (n > TAIL_KEPT) {
		text += n - TAIL_KEPT;
		n = TAIL_KEPT;
	}
	if (tail->n + n > TAIL_MAX) {
		memmove(tail->bytes, tail->bytes + tail->n - TAIL_KEPT,
		    TAIL_KEPT);
		tail->n = TAIL_KEPT;
	}
	memcpy(tail->bytes + tail->n, text, n);
	tail->n += n;
}

static void
tail_add_value(struct tail *tail, const char *text, size_t n, bool escape)
{
	char code[4];

	if (!escape) {
		tail_add(tail, text, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (is_unreserved(text[i])) {
			tail_add(tail, text + i, 1);
			continue;
		}
		snprintf(code, sizeof code, "%%%02X", (uint8_t)text[i]);
		tail_add(tail, code, 3);
	}
}

/* An address as the letter i shows it: dotted, IPv6 by nibbles. */
static void
address_parts(const struct netaddr *addr, char ret_text[static VALUE_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	if (!netaddr_is_ipv6(addr)) {
		netaddr_format(addr, ret_text);
		return;
	}
	for (size_t i = 0; i < 16; i++) {
		ret_text[n++] = hex[addr->bytes[i] >> 4];
		ret_text[n++] = '.';
		ret_text[n++] = hex[addr->bytes[i] & 15];
		ret_text[n++] = '.';
	}
	ret_text[n - 1] = '\0';
}

/* What a letter stands for; space is for what must be put together. */
static const char *
value_of(char letter, const struct spf_macro_values *v,
    char space[static VALUE_SIZE])
{
	switch (letter) {
	case 's':
		if ((size_t)snprintf(space, VALUE_SIZE, "%s@%s", v->local,
		    v->sender_domain) >= VALUE_SIZE)
			return NULL;
		return space;
	case 'l':
		return v->local;
	case 'o':
		return v->sender_domain;
	case 'd':
		return v->domain;
	case 'h':
		return v->helo;
	case 'p':
		return v->validated;
	case 'v':
		return netaddr_is_ipv6(v->peer) ? "ip6" : "in-addr";
	case 'i':
		address_parts(v->peer, space);
		return space;
	}
	abort();
}

/* Split, reversed, the rightmost kept, joined with dots (7.3). */
static bool
add_macro(struct tail *tail, const struct token *t,
    const struct spf_macro_values *values)
{
	char space[VALUE_SIZE];
	const char *value = value_of(t->letter, values, space);
	const char *delimiters = t->n == 0 ? "." : t->text;
	size_t delimiter_count = t->n == 0 ? 1 : t->n;
	struct { const char *text; size_t n; } parts[PARTS_MAX];
	size_t count = 0, first;

	if (value == NULL)
		return false;
	for (const char *start = value, *at = value;; at++) {
		if (*at != '\0' &&
		    memchr(delimiters, *at, delimiter_count) == NULL)
			continue;
		if (count == PARTS_MAX)
			return false;
		parts[count].text = start;
		parts[count++].n = (size_t)(at - start);
		start = at + 1;
		if (*at == '\0')
			break;
	}
	first = t->keep == 0 || t->keep > count ? 0 : count - t->keep;
	for (size_t i = first; i < count; i++) {
		size_t from = t->reverse ? count - 1 - i : i;

		if (i > first)
			tail_add(tail, ".", 1);
		tail_add_value(tail, parts[from].text, parts[from].n,
		    t->escape);
	}
	return true;
}

bool
spf_macro_expand(const char *text, size_t n,
    const struct spf_macro_values *values,
    char ret_name[static DOMAIN_SIZE])
{
	const char *at = text, *end = text + n, *name, *dot;
	struct token token;
	struct tail tail;

	tail.n = 0;
	while (at < end) {
		if (next_token(&at, end, &token) != NULL)
			return false;
		if (token.letter == '\0')
			tail_add(&tail, token.text, token.n);
		else if (!add_macro(&tail, &token, values))
			return false;
	}
	name = tail.bytes;
	n = tail.n;
	if (n > 0 && name[n - 1] == '.')
		n--;
	while (n > DOMAIN_MAX) {
		if ((dot = memchr(name, '.', n)) == NULL)
			return false;
		n -= (size_t)(dot + 1 - name);
		name = dot + 1;
	}
	return spf_name_clean(name, n, ret_name);
}

bool
spf_name_clean(const char *name, size_t n, char ret_name[static DOMAIN_SIZE])
{
	size_t label = 0;
	bool dotted = false;

	if (n > 0 && name[n - 1] == '.')
		n--;
	if (n == 0 || n > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < n; i++) {
		char c = name[i];

		if (c < ' ' || c > '~' || c == '\\')
			return false;
		if (c == '.') {
			if (label == 0)
				return false;
			dotted = true;
			label = 0;
		} else if (++label > LABEL_MAX) {
			return false;
		}
		ret_name[i] = ascii_lower(c);
	}
	ret_name[n] = '\0';
	return dotted && label > 0;
}
