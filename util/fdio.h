/* SPDX-License-Identifier: ISC */
#ifndef UTIL_FDIO_H
#define UTIL_FDIO_H

/* Whole texts through descriptors: files in, sealed memfds between programs. */

#include <stdbool.h>
#include <stddef.h>

/* All of fd from offset 0, at most max_bytes, with a NUL behind; the caller
 * frees it.  NULL and errno on an error (EFBIG beyond the maximum). */
char *fdio_read_all(int fd, size_t max_bytes, size_t *ret_size);
/* The same by name. */
char *fdio_read_file(const char *path, size_t max_bytes, size_t *ret_size);
/* A sealed memfd that holds n bytes; -1 and errno on an error. */
int fdio_sealed(const void *data, size_t n);

#endif
