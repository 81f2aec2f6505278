/* SPDX-License-Identifier: ISC */
/*
 * The grammar that is taken, of RFC 5322 3.4 without its obsolete forms but
 * for dots in a display name:
 *
 *	From      = [CFWS] ( [phrase] "<" addr-spec ">" / addr-spec ) [CFWS]
 *	phrase    = 1*( atom-with-dots / quoted-string / CFWS )
 *	addr-spec = RFC 5321's Mailbox, without CFWS in it
 *
 * Both begin with words, so words are taken until a character comes that
 * decides: "<", "@", ":" of a group, "," of a list.
 */
#include "policy/from.h"

#include <stddef.h>
#include <string.h>

#include "policy/cfws.h"
#include "util/utf8.h"

struct cursor {
	const char	*next;
	const char	*end;
	const char	*word;		/* where the last word starts */
	size_t		 words;
	bool		 apart;		/* CFWS behind the last word */
	struct mailaddr	*from;
	const char	*why;
};

static enum from_status
malformed(struct cursor *c, const char *why)
{
	c->why = why;
	return FROM_MALFORMED;
}

static bool
is_atom_octet(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~.", c) != NULL);
}

static bool
has(const char *start, const char *end, char wanted)
{
	return memchr(start, wanted, (size_t)(end - start)) != NULL;
}

/* CFWS whose comments hold nothing that looks like another address. */
static bool
take_cfws(struct cursor *c)
{
	const char *start = c->next;

	if (!cfws_skip(&c->next, c->end)) {
		c->why = "malformed comment";
		return false;
	}
	if (has(start, c->next, '@') || has(start, c->next, '<')) {
		c->why = "an address in a comment";
		return false;
	}
	c->apart |= c->next != start;
	return true;
}

static bool
take_word(struct cursor *c)
{
	const char *start = c->next;

	if (*c->next == '"') {
		if (!cfws_quoted(&c->next, c->end)) {
			c->why = "malformed quoted string";
			return false;
		}
	} else {
		while (c->next < c->end) {
			size_t n = is_atom_octet(*c->next) ? 1 :
			    utf8_length(c->next, c->end);

			if (n == 0)
				break;
			c->next += n;
		}
	}
	/* Words without white space between them are one local part: "a"."b",
	 * which is obsolete, is left to fail as a mailbox. */
	if (c->words == 0 || c->apart) {
		c->word = start;
		c->words++;
	}
	c->apart = false;
	return c->next > start;
}

/* Up to a character that is no word. */
static bool
take_words(struct cursor *c)
{
	if (!take_cfws(c))
		return false;
	while (c->next < c->end && strchr("<@:,;>", *c->next) == NULL) {
		if (!take_word(c) || !take_cfws(c)) {
			if (c->why == NULL)
				c->why = "malformed display name";
			return false;
		}
	}
	if (c->next < c->end && *c->next == '\0')
		c->why = "a NUL";
	return c->why == NULL;
}

/* RFC 2047 5 (3): an encoded word must not be in an address; a reader that
 * decodes it shows another one. */
static bool
encoded_word(const struct mailaddr *addr)
{
	return strstr(addr->local, "=?") != NULL ||
	    strstr(addr->local, "?=") != NULL;
}

static enum from_status
finish(struct cursor *c, const struct mailaddr *addr)
{
	if (!take_cfws(c))
		return FROM_MALFORMED;
	if (c->next < c->end && *c->next == ',') {
		c->why = "several mailboxes";
		return FROM_SEVERAL_MAILBOXES;
	}
	if (c->next < c->end)
		return malformed(c, "text behind the address");
	if (encoded_word(addr))
		return malformed(c, "an encoded word in the address");
	*c->from = *addr;
	return FROM_ONE;
}

static enum from_status
angle(struct cursor *c, const char *phrase)
{
	struct mailaddr addr;
	bool null = false;
	size_t used;

	if (has(phrase, c->next, '<') && has(phrase, c->next, '@'))
		return malformed(c, "an address in the display name");
	if (c->end - c->next > 1 && c->next[1] == '@')
		return malformed(c, "a source route");
	if (mailaddr_parse_path(c->next, (size_t)(c->end - c->next), true,
	    false, &addr, &null, &used) != MAILADDR_OK || null)
		return malformed(c, "malformed address");
	c->next += used;
	return finish(c, &addr);
}

/* An address without brackets ends where its domain does. */
static enum from_status
bare(struct cursor *c)
{
	const char *close = "([<>,;: \t\r\n";
	struct mailaddr addr;

	if (c->words != 1 || c->apart)
		return malformed(c, "words before the address");
	c->next++;
	if (c->next < c->end && *c->next == '[')
		close = "]";
	while (c->next < c->end && *c->next != '\0' &&
	    strchr(close, *c->next) == NULL)
		c->next++;
	if (*close == ']' && c->next < c->end)
		c->next++;
	if (mailaddr_parse(c->word, (size_t)(c->next - c->word), true,
	    &addr) != MAILADDR_OK)
		return malformed(c, "malformed address");
	return finish(c, &addr);
}

static enum from_status
parse(struct cursor *c)
{
	const char *start = c->next;

	if (c->end - c->next > FROM_VALUE_MAX)
		return malformed(c, "too long");
	if (!take_words(c))
		return FROM_MALFORMED;
	if (c->next == c->end)
		return malformed(c, "no address");
	switch (*c->next) {
	case '<':
		return angle(c, start);
	case '@':
		return bare(c);
	case ':':
		c->why = "a group";
		return FROM_GROUP;
	}
	return malformed(c, "no address");
}

enum from_status
from_parse(const char *value, size_t n, struct mailaddr *ret_from,
    const char **ret_why)
{
	struct cursor c = {
		.next = value, .end = value + n, .from = ret_from,
	};
	enum from_status status = parse(&c);

	if (ret_why != NULL)
		*ret_why = c.why == NULL ? "" : c.why;
	return status;
}

static enum from_status
refuse(enum from_status status, const char *why, const char **ret_why)
{
	if (ret_why != NULL)
		*ret_why = why;
	return status;
}

enum from_status
from_extract(const struct header *header, struct mailaddr *ret_from,
    const char **ret_why)
{
	const struct header_field *field = header_find(header, "From", NULL);

	/* In what cannot be read whole there may be another one. */
	if (header->overfull)
		return refuse(FROM_MALFORMED, "too many header fields",
		    ret_why);
	if (header->malformed)
		return refuse(FROM_MALFORMED, "a line of the header is no "
		    "field", ret_why);
	if (field == NULL)
		return refuse(FROM_MISSING, "no From field", ret_why);
	if (header_find(header, "From", field) != NULL)
		return refuse(FROM_SEVERAL_FIELDS, "several From fields",
		    ret_why);
	return from_parse(field->value, field->value_length, ret_from,
	    ret_why);
}
