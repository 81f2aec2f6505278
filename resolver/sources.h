/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_SOURCES_H
#define RESOLVER_SOURCES_H

/*
 * Where answers come from, as the configuration says: a zone file, or
 * libunbound with forwarders or without.  Made before the sandbox closes,
 * because it reads /etc/resolv.conf and the root's keys.
 */

#include <stdbool.h>

#include "resolver/lookup.h"
#include "resolver/zone.h"
#include "util/config.h"

/* Exactly one of the two is not NULL. */
struct sources {
	struct zone	*zone;
	struct lookup	*lookup;
};

/* zone_fd holds the zone file, or is -1.  false after it has been logged
 * why. */
bool sources_open(const struct config *config, int zone_fd,
    struct sources *ret_sources);
/* A zone file that was read again; NULL after it has been logged why. */
struct zone *sources_read_zone(const struct config *config, int zone_fd);
/* libunbound as it was set up for one would not do for the other. */
bool sources_differ(const struct config *a, const struct config *b);

#endif
