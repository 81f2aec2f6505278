/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SPF_PLAIN_H
#define POLICY_SPF_PLAIN_H

/* A record in the simpler form that libspf2 reads without fault. */

#include <stdbool.h>
#include <stddef.h>

#include "util/netaddr.h"

#define SPF_PLAIN_SIZE 2049	/* longer ones it may not see */

/*
 * The same for this client, without modifiers but redirect, networks of the
 * other address family and prefix lengths of zero.  false: it is no record,
 * not a sound one, or too long.
 */
bool spf_plain(const void *record, size_t size, const struct netaddr *peer,
    char ret_text[static SPF_PLAIN_SIZE]);

#endif
