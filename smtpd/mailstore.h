/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_MAILSTORE_H
#define SMTPD_MAILSTORE_H

/* A Maildir (its folders cur and new) or an mbox, message by message. */

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"

struct mailstore;

struct mailstore_item {
	const char	*name;		/* file, or "message 12" */
	const char	*sender;	/* as an mbox says; "" if it does not */
	bool		 unreadable;
};

/* NULL after saying why on standard error. */
struct mailstore *mailstore_open(const char *path);
struct mailstore *mailstore_close(struct mailstore *store);
/* false at the end.  A message too large for text overflows it.  Names are
 * valid until the next call. */
bool mailstore_next(struct mailstore *store, struct buf *text,
    struct mailstore_item *ret_item);
/* How much has been read, of how much in all: bytes, or files. */
void mailstore_progress(const struct mailstore *store, uint64_t *ret_done,
    uint64_t *ret_all);

#endif
