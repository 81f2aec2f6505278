/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_MAILDIR_H
#define QUEUE_MAILDIR_H

/*
 * Messages into Maildirs (https://cr.yp.to/proto/maildir.html; folders as
 * Maildir++).  A message is durable before it counts: its file is synced in
 * tmp/, renamed into new/, and that folder is synced.
 *
 * Messages are taken in batches, for a sync costs the same for one message
 * and for twenty: the first brings to disk what the others wait for.
 *
 *	maildir_add	writes tmp/NAME; any number of times
 *	maildir_commit	syncs the files, renames them, syncs each new/ once,
 *			and tells the result of every message
 *
 * Paths are below the working directory of the process, which is where it
 * may write at all.  A Maildir that is not there is made; symbolic links in
 * it are followed: it is the owner's, and the process has no more rights
 * than the owner.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/queue_words.h"

#define MAILDIR_BATCH_MAX	64
#define MAILDIR_TEXT_SIZE	512

struct maildir_message {
	const char	*path;		/* of the Maildir: maildir_path_is_safe */
	bool		 junk;		/* into its folder .Junk */
	const char	*prefix;	/* fields to write first, LF ended */
	const void	*body;		/* CRLF lines, or NULL and: */
	int		 file;		/* the same here, not closed, from */
	uint64_t	 offset;
	uint64_t	 size_bytes;
};

struct maildir_batch;

/* Reports one message: OUTCOME_DELIVERED or OUTCOME_DEFERRED, and in words. */
typedef void maildir_done(void *tag, enum deliver_outcome outcome,
    const char *text);

/* host is this machine's name, for unique file names. */
struct maildir_batch *maildir_batch_new(const char *host, maildir_done *done);
/* What was added and not committed is removed again, without a report. */
struct maildir_batch *maildir_batch_free(struct maildir_batch *b);

/* Reads the message at once; tag comes back with its result, now if it
 * failed, else from maildir_commit, which is called here when the batch is
 * full. */
void maildir_add(struct maildir_batch *b,
    const struct maildir_message *message, void *tag);
size_t maildir_waiting(const struct maildir_batch *b);
void maildir_commit(struct maildir_batch *b);

#endif
