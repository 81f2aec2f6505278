/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_MBOX_H
#define SMTPD_MBOX_H

/*
 * Stored messages out of a file, with CRLF line ends as on the wire: a whole
 * file (Maildir), or one after the other (mbox).
 *
 *	From sender Mon Jan  1 00:00:00 2026	begins a message; an empty line,
 *						or the file's begin, before it
 *	>From ...				one ">" goes (mboxrd; in an mboxo
 *						a line that had it loses it)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/mailaddr.h"

#define MBOX_PIECE	4096

struct mbox {
	FILE	*file;
	char	 piece[MBOX_PIECE];	/* a line, or a part of one */
	size_t	 length;		/* 0: the file's end */
	bool	 starts;		/* the piece begins a line */
	bool	 after_cr;		/* the octet before it was CR */
	bool	 after_empty;		/* the line before was empty */
	char	 sender[MAILADDR_TEXT_SIZE];	/* of the last message, or "" */
};

/* file stays the caller's. */
void mbox_init(struct mbox *m, FILE *file);
/* An mbox begins like this. */
bool mbox_is_one(const struct mbox *m);
/* The next message of an mbox; false at its end.  text is cleared first; one
 * that does not fit is read to its end, and text overflows. */
bool mbox_next(struct mbox *m, struct buf *text);
/* All that is left of the file as one message. */
void mbox_rest(struct mbox *m, struct buf *text);

#endif
