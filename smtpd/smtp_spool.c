/* SPDX-License-Identifier: ISC */
/* Files that the queue opened for messages too large for memory. */
#include "smtpd/smtp.h"

#include <errno.h>
#include <unistd.h>

bool
spool_write(int fd, uint64_t at, const void *data, size_t n)
{
	const uint8_t *from = data;

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
