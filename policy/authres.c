/* SPDX-License-Identifier: ISC */
/*
 * A field is
 *
 *	Authentication-Results: [CFWS] authserv-id [CFWS version] ...
 *
 * (RFC 8601 2.2), the id a token or a quoted string.  Readers downstream are
 * lenient, so we are when we look for our name, and remove too much rather
 * than too little.
 */
#include "policy/authres.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/cfws.h"
#include "policy/header.h"
#include "util/domain.h"
#include "util/number.h"
#include "util/xalloc.h"

#define FIRST_SPANS	8
#define ID_MAX		(4 * DOMAIN_MAX)

/* Does the value hold our name, anywhere? */
static bool
names(const char *value, size_t n, const char *host)
{
	size_t length = strlen(host);

	for (size_t i = 0; i + length <= n; i++) {
		if (ascii_lower(value[i]) == host[0] &&
		    strncasecmp(value + i, host, length) == 0)
			return true;
	}
	return false;
}

/* The same name: without case, a final dot, or as U-labels. */
static bool
same_name(const char *id, size_t n, const char *host)
{
	char domain[DOMAIN_SIZE];

	if (n == strlen(host) && strncasecmp(id, host, n) == 0)
		return true;
	return domain_parse(id, n, true, domain) && strcmp(domain, host) == 0;
}

/* A quoted id without its quotes and backslashes. */
static size_t
unquote(const char *quoted, size_t n, char id[static ID_MAX])
{
	size_t length = 0;

	for (size_t i = 1; i + 1 < n && length < ID_MAX; i++) {
		if (quoted[i] == '\\')
			i++;
		id[length++] = quoted[i];
	}
	return length;
}

bool
authres_claims(const char *value, size_t n, const char *host)
{
	const char *p = value, *end = value + n, *start;
	char id[ID_MAX];

	if (host[0] == '\0')
		return false;
	if (!cfws_skip(&p, end))
		return names(value, n, host);
	start = p;
	if (p < end && *p == '"') {
		if (!cfws_quoted(&p, end))
			return names(value, n, host);
		n = unquote(start, (size_t)(p - start), id);
		return same_name(id, n, host);
	}
	while (p < end && *p != '\0' && strchr(" \t\r\n;(/", *p) == NULL)
		p++;
	if (p < end && *p == '\0')
		return names(value, n, host);
	return same_name(start, (size_t)(p - start), host);
}

struct spans {
	struct authres_span	*list;
	size_t			 count;
	size_t			 room;
};

/* false: too many */
static bool
add(struct spans *spans, const struct header_field *field)
{
	if (spans->count > 0 &&
	    spans->list[spans->count - 1].end == field->start) {
		spans->list[spans->count - 1].end = field->end;
		return true;
	}
	if (spans->count == AUTHRES_SPANS_MAX)
		return false;
	if (spans->count == spans->room) {
		spans->room = spans->room == 0 ? FIRST_SPANS : 2 * spans->room;
		spans->list = xreallocarray(spans->list, spans->room,
		    sizeof *spans->list);
	}
	spans->list[spans->count++] = (struct authres_span){
		.start = field->start, .end = field->end,
	};
	return true;
}

bool
authres_forged(const char *text, size_t n, const char *host,
    struct authres_span **ret_spans, size_t *ret_count)
{
	struct header_field field;
	struct spans spans = { .count = 0 };
	size_t size = header_size(text, n);

	for (size_t at = 0; header_field_at(text, size, at, &field);
	    at = field.end) {
		if (header_field_is(&field, "Authentication-Results") &&
		    authres_claims(field.value, field.value_length, host) &&
		    !add(&spans, &field)) {
			free(spans.list);
			return false;
		}
	}
	*ret_spans = spans.list;
	*ret_count = spans.count;
	return true;
}
