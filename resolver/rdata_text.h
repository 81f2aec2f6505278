/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_RDATA_TEXT_H
#define RESOLVER_RDATA_TEXT_H

/*
 * The words of a zone file to RDATA in wire form; resolver/rdata.h reads it
 * back.
 */

#include <stdbool.h>
#include <stddef.h>

#include "resolver/dns.h"
#include "resolver/zone_entry.h"
#include "util/buf.h"
#include "util/domain.h"

/* "MX" to DNS_MX, without regard to case. */
bool rdata_text_type(const char *word, enum dns_type *ret_type);
/* The same for types that a zone may have and that nobody here asks for. */
bool rdata_text_ignored(const char *word);

/* Lower case, without final dot; relative names get the origin appended,
 * "@" is the origin, "." is "".  NULL, or what is wrong. */
const char *rdata_text_name(const struct zone_field *field, const char *origin,
    char ret_name[static DOMAIN_SIZE]);
/* Adds the record that the fields describe.  NULL, or what is wrong. */
const char *rdata_text_write(enum dns_type type,
    const struct zone_field *fields, size_t count, const char *origin,
    struct buf *wire);

#endif
