/* SPDX-License-Identifier: ISC */
/* Entries of a zone file to records: owner, ttl, class, type, directives. */
#include "resolver/zone_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "resolver/rdata_text.h"
#include "resolver/zone_entry.h"
#include "util/buf.h"
#include "util/number.h"
#include "util/xalloc.h"

#define TTL_DEFAULT_S	300
#define TTL_MOST_S	2147483647	/* RFC 2181 8. */
#define WIRE_MAX	65535

struct reader {
	struct zone		*zone;
	struct zone_entry	 entry;
	char			 origin[DOMAIN_SIZE];
	char			 owner[DOMAIN_SIZE];
	bool			 has_owner;
	bool			 secure;
	uint32_t		 ttl_s;
};

static const struct {
	const char		*word;
	enum zone_trouble	 trouble;
} troubles[] = {
	{ "SERVFAIL", ZONE_SERVFAIL },
	{ "TIMEOUT", ZONE_TIMEOUT },
	{ "BOGUS", ZONE_BOGUS },
};

static enum zone_trouble
trouble_named(const char *word)
{
	for (size_t i = 0; i < sizeof troubles / sizeof troubles[0]; i++)
		if (strcasecmp(troubles[i].word, word) == 0)
			return troubles[i].trouble;
	return ZONE_FINE;
}

/* "300", "5m", "1h", "2d", "1w". */
static bool
parse_ttl(const char *text, uint32_t *ret_ttl_s)
{
	static const char units[] = "smhdw";
	static const uint32_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	char digits[16];
	size_t n = strlen(text);
	const char *unit;
	uint32_t factor = 1;
	uint64_t number;

	if (n == 0 || n >= sizeof digits)
		return false;
	strcpy_bounded(digits, sizeof digits, text);
	unit = strchr(units, ascii_lower(text[n - 1]));
	if (unit != NULL && *unit != '\0') {
		factor = seconds[unit - units];
		digits[n - 1] = '\0';
	}
	if (!number_parse(digits, 0, TTL_MOST_S / factor, &number))
		return false;
	*ret_ttl_s = (uint32_t)number * factor;
	return true;
}

static const char *
directive(struct reader *r)
{
	const struct zone_entry *e = &r->entry;
	const char *word = e->fields[0].text;

	if (e->count != 2)
		return "a directive has one value: $ORIGIN NAME, $TTL TIME, "
		    "$SECURE on|off";
	if (strcasecmp(word, "$ORIGIN") == 0)
		return rdata_text_name(&e->fields[1], r->origin, r->origin);
	if (strcasecmp(word, "$TTL") == 0)
		return parse_ttl(e->fields[1].text, &r->ttl_s) ? NULL :
		    "the time should be like 300, 5m or 1h";
	if (strcasecmp(word, "$SECURE") == 0) {
		r->secure = strcasecmp(e->fields[1].text, "on") == 0;
		return r->secure ||
		    strcasecmp(e->fields[1].text, "off") == 0 ? NULL :
		    "$SECURE is on or off";
	}
	return "only $ORIGIN, $TTL and $SECURE are known";
}

static const char *
add_record(struct reader *r, struct zone_record *record,
    const struct buf *wire)
{
	struct zone *z = r->zone;
	size_t owner_size = strlen(r->owner) + 1;
	uint8_t *copy;

	if (z->count == ZONE_RECORDS_MAX)
		return "the zone has too many records";
	if (z->count == z->size) {
		z->size = z->size == 0 ? 64 : 2 * z->size;
		z->records = xreallocarray(z->records, z->size,
		    sizeof *z->records);
	}
	record->owner = xmalloc(owner_size + buf_len(wire));
	memcpy(record->owner, r->owner, owner_size);
	copy = (uint8_t *)record->owner + owner_size;
	memcpy(copy, buf_bytes(wire), buf_len(wire));
	record->wire = copy;
	record->wire_size = buf_len(wire);
	record->secure = r->secure;
	z->records[z->count++] = *record;
	return NULL;
}

/* [ttl] [class] or [class] [ttl]: returns the first field behind them. */
static size_t
skip_ttl_and_class(const struct zone_entry *e, size_t at, uint32_t *ttl_s)
{
	for (int i = 0; i < 2 && at < e->count; i++) {
		if (strcasecmp(e->fields[at].text, "IN") == 0 ||
		    parse_ttl(e->fields[at].text, ttl_s))
			at++;
	}
	return at;
}

/* SERVFAIL [TYPE] and the like. */
static const char *
add_trouble(struct reader *r, struct zone_record *record, size_t at)
{
	const struct zone_entry *e = &r->entry;
	struct buf none;

	buf_init(&none, 0);
	record->any_type = e->count == at + 1;
	if (e->count > at + 2 || (!record->any_type &&
	    !rdata_text_type(e->fields[at + 1].text, &record->type)))
		return "behind it at most one type can stand";
	return add_record(r, record, &none);
}

static const char *
add_data(struct reader *r, struct zone_record *record, size_t at)
{
	const struct zone_entry *e = &r->entry;
	const char *why;
	struct buf wire;

	if (!rdata_text_type(e->fields[at].text, &record->type))
		return rdata_text_ignored(e->fields[at].text) ? NULL :
		    "this type is not known; known are A AAAA CNAME MX PTR "
		    "SRV TLSA TXT, and SERVFAIL TIMEOUT BOGUS";
	buf_init(&wire, WIRE_MAX);
	why = rdata_text_write(record->type, e->fields + at + 1,
	    e->count - at - 1, r->origin, &wire);
	if (why == NULL)
		why = add_record(r, record, &wire);
	buf_done(&wire);
	return why;
}

static const char *
entry(struct reader *r)
{
	const struct zone_entry *e = &r->entry;
	struct zone_record record = { .ttl_s = r->ttl_s };
	const char *why;
	size_t at = 0;

	if (!e->no_owner && e->fields[0].text[0] == '$')
		return directive(r);
	if (!e->no_owner) {
		why = rdata_text_name(&e->fields[at++], r->origin, r->owner);
		if (why != NULL)
			return why;
		r->has_owner = true;
	}
	if (!r->has_owner)
		return "the first record has no name in front";
	at = skip_ttl_and_class(e, at, &record.ttl_s);
	if (at == e->count)
		return "the type is missing";
	record.trouble = trouble_named(e->fields[at].text);
	return record.trouble != ZONE_FINE ? add_trouble(r, &record, at) :
	    add_data(r, &record, at);
}

struct zone *
zone_record_read(const char *text, size_t n, const char *name,
    char error[static ZONE_ERROR_SIZE])
{
	struct zone_text source = { .next = text, .end = text + n, .line = 1 };
	struct reader *r = xcalloc(1, sizeof *r);
	struct zone *z = xcalloc(1, sizeof *z);
	const char *why = NULL;
	unsigned line;

	r->zone = z;
	r->ttl_s = TTL_DEFAULT_S;
	while (why == NULL && zone_entry_next(&source, &r->entry, &why)) {
		line = r->entry.line;
		why = entry(r);
		if (why != NULL)
			source.line = line;
	}
	z->secure = r->secure;
	free(r);
	if (why == NULL)
		return z;
	snprintf(error, ZONE_ERROR_SIZE, "%s:%u: %s", name, source.line, why);
	zone_free(z);
	return NULL;
}
