/* SPDX-License-Identifier: ISC */
#include "resolver/zone_entry.h"

#include <ctype.h>
#include <string.h>

static bool
add_octet(struct zone_entry *e, char c)
{
	if (e->used >= sizeof e->text)
		return false;
	e->text[e->used++] = c;
	return true;
}

/* Behind a backslash: three digits are an octet's number, anything else
 * stands for itself. */
static const char *
add_escaped(struct zone_text *z, struct zone_entry *e)
{
	size_t left = (size_t)(z->end - z->next);
	const unsigned char *s = (const unsigned char *)z->next;
	unsigned n;

	if (left == 0 || *s == '\n')
		return "nothing behind the backslash";
	if (!isdigit(s[0])) {
		z->next++;
		return add_octet(e, (char)s[0]) ? NULL : "the entry is too long";
	}
	if (left < 3 || !isdigit(s[1]) || !isdigit(s[2]))
		return "a backslash wants three digits, as in \\007";
	n = (unsigned)(s[0] - '0') * 100 + (unsigned)(s[1] - '0') * 10 +
	    (unsigned)(s[2] - '0');
	if (n > 255)
		return "an octet is at most \\255";
	z->next += 3;
	return add_octet(e, (char)n) ? NULL : "the entry is too long";
}

static bool
ends_field(char c, bool quoted)
{
	return quoted ? c == '"' || c == '\n' :
	    strchr(" \t\r\n;()\"", c) != NULL && c != '\0';
}

/* z->next is at the first octet of the field, or at its quote. */
static const char *
take_field(struct zone_text *z, struct zone_entry *e)
{
	struct zone_field *f = &e->fields[e->count];
	bool quoted = *z->next == '"';
	const char *why = NULL;

	if (e->count == ZONE_FIELDS_MAX)
		return "too many fields";
	z->next += quoted ? 1 : 0;
	f->text = e->text + e->used;
	while (why == NULL && z->next < z->end && !ends_field(*z->next, quoted)) {
		char c = *z->next++;

		if (c == '\\')
			why = add_escaped(z, e);
		else if (!add_octet(e, c))
			why = "the entry is too long";
	}
	if (why != NULL)
		return why;
	if (quoted && (z->next == z->end || *z->next++ != '"'))
		return "the closing quote is missing";
	f->size = (size_t)(e->text + e->used - f->text);
	e->count++;
	return add_octet(e, '\0') ? NULL : "the entry is too long";
}

static void
skip_comment(struct zone_text *z)
{
	while (z->next < z->end && *z->next != '\n')
		z->next++;
}

/* One entry, which may have no fields; ends behind its newline. */
static const char *
take_entry(struct zone_text *z, struct zone_entry *e)
{
	unsigned depth = 0;
	const char *why;

	while (z->next < z->end) {
		switch (*z->next) {
		case '\n':
			z->next++;
			z->line++;
			if (depth == 0)
				return NULL;
			break;
		case ' ':
		case '\t':
		case '\r':
			z->next++;
			break;
		case ';':
			skip_comment(z);
			break;
		case '(':
			z->next++;
			depth++;
			break;
		case ')':
			z->next++;
			if (depth-- == 0)
				return "a closing parenthesis without its "
				    "opening one";
			break;
		default:
			if (e->count == 0)
				e->line = z->line;
			if ((why = take_field(z, e)) != NULL)
				return why;
		}
	}
	return depth == 0 ? NULL : "the closing parenthesis is missing";
}

bool
zone_entry_next(struct zone_text *z, struct zone_entry *e,
    const char **ret_why)
{
	const char *why;

	while (z->next < z->end) {
		e->count = e->used = 0;
		e->no_owner = *z->next == ' ' || *z->next == '\t';
		if ((why = take_entry(z, e)) != NULL) {
			*ret_why = why;
			return false;
		}
		if (e->count > 0)
			return true;
	}
	return false;
}
