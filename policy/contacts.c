/* SPDX-License-Identifier: ISC */
#include "policy/contacts.h"

#include <string.h>
#include <strings.h>

#include "util/number.h"

/* Between several addresses in one field, as Google writes them. */
#define BETWEEN " ::: "

enum contacts_format
contacts_guess(const char *text, size_t n)
{
	struct fold first;

	fold_init(&first, text, n);
	while (fold_next(&first)) {
		const char *line = first.text + strspn(first.text, " \t");

		if (line[0] == '\0' || line[0] == '#')
			continue;
		if (strncasecmp(line, "BEGIN:VCARD", 11) == 0)
			return CONTACTS_VCARD;
		return strncasecmp(line, "dn:", 3) == 0 ||
		    strncasecmp(line, "version:", 8) == 0 ? CONTACTS_LDIF :
		    CONTACTS_CSV;
	}
	return CONTACTS_CSV;
}

void
contacts_init(struct contacts *c, enum contacts_format format,
    const char *text, size_t n)
{
	c->format = format;
	c->line = 0;
	c->fault = c->address = c->rest = NULL;
	c->started = c->headed = c->found = false;
	memset(c->columns, 0, sizeof c->columns);
	switch (format) {
	case CONTACTS_VCARD:
		vcard_init(&c->in.vcard, text, n);
		break;
	case CONTACTS_LDIF:
		ldif_init(&c->in.ldif, text, n);
		break;
	case CONTACTS_CSV:
		if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
			text += 3;
			n -= 3;
		}
		csv_init(&c->in.csv, text, n);
		c->column = 0;
		c->in.csv.count = 0;
		break;
	}
}

/* ---- CSV ---- */

static bool
names_addresses(const char *name)
{
	return strcasecmp(name, "sender") == 0 ||
	    ((strcasestr(name, "mail") != NULL ||
	    strcasecmp(name, "address") == 0) &&
	    strcasestr(name, "type") == NULL &&
	    strcasestr(name, "label") == NULL &&
	    strcasestr(name, "name") == NULL);
}

/* Is the first record a heading?  Then its columns are noted. */
static bool
take_heading(struct contacts *c)
{
	const struct csv *csv = &c->in.csv;
	bool any = false;

	for (size_t i = 0; i < csv->count; i++) {
		if (strchr(csv->fields[i], '@') != NULL) {
			any = false;
			break;
		}
		c->columns[i] = names_addresses(csv->fields[i]);
		any |= c->columns[i];
	}
	return any;
}

/* The next address of the record at hand. */
static bool
next_field(struct contacts *c)
{
	const struct csv *csv = &c->in.csv;

	for (;;) {
		const char *between;

		while (c->rest == NULL || c->rest[0] == '\0') {
			while (c->column < csv->count && !(c->headed ?
			    c->columns[c->column] :
			    strchr(csv->fields[c->column], '@') != NULL))
				c->column++;
			if (c->column >= csv->count)
				return false;
			c->rest = csv->fields[c->column++];
		}
		between = strstr(c->rest, BETWEEN);
		strcpy_bounded(c->piece, sizeof c->piece, c->rest);
		if (between == NULL) {
			c->rest = NULL;
		} else {
			c->piece[between - c->rest] = '\0';
			c->rest = between + strlen(BETWEEN);
		}
		if (c->piece[0] != '\0') {
			c->address = c->piece;
			c->found = true;
			return true;
		}
	}
}

static bool
next_csv(struct contacts *c)
{
	struct csv *csv = &c->in.csv;

	while (!next_field(c)) {
		/* Contacts without an address are in order, lines without
		 * one in a list of addresses are not. */
		if (c->started && !c->headed && !c->found) {
			c->found = true;
			c->fault = "there is no address in it";
			return true;
		}
		if (!csv_next(csv))
			return false;
		c->line = csv->line;
		c->column = 0;
		c->rest = NULL;
		c->found = csv->fault != NULL;
		c->fault = csv->fault;
		if (csv->fault != NULL)
			csv->count = 0;
		else if (!c->started && take_heading(c)) {
			c->headed = true;
			csv->count = 0;
		}
		c->started = true;
		if (c->fault != NULL)
			return true;
	}
	return true;
}

bool
contacts_next(struct contacts *c)
{
	c->fault = c->address = NULL;
	switch (c->format) {
	case CONTACTS_VCARD:
		if (!vcard_next(&c->in.vcard))
			return false;
		c->line = c->in.vcard.line;
		c->fault = c->in.vcard.fault;
		c->address = c->in.vcard.address;
		return true;
	case CONTACTS_LDIF:
		if (!ldif_next(&c->in.ldif))
			return false;
		c->line = c->in.ldif.line;
		c->fault = c->in.ldif.fault;
		c->address = c->in.ldif.address;
		return true;
	case CONTACTS_CSV:
		return next_csv(c);
	}
	return false;
}
