/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_ZONE_ENTRY_H
#define RESOLVER_ZONE_ENTRY_H

/*
 * The text of a zone file (RFC 1035 5.1) as entries of fields: comments,
 * quotes, escapes (\X, \DDD) and parentheses end here.
 */

#include <stdbool.h>
#include <stddef.h>

#define ZONE_FIELDS_MAX	64
#define ZONE_ENTRY_MAX	16384	/* octets of all fields of an entry */

struct zone_text {
	const char	*next;
	const char	*end;
	unsigned	 line;		/* of next; begins with 1 */
};

/* A field may hold any octet; a NUL stands behind it, not counted. */
struct zone_field {
	const char	*text;
	size_t		 size;
};

struct zone_entry {
	unsigned		 line;		/* where it begins */
	bool			 no_owner;	/* it begins with a blank */
	size_t			 count;
	struct zone_field	 fields[ZONE_FIELDS_MAX];
	size_t			 used;
	char			 text[ZONE_ENTRY_MAX];
};

/* The next entry with at least one field.  false at the end, and on an
 * error, for which *ret_why is set and zone->line tells the place. */
bool zone_entry_next(struct zone_text *zone, struct zone_entry *entry,
    const char **ret_why);

#endif
