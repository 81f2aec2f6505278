/* SPDX-License-Identifier: ISC */
/*
 * Records on a socket: sending and receiving exactly one, with its
 * descriptors; payloads above IPC_INLINE_MAX go through a sealed memfd.
 */
#include "util/ipc_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fdio.h"
#include "util/xalloc.h"

#define BUFFER_WANTED	(1024 * 1024)
#define SEALS	(F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static uint8_t inbox[IPC_INLINE_MAX];

bool
ipc_pair(int ret_fds[2])
{
	int fds[2], size = BUFFER_WANTED;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    0, fds) == -1)
		return false;
	for (int i = 0; i < 2; i++) {
		/* FORCE passes net.core.wmem_max and needs root. */
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size,
		    sizeof size) == -1)
			setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size,
			    sizeof size);
	}
	memcpy(ret_fds, fds, sizeof fds);
	return true;
}

static void
attach_fds(struct msghdr *msg, char *control, size_t control_size,
    const int *fds, unsigned fd_count)
{
	struct cmsghdr *c;

	if (fd_count == 0)
		return;
	memset(control, 0, control_size);
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(fd_count * sizeof *fds);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(fd_count * sizeof *fds);
	memcpy(CMSG_DATA(c), fds, fd_count * sizeof *fds);
}

static enum ipc_io
send_one(int fd, const struct ipc_header *header, const void *data,
    const int *fds, unsigned fd_count)
{
	_Alignas(struct cmsghdr)
	    char control[CMSG_SPACE((IPC_FDS_MAX + 1) * sizeof(int))];
	struct ipc_header head = *header;
	struct iovec parts[2] = {
		{ &head, sizeof head },
		{ (void *)(uintptr_t)data, header->in_memfd ? 0 : header->size },
	};
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };

	attach_fds(&msg, control, sizeof control, fds, fd_count);
	for (;;) {
		if (sendmsg(fd, &msg, MSG_NOSIGNAL) >= 0)
			return IPC_IO_OK;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM ||
		    errno == ETOOMANYREFS)
			return IPC_IO_AGAIN;
		return errno == EPIPE || errno == ECONNRESET ||
		    errno == ENOTCONN ? IPC_IO_CLOSED : IPC_IO_BAD;
	}
}

enum ipc_io
ipc_record_send(int fd, const struct ipc_header *header, const void *data,
    const int *fds, unsigned fd_count)
{
	struct ipc_header head = *header;
	int all[IPC_FDS_MAX + 1];
	enum ipc_io done;

	if (header->size <= IPC_INLINE_MAX)
		return send_one(fd, header, data, fds, fd_count);
	head.in_memfd = 1;
	all[0] = fdio_sealed(data, header->size);
	if (all[0] == -1)
		return IPC_IO_AGAIN;
	if (fd_count > 0)
		memcpy(all + 1, fds, fd_count * sizeof *fds);
	done = send_one(fd, &head, NULL, all, fd_count + 1);
	close(all[0]);
	return done;
}

void
ipc_record_close_fds(struct ipc_record *record)
{
	for (unsigned i = 0; i < record->fd_count; i++)
		close(record->fds[i]);
	record->fd_count = 0;
}

/* All descriptors of the message into all[]; those beyond it are closed. */
static unsigned
collect_fds(struct msghdr *msg, int *all, unsigned room)
{
	unsigned found = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	    c = CMSG_NXTHDR(msg, c)) {
		size_t n;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (found < room)
				all[found++] = fd;
			else
				close(fd);
		}
	}
	return found;
}

/* A memfd that its sender can still change would be read twice differently. */
static void *
read_memfd(int fd, size_t size)
{
	struct stat st;
	uint8_t *data;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals == -1 || (seals & SEALS) != SEALS || fstat(fd, &st) == -1 ||
	    (size_t)st.st_size != size || size > IPC_MESSAGE_MAX)
		return NULL;
	data = xmalloc(size);
	for (size_t at = 0; at < size; ) {
		ssize_t n = pread(fd, data + at, size - at, (off_t)at);

		if (n <= 0) {
			free(data);
			return NULL;
		}
		at += (size_t)n;
	}
	return data;
}

