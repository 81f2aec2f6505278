/* SPDX-License-Identifier: ISC */
#ifndef POLICY_FIELDTEXT_H
#define POLICY_FIELDTEXT_H

/* Strangers' words inside the fields that we compose (RFC 8601, RFC 7208):
 * what may stand as it is, what is quoted, what is left out. */

#include <stdbool.h>
#include <stddef.h>

/* Letters, digits and "-._" alone, at least one: needs no quotes anywhere. */
bool fieldtext_is_plain(const char *text);
/* local@domain, a dot-atom (RFC 5322 3.2.3) and a plain domain. */
bool fieldtext_is_plain_address(const char *text);
/* text as a value: as it is if plain, else as a quoted-string (RFC 5322
 * 3.2.4).  false, and to is "", if it is not printable ASCII or too long. */
bool fieldtext_value(const char *text, bool plain, char *to, size_t size);
/* What may stand in a comment: cut to size, and "_" for what is not printable
 * or would end it. */
void fieldtext_comment(const char *text, char *to, size_t size);

#endif
