/* SPDX-License-Identifier: ISC */
/* Which paths may be Maildirs, and how one comes to be. */
#include "queue/maildir_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/xalloc.h"

bool
maildir_path_is_safe(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, "/");

		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		if (path[n] == '\0')
			return true;
		path += n + 1;
	}
}

bool
maildir_sync_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), saved;
	bool done;

	if (fd == -1)
		return false;
	done = fsync(fd) == 0;
	saved = errno;
	close(fd);
	errno = saved;
	return done;
}

/* path is a directory afterwards; its parent exists. */
static bool
make_one(const char *path, const char *parent)
{
	struct stat st;

	if (mkdir(path, 0700) == 0)
		return maildir_sync_directory(parent);
	if (errno != EEXIST)
		return false;
	if (stat(path, &st) == -1)
		return false;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return false;
	}
	return true;
}

/* The kernel's answer to mkdir is asked for only where nothing is: below a
 * directory that is not ours to write in, EACCES would come before EEXIST. */
bool
maildir_make_path(const char *path)
{
	char *part = xstrdup(path), *slash = part;
	const char *parent = *path == '/' ? "/" : ".";
	char *above = NULL;
	bool done = true;

	slash += *path == '/';
	while (done && slash != NULL) {
		slash = strchr(slash, '/');
		if (slash != NULL)
			*slash = '\0';
		if (access(part, F_OK) == -1)
			done = make_one(part, parent);
		free(above);
		parent = above = xstrdup(part);
		if (slash != NULL)
			*slash++ = '/';
	}
	free(above);
	free(part);
	return done;
}

bool
maildir_make(const char *folder)
{
	static const char *const parts[] = { "tmp", "new", "cur" };
	bool done = maildir_make_path(folder);

	for (size_t i = 0; i < 3 && done; i++) {
		char *path = xasprintf("%s/%s", folder, parts[i]);

		done = make_one(path, folder);
		free(path);
	}
	return done;
}

bool
maildir_make_junk(const char *maildir)
{
	char *folder = xasprintf("%s/.Junk", maildir);
	char *mark = xasprintf("%s/maildirfolder", folder);
	int fd = -1;

	if (maildir_make(maildir) && maildir_make(folder))
		fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	free(mark);
	free(folder);
	if (fd == -1)
		return false;
	close(fd);
	return true;
}
