/* SPDX-License-Identifier: ISC */
/*
 *	Maildir/tmp/1732431600.M123456P77Q1.host	being written
 *	Maildir/new/1732431600.M123456P77Q1.host,S=4096	delivered
 *	Maildir/.Junk/...				quarantined
 */
#include "queue/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "queue/maildir_path.h"
#include "queue/maildir_write.h"
#include "util/xalloc.h"

#define NAME_TRIES 10

struct item {
	void		*tag;
	char		*folder;	/* the Maildir, or its folder Junk */
	char		*temporary;	/* FOLDER/tmp/NAME */
	const char	*name;		/* the last part of it */
	int		 fd;
	uint64_t	 size_bytes;	/* as written */
	bool		 renamed;
	bool		 synced;	/* new/ is, after the renaming */
	int		 error;		/* errno; 0: well so far */
	const char	*step;		/* where it happened */
};

struct maildir_batch {
	maildir_done	*done;
	char		*host;
	unsigned	 serial;
	size_t		 count;
	struct item	 items[MAILDIR_BATCH_MAX];
};

/* "/" and ":" cannot stand in a name; the convention writes them so. */
static char *
name_part(const char *host)
{
	char *part = xcalloc(4, strlen(host) + 1), *to = part;

	for (; *host != '\0'; host++) {
		if (*host == '/' || *host == ':') {
			memcpy(to, *host == '/' ? "\\057" : "\\072", 4);
			to += 4;
		} else
			*to++ = *host;
	}
	return part;
}

struct maildir_batch *
maildir_batch_new(const char *host, maildir_done *done)
{
	struct maildir_batch *b = xcalloc(1, sizeof *b);

	b->done = done;
	b->host = name_part(host);
	return b;
}

static void
clear_item(struct item *item)
{
	if (item->fd != -1)
		close(item->fd);
	if (item->temporary != NULL && !item->renamed)
		unlink(item->temporary);
	free(item->temporary);
	free(item->folder);
}

struct maildir_batch *
maildir_batch_free(struct maildir_batch *b)
{
	if (b == NULL)
		return NULL;
	for (size_t i = 0; i < b->count; i++)
		clear_item(&b->items[i]);
	free(b->host);
	free(b);
	return NULL;
}

static void
failed(struct item *item, const char *step)
{
	if (item->error == 0) {
		item->error = errno;
		item->step = step;
	}
}

static void
report(struct maildir_batch *b, struct item *item)
{
	char text[MAILDIR_TEXT_SIZE];

	if (item->error != 0)
		snprintf(text, sizeof text, "%s: cannot %s: %s", item->folder,
		    item->step, strerror(item->error));
	else
		snprintf(text, sizeof text, "stored in %s", item->folder);
	b->done(item->tag, item->error == 0 ? OUTCOME_DELIVERED :
	    OUTCOME_DEFERRED, text);
	clear_item(item);
}

/* A new file FOLDER/tmp/NAME; where there is no Maildir one is made. */
static bool
open_temporary(struct maildir_batch *b, struct item *item,
    const struct maildir_message *m)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		free(item->temporary);
		item->temporary = xasprintf("%s/tmp/%" PRId64 ".M%06ldP%dQ%u.%s",
		    item->folder, (int64_t)now.tv_sec, now.tv_nsec / 1000,
		    (int)getpid(), ++b->serial, b->host);
		item->fd = open(item->temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (item->fd != -1) {
			item->name = strrchr(item->temporary, '/') + 1;
			return true;
		}
		if (errno == ENOENT &&
		    !(m->junk ? maildir_make_junk : maildir_make)(m->path))
			break;
		if (errno != ENOENT && errno != EEXIST)
			break;
	}
	/* There is none of ours to remove. */
	free(item->temporary);
	item->temporary = NULL;
	return false;
}

void
maildir_add(struct maildir_batch *b, const struct maildir_message *m,
    void *tag)
{
	struct item *item = &b->items[b->count];

	*item = (struct item){ .tag = tag, .fd = -1 };
	item->folder = xasprintf("%s%s", m->path, m->junk ? "/.Junk" : "");
	if (!maildir_path_is_safe(m->path)) {
		errno = EINVAL;
		failed(item, "use this path");
	} else if (!open_temporary(b, item, m))
		failed(item, "make a file in tmp");
	else if (!maildir_write(item->fd, m, &item->size_bytes))
		failed(item, "write the message");
	if (item->error != 0) {
		report(b, item);
		return;
	}
	if (++b->count == MAILDIR_BATCH_MAX)
		maildir_commit(b);
}

size_t
maildir_waiting(const struct maildir_batch *b)
{
	return b->count;
}

static void
rename_item(struct item *item)
{
	char *to = xasprintf("%s/new/%s,S=%" PRIu64, item->folder, item->name,
	    item->size_bytes);

	item->renamed = rename(item->temporary, to) == 0;
	if (!item->renamed && errno == ENOENT && maildir_make(item->folder))
		item->renamed = rename(item->temporary, to) == 0;
	if (!item->renamed)
		failed(item, "move the message to new");
	free(to);
}

/* Syncs new/ of the first item's folder, for all items that share it. */
static void
sync_folder(struct item *first, struct item *end)
{
	char *path = xasprintf("%s/new", first->folder);
	bool done = maildir_sync_directory(path);

	for (struct item *item = first; item < end; item++) {
		if (strcmp(item->folder, first->folder) != 0)
			continue;
		if (!done)
			failed(item, "sync new");
		item->synced = true;
	}
	free(path);
}

void
maildir_commit(struct maildir_batch *b)
{
	struct item *end = b->items + b->count;
	size_t count = b->count;

	for (struct item *item = b->items; item < end; item++) {
		if (fsync(item->fd) == -1)
			failed(item, "sync the message");
	}
	for (struct item *item = b->items; item < end; item++) {
		if (item->error == 0)
			rename_item(item);
	}
	for (struct item *item = b->items; item < end; item++) {
		if (item->error == 0 && !item->synced)
			sync_folder(item, end);
	}
	b->count = 0;
	for (size_t i = 0; i < count; i++)
		report(b, &b->items[i]);
}
