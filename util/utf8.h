/* SPDX-License-Identifier: ISC */
#ifndef UTIL_UTF8_H
#define UTIL_UTF8_H

#include <stddef.h>

/*
 * Length of the well-formed UTF-8 sequence beyond ASCII that stands at p
 * (RFC 3629 4.), 2 to 4; 0 if there is none.  The C1 controls (U+0080 to
 * U+009F) count as malformed: nobody writes them, terminals obey them.
 */
size_t utf8_length(const char *p, const char *end);

#endif
