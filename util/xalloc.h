/* SPDX-License-Identifier: ISC */
#ifndef UTIL_XALLOC_H
#define UTIL_XALLOC_H

/*
 * Memory that is always there.  Running out of memory ends the process with
 * one line: the parent starts it again, and nothing accepted is lost.
 * Free with free(3).
 */

#include <stddef.h>

void *xmalloc(size_t size_bytes);
void *xcalloc(size_t count, size_t size_bytes);	/* zeroed */
void *xreallocarray(void *old, size_t count, size_t size_bytes);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t max_bytes);
void *xmemdup(const void *data, size_t size_bytes);
char *xasprintf(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
