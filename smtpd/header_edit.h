/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_HEADER_EDIT_H
#define SMTPD_HEADER_EDIT_H

/* What filters change in a header section. */

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

struct header_edit {
	uint32_t	 kind;		/* enum filter_change */
	uint32_t	 index;
	const char	*name;
	const char	*value;		/* all behind the colon */
};

/*
 * Writes the header section (fields with CRLF ends, no empty line) with the
 * edits made one after the other: a field is added at the end; inserted so
 * that `index` fields stand before it; or the index-th field of that name
 * (from 1) is changed, removed where the value is empty, and added where it
 * is not there.
 */
void header_edit(const uint8_t *header, size_t n,
    const struct header_edit *edits, size_t count, struct buf *out);
/* Octets of the header section of a message, without the empty line. */
size_t header_edit_size(const uint8_t *message, size_t n);

#endif
