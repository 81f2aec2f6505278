/* SPDX-License-Identifier: ISC */
/*
 * Records stand in one array, sorted by owner as read from its end, so that
 * a name's children follow it and an empty non-terminal (RFC 4592 2.2.2) is
 * found with one search.
 */
#include "resolver/zone.h"

#include <stdlib.h>
#include <string.h>

#include "resolver/zone_record.h"
#include "util/domain.h"
#include "util/number.h"

#define CNAMES_MAX	8
#define DENIAL_TTL_S	60

/* The order of the names as read from the right, octet by octet. */
static int
compare_names(const char *a, const char *b)
{
	size_t i = strlen(a), j = strlen(b);

	while (i > 0 && j > 0) {
		unsigned char x = (unsigned char)a[--i];
		unsigned char y = (unsigned char)b[--j];

		if (x != y)
			return x < y ? -1 : 1;
	}
	return i > 0 ? 1 : j > 0 ? -1 : 0;
}

static int
compare_records(const void *a, const void *b)
{
	return compare_names(((const struct zone_record *)a)->owner,
	    ((const struct zone_record *)b)->owner);
}

struct zone *
zone_parse(const char *text, size_t n, const char *name,
    char error[static ZONE_ERROR_SIZE])
{
	struct zone *z = zone_record_read(text, n, name, error);

	if (z != NULL && z->count > 0)
		qsort(z->records, z->count, sizeof *z->records,
		    compare_records);
	return z;
}

struct zone *
zone_free(struct zone *z)
{
	if (z == NULL)
		return NULL;
	for (size_t i = 0; i < z->count; i++)
		free(z->records[i].owner);
	free(z->records);
	free(z);
	return NULL;
}

/* The first record whose owner is not before name. */
static size_t
lower_bound(const struct zone *z, const char *name)
{
	size_t low = 0, high = z->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_names(z->records[middle].owner, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct span {
	const struct zone_record	*first;
	size_t				 count;
};

static struct span
records_of(const struct zone *z, const char *name)
{
	size_t at = lower_bound(z, name), end = at;

	while (end < z->count && strcmp(z->records[end].owner, name) == 0)
		end++;
	return (struct span){ .first = z->records + at, .count = end - at };
}

static bool
has_children(const struct zone *z, const char *name)
{
	char suffix[DOMAIN_SIZE + 1] = ".";
	size_t at, n = strlen(name), m;

	strcpy_bounded(suffix + 1, DOMAIN_SIZE, name);
	at = lower_bound(z, suffix);
	if (at == z->count)
		return false;
	m = strlen(z->records[at].owner);
	return m > n + 1 &&
	    strcmp(z->records[at].owner + m - n - 1, suffix) == 0;
}

/* RFC 4592: the wildcard below the nearest name that exists. */
static struct span
wildcard_for(const struct zone *z, const char *name)
{
	struct span none = { 0 };

	for (name = domain_parent(name); *name != '\0';
	    name = domain_parent(name)) {
		char star[DOMAIN_SIZE + 2] = "*.";
		struct span found;

		strcpy_bounded(star + 2, DOMAIN_SIZE, name);
		found = records_of(z, star);
		if (found.count > 0)
			return found;
		if (records_of(z, name).count > 0 || has_children(z, name))
			break;
	}
	return none;
}

static struct answer *
failure(enum zone_trouble trouble)
{
	struct answer_facts facts = { 0 };

	switch (trouble) {
	case ZONE_SERVFAIL:
		return answer_none(DNS_FAILED, "the zone says SERVFAIL",
		    &facts);
	case ZONE_BOGUS:
		return answer_none(DNS_BOGUS, "the zone says BOGUS", &facts);
	case ZONE_TIMEOUT:
	case ZONE_FINE:
		break;
	}
	return NULL;
}

static const struct zone_record *
trouble_in(const struct span *s, enum dns_type type)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct zone_record *r = &s->first[i];

		if (r->trouble != ZONE_FINE &&
		    (r->any_type || r->type == type))
			return r;
	}
	return NULL;
}

/* All records of one type; *facts gets their least ttl. */
static size_t
gather(const struct span *s, enum dns_type type,
    struct answer_wire wires[static ANSWER_RECORDS_MAX],
    struct answer_facts *facts)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count && count < ANSWER_RECORDS_MAX; i++) {
		const struct zone_record *r = &s->first[i];

		if (r->trouble != ZONE_FINE || r->any_type || r->type != type)
			continue;
		wires[count].data = r->wire;
		wires[count++].size = r->wire_size;
		facts->secure = facts->secure && r->secure;
		if (r->ttl_s < facts->ttl_s)
			facts->ttl_s = r->ttl_s;
	}
	return count;
}

static struct answer *
denial(const struct zone *z, const struct span *s, const char *name,
    struct answer_facts *facts)
{
	bool exists = s->count > 0 || has_children(z, name);

	facts->secure = facts->secure &&
	    (s->count > 0 ? s->first->secure : z->secure);
	facts->ttl_s = DENIAL_TTL_S;
	return answer_none(exists ? DNS_NODATA : DNS_NXDOMAIN, "", facts);
}

/* Where the CNAME among the records leads. */
static bool
follow(const struct span *s, char ret_name[static DOMAIN_SIZE],
    struct answer_facts *facts)
{
	struct answer_wire wires[ANSWER_RECORDS_MAX];
	uint8_t store[DOMAIN_SIZE + 2];
	struct rdata r;

	if (gather(s, DNS_CNAME, wires, facts) == 0 ||
	    !rdata_parse(DNS_CNAME, wires[0].data, wires[0].size, store, &r))
		return false;
	strcpy_bounded(ret_name, DOMAIN_SIZE, r.name);
	return true;
}

struct answer *
zone_lookup(const struct zone *z, enum dns_type type, const char *asked)
{
	struct answer_facts facts = { .secure = true, .ttl_s = UINT32_MAX };
	struct answer_wire wires[ANSWER_RECORDS_MAX];
	char name[DOMAIN_SIZE];

	if (strlen(asked) > DOMAIN_MAX)
		return answer_none(DNS_FAILED, "the name is too long", &facts);
	strcpy_bounded(name, sizeof name, asked);
	for (int i = 0; i < CNAMES_MAX; i++) {
		struct span s = records_of(z, name);
		const struct zone_record *bad;
		size_t count;

		if (s.count == 0 && !has_children(z, name))
			s = wildcard_for(z, name);
		if ((bad = trouble_in(&s, type)) != NULL)
			return failure(bad->trouble);
		facts.canonical = i > 0 ? name : NULL;
		count = gather(&s, type, wires, &facts);
		if (count > 0)
			return answer_new(type, wires, count, &facts);
		if (!follow(&s, name, &facts))
			return denial(z, &s, name, &facts);
	}
	return answer_none(DNS_FAILED, "too many CNAMEs", &facts);
}
