/* SPDX-License-Identifier: ISC */
#ifndef POLICY_RECIPIENTS_H
#define POLICY_RECIPIENTS_H

/*
 * Is this recipient ours, and where does its mail go?
 *
 *	domain not ours: TARGET_REMOTE for clients of ours, else refused
 *	alias of the whole address	-> its targets, each looked up again
 *	mailbox of the whole address	-> Maildir or LMTP
 *	the same two without the detail	(user+detail, recipient-delimiter)
 *	a domain that is relayed	-> TARGET_REMOTE
 *	catch-all alias "@domain"	-> its targets
 *	postmaster: what stands in for it (below)
 *	nothing				-> RECIPIENT_UNKNOWN
 *
 * Local parts of ours mean the same in upper and lower case (ASCII).
 * An alias target that leads nowhere is passed over while others remain.
 *
 * Every domain of ours has a postmaster (RFC 5321 4.5.1): without an alias
 * or mailbox of that name it is that of the host's own domain, else the
 * oldest mailbox of the domain, else the oldest of all.  A bare "postmaster"
 * is that of the host's domain.
 */

#include "policy/lists.h"
#include "policy/policy.h"
#include "policy/targets.h"

#define RECIPIENT_DEPTH_MAX	20	/* aliases one behind the other */

struct recipients_settings {
	const char	*hostname;
	const char	*maildir;	/* of a mailbox that names none */
	const char	*lmtp;		/* for mailboxes; "" is Maildir */
	const char	*delimiter;	/* its first character; "" for none */
};

/*
 * address: as given at RCPT, syntax already checked, or "postmaster".  relay:
 * the client may send anywhere.  RECIPIENT_OK: at least one target, the
 * caller's to free with targets_done; else there are none.
 * RECIPIENT_TROUBLE: the tables cannot be read, or an alias is larger than
 * the bounds above; ret_why says which.
 */
enum recipient_status recipients_find(struct lists *lists,
    const struct recipients_settings *settings, const char *address,
    bool relay, struct targets *ret_targets,
    char ret_why[static LISTS_WHY_SIZE]);

#endif
