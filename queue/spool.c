/* SPDX-License-Identifier: ISC */
#include "queue/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "util/xalloc.h"

#define UNCLAIMED_MAX	2000
#define NAME_SIZE	17	/* 16 hex digits */

struct unclaimed {
	TAILQ_ENTRY(unclaimed)	link;
	uint64_t		spool_id;
};

struct spool {
	int				directory;
	uint64_t			next_id;
	TAILQ_HEAD(, unclaimed)		unclaimed;	/* oldest first */
	unsigned			unclaimed_count;
};

struct sync_job {
	uv_work_t	 work;
	int		 directory;
	int		 fd;
	uint64_t	 size_bytes;
	bool		 ok;
	void		(*done)(void *arg, bool ok);
	void		*arg;
};

static void
name_of(uint64_t spool_id, char name[static NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%016llx", (unsigned long long)spool_id);
}

struct spool *
spool_open(const char *directory, uint64_t now_ms)
{
	struct spool *spool;
	int fd;

	if (mkdir(directory, 0700) == -1 && errno != EEXIST)
		return NULL;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return NULL;
	spool = xcalloc(1, sizeof *spool);
	spool->directory = fd;
	/* Never the number of an older file, wherever the clock stood. */
	spool->next_id = now_ms << 20 & INT64_MAX;
	TAILQ_INIT(&spool->unclaimed);
	return spool;
}

static void
forget(struct spool *spool, struct unclaimed *u)
{
	TAILQ_REMOVE(&spool->unclaimed, u, link);
	spool->unclaimed_count--;
	free(u);
}

struct spool *
spool_close(struct spool *spool)
{
	if (spool == NULL)
		return NULL;
	while (!TAILQ_EMPTY(&spool->unclaimed))
		forget(spool, TAILQ_FIRST(&spool->unclaimed));
	close(spool->directory);
	free(spool);
	return NULL;
}

unsigned
spool_clean(struct spool *spool, bool (*named)(void *arg, uint64_t spool_id),
    void *arg)
{
	int fd = openat(spool->directory, ".", O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	unsigned removed = 0;
	struct dirent *e;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		unsigned long long id;
		char name[NAME_SIZE], *end;

		id = strtoull(e->d_name, &end, 16);
		if (*end != '\0' || end == e->d_name)
			continue;
		name_of(id, name);
		if (!named(arg, id) &&
		    unlinkat(spool->directory, name, 0) == 0)
			removed++;
	}
	closedir(d);
	return removed;
}

int
spool_create(struct spool *spool, uint64_t *ret_spool_id)
{
	struct unclaimed *u;
	char name[NAME_SIZE];
	int fd, tries = 0;

	if (spool->unclaimed_count >= UNCLAIMED_MAX) {
		errno = EMFILE;
		return -1;
	}
	do {
		name_of(spool->next_id++, name);
		fd = openat(spool->directory, name,
		    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	} while (fd == -1 && errno == EEXIST && ++tries < 1000);
	if (fd == -1)
		return -1;
	u = xmalloc(sizeof *u);
	u->spool_id = spool->next_id - 1;
	TAILQ_INSERT_TAIL(&spool->unclaimed, u, link);
	spool->unclaimed_count++;
	*ret_spool_id = u->spool_id;
	return fd;
}

bool
spool_claim(struct spool *spool, uint64_t spool_id)
{
	struct unclaimed *u;

	TAILQ_FOREACH(u, &spool->unclaimed, link) {
		if (u->spool_id == spool_id) {
			forget(spool, u);
			return true;
		}
	}
	return false;
}

int
spool_open_body(struct spool *spool, uint64_t spool_id, uint64_t start,
    uint64_t size_bytes)
{
	char name[NAME_SIZE];
	struct stat st;
	int fd;

	name_of(spool_id, name);
	fd = openat(spool->directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size >= start &&
	    (uint64_t)st.st_size - start == size_bytes)
		return fd;
	close(fd);
	errno = EIO;
	return -1;
}

static void
sync_work(uv_work_t *work)
{
	struct sync_job *job = work->data;

	/* The file, then its name. */
	job->ok = fdatasync(job->fd) == 0 && fsync(job->directory) == 0;
}

static void
sync_done(uv_work_t *work, int status)
{
	struct sync_job *job = work->data;

	if (job->fd != -1)
		close(job->fd);
	job->done(job->arg, job->ok && status == 0);
	free(job);
}

static void
no_work(uv_work_t *work)
{
	(void)work;
}

void
spool_sync(struct spool *spool, uv_loop_t *loop, uint64_t spool_id,
    uint64_t start, uint64_t size_bytes, void (*done)(void *arg, bool ok),
    void *arg)
{
	struct sync_job *job = xcalloc(1, sizeof *job);

	job->work.data = job;
	job->directory = spool->directory;
	job->done = done;
	job->arg = arg;
	job->fd = spool_open_body(spool, spool_id, start, size_bytes);
	uv_queue_work(loop, &job->work, job->fd == -1 ? no_work : sync_work,
	    sync_done);
}

void
spool_remove(struct spool *spool, uint64_t spool_id)
{
	char name[NAME_SIZE];

	name_of(spool_id, name);
	unlinkat(spool->directory, name, 0);
}

void
spool_sweep(struct spool *spool, uint64_t now_s, uint64_t idle_s)
{
	struct unclaimed *u, *next;

	for (u = TAILQ_FIRST(&spool->unclaimed); u != NULL; u = next) {
		char name[NAME_SIZE];
		struct stat st;

		next = TAILQ_NEXT(u, link);
		name_of(u->spool_id, name);
		if (fstatat(spool->directory, name, &st, 0) == 0 &&
		    (uint64_t)st.st_mtime + idle_s > now_s)
			continue;
		unlinkat(spool->directory, name, 0);
		forget(spool, u);
	}
}

uint64_t
spool_free_bytes(const struct spool *spool)
{
	struct statvfs v;

	if (fstatvfs(spool->directory, &v) == -1)
		return 0;
	return (uint64_t)v.f_bavail * v.f_frsize;
}
