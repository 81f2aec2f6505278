/* SPDX-License-Identifier: ISC */
#include "smtpd/mailstore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "smtpd/ctl.h"
#include "smtpd/mbox.h"
#include "util/xalloc.h"

struct mailstore {
	struct mbox	 mbox;
	FILE		*file;		/* of an mbox; NULL: a Maildir */
	int		 fd;		/* of the Maildir */
	DIR		*folder;	/* NULL: none is open */
	size_t		 next_folder;
	char		 name[300];
	uint64_t	 done;
	uint64_t	 all;
};

static const char *const folders[] = { "cur", "new" };
#define FOLDERS (sizeof folders / sizeof folders[0])

static bool
open_folder(struct mailstore *s)
{
	int fd = openat(s->fd, folders[s->next_folder++],
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return false;
	s->folder = fdopendir(fd);
	if (s->folder == NULL)
		close(fd);
	return s->folder != NULL;
}

/* The next file's name; NULL behind the last. */
static const char *
next_file(struct mailstore *s)
{
	struct dirent *e;

	for (;;) {
		while (s->folder == NULL)
			if (s->next_folder == FOLDERS)
				return NULL;
			else
				open_folder(s);
		while ((e = readdir(s->folder)) != NULL)
			if (e->d_name[0] != '.')
				return e->d_name;
		closedir(s->folder);
		s->folder = NULL;
	}
}

static bool
count_files(struct mailstore *s)
{
	bool any = false;

	for (size_t i = 0; i < FOLDERS; i++)
		any |= faccessat(s->fd, folders[i], R_OK | X_OK, 0) == 0;
	while (any && next_file(s) != NULL)
		s->all++;
	s->next_folder = 0;
	return any;
}

static bool
open_mbox(struct mailstore *s, int fd, const struct stat *st)
{
	s->file = fdopen(fd, "r");
	if (s->file == NULL)
		return false;
	s->all = (uint64_t)st->st_size;
	mbox_init(&s->mbox, s->file);
	return mbox_is_one(&s->mbox);
}

/* NULL, or what is wrong. */
static const char *
open_either(struct mailstore *s, const char *path)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) != 0 ||
	    (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))) {
		close(fd);
		return "neither a directory nor a file";
	}
	if (S_ISREG(st.st_mode))
		return open_mbox(s, fd, &st) ? NULL :
		    "no mbox: it does not begin with \"From \"";
	s->fd = fd;
	return count_files(s) ? NULL :
	    "no Maildir: neither \"cur\" nor \"new\" can be read";
}

struct mailstore *
mailstore_open(const char *path)
{
	struct mailstore *s = xcalloc(1, sizeof *s);
	const char *why;

	s->fd = -1;
	why = open_either(s, path);
	if (why == NULL)
		return s;
	ctl_error("%s: %s", path, why);
	return mailstore_close(s);
}

struct mailstore *
mailstore_close(struct mailstore *s)
{
	if (s == NULL)
		return NULL;
	if (s->file != NULL)
		fclose(s->file);
	if (s->folder != NULL)
		closedir(s->folder);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
	return NULL;
}

static bool
read_file(struct mailstore *s, const char *name, struct buf *text)
{
	int fd = openat(dirfd(s->folder), name,
	    O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;
	bool good;
	FILE *file;

	if (fd < 0)
		return false;
	file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ?
	    fdopen(fd, "r") : NULL;
	if (file == NULL) {
		close(fd);
		return false;
	}
	mbox_init(&s->mbox, file);
	mbox_rest(&s->mbox, text);
	good = !ferror(file);
	fclose(file);
	return good;
}

bool
mailstore_next(struct mailstore *s, struct buf *text,
    struct mailstore_item *ret_item)
{
	const char *name;

	*ret_item = (struct mailstore_item){ .name = s->name, .sender = "" };
	if (s->file != NULL) {
		if (!mbox_next(&s->mbox, text))
			return false;
		snprintf(s->name, sizeof s->name, "message %" PRIu64,
		    ++s->done);
		ret_item->sender = s->mbox.sender;
		return true;
	}
	name = next_file(s);
	if (name == NULL)
		return false;
	s->done++;
	snprintf(s->name, sizeof s->name, "%s/%s",
	    folders[s->next_folder - 1], name);
	ret_item->unreadable = !read_file(s, name, text);
	return true;
}

void
mailstore_progress(const struct mailstore *s, uint64_t *ret_done,
    uint64_t *ret_all)
{
	long at = s->file == NULL ? -1 : ftell(s->file);

	*ret_done = at >= 0 ? (uint64_t)at : s->done;
	*ret_all = s->all;
}
