/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_MAILDIR_WRITE_H
#define QUEUE_MAILDIR_WRITE_H

/* One message to one file, its lines ended as files have them. */

#include <stdbool.h>
#include <stdint.h>

#include "queue/maildir.h"

/* Writes prefix and body to fd, CRLF as LF; a CR alone stays.  false and
 * errno (EIO if the body is shorter than it should be). */
bool maildir_write(int fd, const struct maildir_message *message,
    uint64_t *ret_size_bytes);

#endif
