/* SPDX-License-Identifier: ISC */
/*
 * RFC 6350 3.3:
 *
 *	contentline = [group "."] name *(";" param) ":" value
 *
 * A parameter's value may be quoted, and hold colons then.
 */

#include "policy/vcard.h"

#include <string.h>
#include <strings.h>

/* The pieces of a line; name and parameters end with a NUL. */
struct property {
	char	*name;
	char	*parameters;		/* ";TYPE=home;..." or "" */
	char	*value;
};

void
vcard_init(struct vcard *v, const char *text, size_t n)
{
	fold_init(&v->fold, text, n);
	v->in_card = v->ended = false;
	v->line = 0;
	v->fault = NULL;
	v->address = NULL;
}

static char *
find_colon(char *text)
{
	bool quoted = false;

	for (; *text != '\0'; text++) {
		if (*text == '"')
			quoted = !quoted;
		else if (*text == ':' && !quoted)
			return text;
	}
	return NULL;
}

static bool
split(char *text, struct property *p)
{
	static char none[] = "";
	char *colon = find_colon(text), *dot;

	if (colon == NULL)
		return false;
	*colon = '\0';
	p->value = colon + 1;
	p->parameters = strchr(text, ';');
	p->name = text;
	if (p->parameters == NULL)
		p->parameters = none;
	else
		*p->parameters++ = '\0';
	dot = strchr(text, '.');
	if (dot != NULL)
		p->name = dot + 1;
	return true;
}

static int
hex(char c)
{
	const char *digits = "0123456789ABCDEF";
	const char *found = c == '\0' ? NULL :
	    strchr(digits, c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);

	return found == NULL ? -1 : (int)(found - digits);
}

/* RFC 2045 6.7, in place; false if it is none, or holds a NUL. */
static bool
decode_quoted_printable(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		if (*text != '=') {
			*out++ = *text;
			continue;
		}
		if (hex(text[1]) < 0 || hex(text[2]) < 0)
			return false;
		*out = (char)(hex(text[1]) * 16 + hex(text[2]));
		if (*out++ == '\0')
			return false;
		text += 2;
	}
	*out = '\0';
	return true;
}

/* RFC 6350 3.4, in place: \, \; \\ and \n. */
static void
unescape(char *text)
{
	char *out = text;

	for (; *text != '\0'; text++) {
		if (*text == '\\' && text[1] != '\0') {
			text++;
			*out++ = *text == 'n' || *text == 'N' ? '\n' : *text;
		} else
			*out++ = *text;
	}
	*out = '\0';
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text > 127)
			return false;
	return true;
}

static char *
trim(char *text)
{
	size_t n;

	text += strspn(text, " \t");
	for (n = strlen(text); n > 0 && (text[n - 1] == ' ' ||
	    text[n - 1] == '\t'); n--)
		text[n - 1] = '\0';
	return text;
}

/* The address in an EMAIL property, or "" for none; NULL: v->fault. */
static const char *
email(struct vcard *v, struct property *p)
{
	const char *charset = strcasestr(p->parameters, "CHARSET=");
	char *value = p->value;

	if (strcasestr(p->parameters, "QUOTED-PRINTABLE") != NULL &&
	    !decode_quoted_printable(value)) {
		v->fault = "its quoted-printable text is malformed";
		return NULL;
	}
	if (charset != NULL && !is_ascii(value) &&
	    strncasecmp(charset + 8, "UTF-8", 5) != 0) {
		v->fault = "its character set is not UTF-8";
		return NULL;
	}
	unescape(value);
	value = trim(value);
	if (strncasecmp(value, "mailto:", 7) == 0)
		value += 7;
	return value;
}

/* One line; true if it is a result, in v. */
static bool
take_line(struct vcard *v, struct property *p)
{
	if (strcasecmp(p->name, "BEGIN") == 0) {
		if (strcasecmp(trim(p->value), "VCARD") == 0 && v->in_card)
			v->fault = "BEGIN inside of a vCard: END is missing";
		v->in_card = true;
	} else if (strcasecmp(p->name, "END") == 0) {
		if (!v->in_card)
			v->fault = "END without BEGIN";
		v->in_card = false;
	} else if (!v->in_card) {
		v->fault = "it stands outside of any vCard";
	} else if (strcasecmp(p->name, "VERSION") == 0) {
		const char *version = trim(p->value);

		if (strcmp(version, "3.0") != 0 &&
		    strcmp(version, "4.0") != 0 && strcmp(version, "2.1") != 0)
			v->fault = "the version is not 3.0 or 4.0";
	} else if (strcasecmp(p->name, "EMAIL") == 0) {
		if (v->fold.cut)
			v->fault = "the line is longer than 4095 octets";
		else
			v->address = email(v, p);
		return v->fault != NULL || v->address[0] != '\0';
	}
	return v->fault != NULL;
}

/* A soft line break (RFC 2045 6.7 (5)), in a text that is so encoded. */
static void
join_soft_breaks(struct fold *f)
{
	while (f->n > 0 && f->text[f->n - 1] == '=' &&
	    strcasestr(f->text, "QUOTED-PRINTABLE") != NULL) {
		f->text[--f->n] = '\0';
		if (!fold_join(f))
			break;
	}
}

bool
vcard_next(struct vcard *v)
{
	struct property p;

	v->fault = NULL;
	v->address = NULL;
	while (fold_next(&v->fold)) {
		v->line = v->fold.line;
		if (v->fold.nul) {
			v->fault = "it holds a NUL: is the file UTF-16?";
			return true;
		}
		if (v->fold.text[strspn(v->fold.text, " \t")] == '\0')
			continue;
		join_soft_breaks(&v->fold);
		if (!split(v->fold.text, &p)) {
			v->fault = "it is no property: there is no colon";
			return true;
		}
		if (take_line(v, &p))
			return true;
		v->address = NULL;	/* it was empty */
	}
	if (!v->in_card || v->ended)
		return false;
	v->ended = true;
	v->fault = "the last vCard has no END";
	return true;
}
