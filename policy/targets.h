/* SPDX-License-Identifier: ISC */
#ifndef POLICY_TARGETS_H
#define POLICY_TARGETS_H

/*
 * Where mail for one recipient goes: usually one place, more for an alias.
 * Zeroed memory is an empty list.
 */

#include <stdbool.h>
#include <stddef.h>

#include "policy/lists.h"
#include "policy/policy.h"

#define TARGETS_MAX 1000

struct target {
	enum target_kind	 kind;
	char			*address;
	char			*user;	/* TARGET_MAILDIR: system user */
	char			*path;	/* TARGET_MAILDIR, TARGET_LMTP */
};

struct targets {
	struct target	*items;
	size_t		 count;
};

void targets_done(struct targets *targets);
/* Both adders copy, and return false beyond TARGETS_MAX. */
bool targets_add(struct targets *targets, enum target_kind kind,
    const char *address, const char *user, const char *path);
/*
 * The first of: the mailbox's LMTP server, its Maildir, its domain's
 * transport, the settings lmtp and maildir.  A mailbox of the daemon's own
 * without a Maildir gets DOMAIN/LOCAL/ and the setting.
 */
bool targets_add_mailbox(struct targets *targets,
    const struct lists_mailbox *mailbox, const char *transport,
    const char *maildir, const char *lmtp);

#endif
