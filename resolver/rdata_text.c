/* SPDX-License-Identifier: ISC */
#include "resolver/rdata_text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util/number.h"

#define LABEL_MAX 63

static const char *
check_labels(const char *name)
{
	size_t label = 0;

	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '.') {
			if (label == 0)
				return "the name has an empty label";
			label = 0;
			continue;
		}
		if (!isalnum((unsigned char)*p) && strchr("-_*/", *p) == NULL)
			return "the name has a character that is not allowed";
		if (++label > LABEL_MAX)
			return "a label of the name is longer than 63";
	}
	return label == 0 && *name != '\0' ? "the name has an empty label" :
	    NULL;
}

const char *
rdata_text_name(const struct zone_field *field, const char *origin,
    char ret_name[static DOMAIN_SIZE])
{
	bool relative = field->size == 0 || field->text[field->size - 1] != '.';
	size_t n = relative ? field->size : field->size - 1;
	char text[2 * DOMAIN_SIZE];
	const char *why;

	if (strlen(field->text) != field->size || field->size == 0)
		return "the name is empty or has a NUL";
	if (strcmp(field->text, "@") == 0)
		n = 0;
	if (n > DOMAIN_MAX)
		return "the name is too long";
	snprintf(text, sizeof text, "%.*s%s%s", (int)n, field->text,
	    relative && n > 0 && *origin != '\0' ? "." : "",
	    relative ? origin : "");
	if (strlen(text) > DOMAIN_MAX)
		return "the name is too long";
	if ((why = check_labels(text)) != NULL)
		return why;
	for (size_t i = 0; i <= strlen(text); i++)
		ret_name[i] = ascii_lower(text[i]);
	return NULL;
}

struct words {
	const struct zone_field	*fields;
	size_t			 count;
	const char		*origin;
	struct buf		*wire;
};

static const char *
put_name(struct words *w)
{
	char name[DOMAIN_SIZE];
	const char *why = rdata_text_name(w->fields, w->origin, name);
	const char *label = name;

	if (why != NULL)
		return why;
	w->fields++;
	w->count--;
	while (*label != '\0') {
		size_t n = strcspn(label, ".");
		uint8_t size = (uint8_t)n;

		buf_add(w->wire, &size, 1);
		buf_add(w->wire, label, n);
		label += n + (label[n] == '.');
	}
	buf_add(w->wire, "", 1);
	return NULL;
}

/* A number of `octets` octets. */
static const char *
put_number(struct words *w, unsigned octets)
{
	uint64_t n;
	uint8_t bytes[2];

	if (!number_parse(w->fields->text, 0,
	    (UINT64_C(1) << (8 * octets)) - 1, &n))
		return octets == 1 ? "a number from 0 to 255 should be here" :
		    "a number from 0 to 65535 should be here";
	bytes[0] = (uint8_t)(n >> 8);
	bytes[1] = (uint8_t)n;
	buf_add(w->wire, bytes + 2 - octets, octets);
	w->fields++;
	w->count--;
	return NULL;
}

static const char *
put_addr(struct words *w, int family, size_t size)
{
	uint8_t bytes[16];

	if (inet_pton(family, w->fields->text, bytes) != 1)
		return family == AF_INET ? "this is not an IPv4 address" :
		    "this is not an IPv6 address";
	buf_add(w->wire, bytes, size);
	w->fields++;
	w->count--;
	return NULL;
}

static const char *
write_a(struct words *w)
{
	return put_addr(w, AF_INET, 4);
}

static const char *
write_aaaa(struct words *w)
{
	return put_addr(w, AF_INET6, 16);
}

static const char *
write_mx(struct words *w)
{
	const char *why = put_number(w, 2);

	return why != NULL ? why : put_name(w);
}

static const char *
write_srv(struct words *w)
{
	const char *why = NULL;

	for (int i = 0; i < 3 && why == NULL; i++)
		why = put_number(w, 2);
	return why != NULL ? why : put_name(w);
}

static const char *
write_txt(struct words *w)
{
	for (; w->count > 0; w->fields++, w->count--) {
		uint8_t size = (uint8_t)w->fields->size;

		if (w->fields->size > 255)
			return "a string is longer than 255; split it in two";
		buf_add(w->wire, &size, 1);
		buf_add(w->wire, w->fields->text, size);
	}
	return NULL;
}

static const char *
write_tlsa(struct words *w)
{
	const char *why = NULL;

	for (int i = 0; i < 3 && why == NULL; i++)
		why = put_number(w, 1);
	for (; w->count > 0 && why == NULL; w->fields++, w->count--) {
		const char *p = w->fields->text;

		for (; isxdigit((unsigned char)p[0]) &&
		    isxdigit((unsigned char)p[1]); p += 2) {
			unsigned n;
			uint8_t octet;

			sscanf(p, "%2x", &n);
			octet = (uint8_t)n;
			buf_add(w->wire, &octet, 1);
		}
		if (*p != '\0')
			why = "pairs of hexadecimal digits should be here";
	}
	return why;
}

static const struct row {
	const char	*word;
	enum dns_type	 type;
	size_t		 least;		/* fields */
	size_t		 most;
	const char	*form;
	const char	*(*write)(struct words *);
} rows[] = {
	{ "A", DNS_A, 1, 1, "A ADDRESS", write_a },
	{ "AAAA", DNS_AAAA, 1, 1, "AAAA ADDRESS", write_aaaa },
	{ "CNAME", DNS_CNAME, 1, 1, "CNAME NAME", put_name },
	{ "MX", DNS_MX, 2, 2, "MX PREFERENCE HOST", write_mx },
	{ "PTR", DNS_PTR, 1, 1, "PTR NAME", put_name },
	{ "SRV", DNS_SRV, 4, 4, "SRV PRIORITY WEIGHT PORT HOST", write_srv },
	{ "TLSA", DNS_TLSA, 4, ZONE_FIELDS_MAX,
	    "TLSA USAGE SELECTOR MATCHING HEX...", write_tlsa },
	{ "TXT", DNS_TXT, 1, ZONE_FIELDS_MAX, "TXT \"STRING\"...", write_txt },
};

bool
rdata_text_type(const char *word, enum dns_type *ret_type)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcasecmp(rows[i].word, word) == 0) {
			*ret_type = rows[i].type;
			return true;
		}
	}
	return false;
}

bool
rdata_text_ignored(const char *word)
{
	return strcasecmp(word, "SOA") == 0 || strcasecmp(word, "NS") == 0;
}

const char *
rdata_text_write(enum dns_type type, const struct zone_field *fields,
    size_t count, const char *origin, struct buf *wire)
{
	struct words w = {
		.fields = fields,
		.count = count,
		.origin = origin,
		.wire = wire,
	};
	const char *why;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].type != type)
			continue;
		if (count < rows[i].least || count > rows[i].most)
			return rows[i].form;
		why = rows[i].write(&w);
		return why != NULL ? why :
		    wire->overflow ? "the record is too long" : NULL;
	}
	return "this type is not known";
}
