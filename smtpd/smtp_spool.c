/* SPDX-License-Identifier: ISC */
/* Files that the queue opened for messages too large for memory. */
#include "smtpd/smtp.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/xalloc.h"

#define MOVE_PIECE	(256 * 1024)

bool
spool_append(int fd, const uint8_t *data, size_t n)
{
	ssize_t done;

	while (n > 0) {
		done = write(fd, data, n);
		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			data += done;
			n -= (size_t)done;
		}
	}
	return true;
}

static bool
read_at(int fd, uint8_t *to, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t done = pread(fd, to, n, (off_t)at);

		if (done == 0 || (done < 0 && errno != EINTR))
			return false;
		if (done > 0) {
			to += done;
			n -= (size_t)done;
			at += (uint64_t)done;
		}
	}
	return true;
}

static bool
write_at(int fd, const uint8_t *from, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t done = pwrite(fd, from, n, (off_t)at);

		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			from += done;
			n -= (size_t)done;
			at += (uint64_t)done;
		}
	}
	return true;
}

/* From the end on, so that nothing is written over before it was read. */
bool
spool_prepend(int fd, uint64_t size, const void *data, size_t n)
{
	uint8_t *piece;
	uint64_t left = size;
	bool ok = true;

	if (n == 0)
		return true;
	piece = xmalloc(MOVE_PIECE);
	while (left > 0 && ok) {
		size_t k = left < MOVE_PIECE ? (size_t)left : MOVE_PIECE;

		left -= k;
		ok = read_at(fd, piece, k, left) &&
		    write_at(fd, piece, k, left + n);
	}
	free(piece);
	return ok && write_at(fd, data, n, 0);
}
