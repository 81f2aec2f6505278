/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_LOCAL_TARGET_H
#define QUEUE_LOCAL_TARGET_H

/*
 * A mailbox's path as two parts: the directory that its process is locked
 * into, which mailboxes share, and the Maildir below it.
 *
 *	Maildir				"" (the home)		Maildir
 *	/var/mail/example.org/anna	/var/mail/example.org	anna
 */

#include <stdbool.h>

struct local_target {
	char	*directory;
	char	*path;
};

/* false if the path has empty parts, "." or "..". */
bool local_target_find(const char *path, struct local_target *ret_target);
void local_target_clear(struct local_target *target);

#endif
