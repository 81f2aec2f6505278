/* SPDX-License-Identifier: ISC */
#include "queue/maildir_write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PIECE 32768

struct output {
	int		 fd;
	bool		 failed;	/* errno says why */
	bool		 after_cr;	/* a CR that may belong to an LF */
	size_t		 used;
	uint64_t	 written;
	char		 piece[PIECE];
};

static void
flush(struct output *o)
{
	size_t done = 0;

	while (!o->failed && done < o->used) {
		ssize_t n = write(o->fd, o->piece + done, o->used - done);

		if (n > 0)
			done += (size_t)n;
		else if (n == 0 || errno != EINTR)
			o->failed = true;
	}
	o->written += done;
	o->used = 0;
}

static void
put(struct output *o, const char *text, size_t n)
{
	while (n > 0 && !o->failed) {
		size_t room = sizeof o->piece - o->used;
		size_t part = n < room ? n : room;

		memcpy(o->piece + o->used, text, part);
		o->used += part;
		text += part;
		n -= part;
		if (o->used == sizeof o->piece)
			flush(o);
	}
}

static void
put_lines(struct output *o, const char *text, size_t n)
{
	while (n > 0 && !o->failed) {
		const char *cr;
		size_t part;

		if (o->after_cr && *text != '\n')
			put(o, "\r", 1);
		o->after_cr = false;
		cr = memchr(text, '\r', n);
		part = cr == NULL ? n : (size_t)(cr - text);
		put(o, text, part);
		text += part;
		n -= part;
		if (n > 0) {
			o->after_cr = true;
			text++;
			n--;
		}
	}
}

static void
put_file(struct output *o, int file, uint64_t offset, uint64_t size_bytes)
{
	char piece[PIECE];
	uint64_t at = 0;

	while (at < size_bytes && !o->failed) {
		size_t want = size_bytes - at < sizeof piece ?
		    (size_t)(size_bytes - at) : sizeof piece;
		ssize_t n = pread(file, piece, want, (off_t)(offset + at));

		if (n > 0) {
			put_lines(o, piece, (size_t)n);
			at += (size_t)n;
		} else if (n == 0 || errno != EINTR) {
			if (n == 0)
				errno = EIO;
			o->failed = true;
		}
	}
}

bool
maildir_write(int fd, const struct maildir_message *m,
    uint64_t *ret_size_bytes)
{
	struct output o;

	o.fd = fd;
	o.failed = o.after_cr = false;
	o.used = 0;
	o.written = 0;
	put(&o, m->prefix, strlen(m->prefix));
	if (m->body != NULL)
		put_lines(&o, m->body, (size_t)m->size_bytes);
	else
		put_file(&o, m->file, m->offset, m->size_bytes);
	if (o.after_cr)
		put(&o, "\r", 1);
	flush(&o);
	if (o.failed)
		return false;
	/* Only a beginning, whose errors fsync reports.  When the fsyncs of a
	 * batch come, its data is on the way already: 3 times as fast. */
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	*ret_size_bytes = o.written;
	return true;
}
