/* SPDX-License-Identifier: ISC */
#include "util/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/xalloc.h"

#define PIECE 16384

char *
fdio_read_all(int fd, size_t max_bytes, size_t *ret_size)
{
	size_t size = 0, room = PIECE;
	char *text = xmalloc(room + 1);

	for (;;) {
		ssize_t n;

		if (size == room) {
			room *= 2;
			text = xreallocarray(text, room + 1, 1);
		}
		n = pread(fd, text + size, room - size, (off_t)size);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		if (n > 0)
			size += (size_t)n;
		if (n == -1 || size > max_bytes) {
			if (n != -1)
				errno = EFBIG;
			free(text);
			return NULL;
		}
	}
	text[size] = '\0';
	*ret_size = size;
	return text;
}

char *
fdio_read_file(const char *path, size_t max_bytes, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	char *text;

	if (fd == -1)
		return NULL;
	text = fdio_read_all(fd, max_bytes, ret_size);
	saved = errno;
	close(fd);
	errno = saved;
	return text;
}

int
fdio_sealed(const void *data, size_t n)
{
	const uint8_t *at = data;
	int fd = memfd_create("mx6d", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd == -1)
		return -1;
	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done <= 0) {
			close(fd);
			return -1;
		}
		at += done;
		n -= (size_t)done;
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
	    F_SEAL_SEAL);
	return fd;
}