static ssize_t
receive_one(int fd, struct ipc_header *header, int *all, unsigned room,
    unsigned *ret_count, int *ret_flags)
{
	_Alignas(struct cmsghdr)
	    char control[CMSG_SPACE((IPC_FDS_MAX + 1) * sizeof(int))];
	struct iovec parts[2] = {
		{ header, sizeof *header },
		{ inbox, sizeof inbox },
	};
	struct msghdr msg = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	ssize_t n;

	do {
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (n == -1 && errno == EINTR);
	if (n > 0) {
		*ret_count = collect_fds(&msg, all, room);
		*ret_flags = msg.msg_flags;
	}
	return n;
}

enum ipc_io
ipc_record_receive(int fd, struct ipc_record *ret_record)
{
	struct ipc_record r = { .data = inbox };
	int all[IPC_FDS_MAX + 1], flags = 0;
	unsigned count = 0, skip = 0;
	bool good;
	ssize_t n;

	n = receive_one(fd, &r.header, all, IPC_FDS_MAX + 1, &count, &flags);
	if (n == -1 && (errno == EAGAIN || errno == ENOMEM))
		return IPC_IO_AGAIN;
	if (n <= 0)
		return IPC_IO_CLOSED;
	good = (flags & MSG_TRUNC) == 0 &&
	    (size_t)n >= sizeof r.header && r.header.in_memfd <= 1 &&
	    (size_t)n - sizeof r.header ==
	    (r.header.in_memfd ? 0 : r.header.size);
	/* Our own shortage of descriptors says nothing about the sender. */
	r.cut = good && (flags & MSG_CTRUNC) != 0;
	if (r.cut) {
		while (skip < count)
			close(all[skip++]);
		r.header.size = 0;
	} else if (good && r.header.in_memfd) {
		good = count > 0 &&
		    (r.big = read_memfd(all[0], r.header.size)) != NULL;
		r.data = r.big;
		if (count > 0)
			close(all[skip++]);
	}
	if (!good || count - skip > IPC_FDS_MAX) {
		while (skip < count)
			close(all[skip++]);
		free(r.big);
		return IPC_IO_BAD;
	}
	r.fd_count = count - skip;
	memcpy(r.fds, all + skip, r.fd_count * sizeof *all);
	*ret_record = r;
	return IPC_IO_OK;
}

static bool
wait_for(int fd, short what, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, timeout_ms) == 1;
}

enum ipc_status
ipc_ask_wait(int fd, uint32_t method, struct ipc_writer *w, int timeout_ms,
    struct ipc_reader *ret_answer, void **ret_record)
{
	struct ipc_header header = {
		.kind = IPC_KIND_ASK,
		.method = method,
		.id = 1,
		.size = (uint32_t)buf_len(&w->buf),
	};
	struct ipc_record *r;
	enum ipc_io io;

	if (w->bad)
		return IPC_REFUSED;
	while ((io = ipc_record_send(fd, &header, buf_bytes(&w->buf), w->fds,
	    w->fd_count)) == IPC_IO_AGAIN) {
		if (!wait_for(fd, POLLOUT, timeout_ms))
			return IPC_TIMEOUT;
	}
	if (io != IPC_IO_OK)
		return io == IPC_IO_BAD ? IPC_REFUSED : IPC_LOST;
	r = xcalloc(1, sizeof *r);
	while ((io = ipc_record_receive(fd, r)) == IPC_IO_AGAIN) {
		if (!wait_for(fd, POLLIN, timeout_ms)) {
			free(r);
			return IPC_TIMEOUT;
		}
	}
	if (io != IPC_IO_OK || r->cut || r->header.kind != IPC_KIND_ANSWER) {
		if (io == IPC_IO_OK) {
			ipc_record_close_fds(r);
			free(r->big);
		}
		free(r);
		return IPC_LOST;
	}
	ipc_reader_init(ret_answer, r->data, r->header.size, r->fds,
	    r->fd_count);
	*ret_record = r;
	return IPC_OK;
}

void
ipc_free_record(void *record)
{
	struct ipc_record *r = record;

	if (r != NULL)
		free(r->big);
	free(r);
}
