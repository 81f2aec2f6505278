/* SPDX-License-Identifier: ISC */
/* Lists of targets, and which place a mailbox is. */

#include "policy/targets.h"

#include "util/xalloc.h"

void
targets_done(struct targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		free(targets->items[i].address);
		free(targets->items[i].user);
		free(targets->items[i].path);
	}
	free(targets->items);
	targets->items = NULL;
	targets->count = 0;
}

bool
targets_add(struct targets *targets, enum target_kind kind,
    const char *address, const char *user, const char *path)
{
	size_t n = targets->count;

	if (n == TARGETS_MAX)
		return false;
	targets->items = xreallocarray(targets->items, n + 1,
	    sizeof *targets->items);
	targets->items[n] = (struct target){ .kind = kind,
	    .address = xstrdup(address), .user = xstrdup(user),
	    .path = xstrdup(path) };
	targets->count++;
	return true;
}

/* DOMAIN/LOCAL/Maildir, with no octet in it that could lead elsewhere. */
static char *
own_maildir(const char *address, const char *maildir)
{
	const char *at = strrchr(address, '@');
	int n = (int)(at - address);
	char *path = xasprintf("%s/%.*s/%s", at + 1, n, address, maildir);
	char *local = path + strlen(at + 1) + 1;

	for (int i = 0; i < n; i++)
		if (local[i] == '/' || (i == 0 && local[i] == '.'))
			local[i] = '_';
	return path;
}

/* The LMTP server of a mailbox, "" if it is a Maildir. */
static const char *
lmtp_of(const struct lists_mailbox *m, const char *transport, const char *lmtp)
{
	if (m->lmtp[0] != '\0' || m->maildir[0] != '\0')
		return m->lmtp;
	if (strcmp(transport, "maildir") == 0)
		return "";
	if (transport[0] != '\0' && strcmp(transport, "relay") != 0)
		return transport;
	return lmtp;
}

bool
targets_add_mailbox(struct targets *targets,
    const struct lists_mailbox *mailbox, const char *transport,
    const char *maildir, const char *lmtp)
{
	char *path;
	bool added;

	lmtp = lmtp_of(mailbox, transport, lmtp);
	if (lmtp[0] != '\0')
		return targets_add(targets, TARGET_LMTP, mailbox->address, "",
		    lmtp);
	if (mailbox->maildir[0] != '\0')
		path = xstrdup(mailbox->maildir);
	else if (mailbox->user[0] != '\0')
		path = xstrdup(maildir);
	else
		path = own_maildir(mailbox->address, maildir);
	added = targets_add(targets, TARGET_MAILDIR, mailbox->address,
	    mailbox->user, path);
	free(path);
	return added;
}
