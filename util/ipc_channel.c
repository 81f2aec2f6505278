/* SPDX-License-Identifier: ISC */
/*
 * A channel on a libuv loop.  Records are sent at once; what the kernel has
 * no room for waits in order, up to a maximum.
 */
#include "util/ipc_channel.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "util/xalloc.h"

#define WAITING_MAX	(64u * 1024 * 1024)
/* Records read before the loop sees to other descriptors. */
#define BATCH_MAX	256

struct waiting {
	STAILQ_ENTRY(waiting)	 next;
	struct ipc_header	 header;
	int			 fds[IPC_FDS_MAX];
	unsigned		 fd_count;
	uint8_t			 data[];
};

struct ipc_channel {
	uv_poll_t				 poll;
	int					 fd;
	int					 interest;
	bool					 freed;
	const struct ipc_channel_events		*events;
	void					*arg;
	STAILQ_HEAD(, waiting)			 waiting;
	size_t					 waiting_bytes;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void
set_interest(struct ipc_channel *c, int interest)
{
	if (c->interest == interest)
		return;
	c->interest = interest;
	uv_poll_start(&c->poll, interest, on_poll);
}

static void
drop_waiting(struct ipc_channel *c)
{
	struct waiting *w = STAILQ_FIRST(&c->waiting);

	STAILQ_REMOVE_HEAD(&c->waiting, next);
	c->waiting_bytes -= sizeof *w + w->header.size;
	for (unsigned i = 0; i < w->fd_count; i++)
		close(w->fds[i]);
	free(w);
}

static bool
keep(struct ipc_channel *c, const struct ipc_header *header, const void *data,
    const int *fds, unsigned fd_count)
{
	size_t size = sizeof(struct waiting) + header->size;
	struct waiting *w;

	if (c->waiting_bytes + size > WAITING_MAX)
		return false;
	w = xmalloc(size);
	w->header = *header;
	w->fd_count = 0;
	memcpy(w->data, data, header->size);
	for (unsigned i = 0; i < fd_count; i++) {
		int fd = fcntl(fds[i], F_DUPFD_CLOEXEC, 0);

		if (fd == -1) {
			while (w->fd_count > 0)
				close(w->fds[--w->fd_count]);
			free(w);
			return false;
		}
		w->fds[w->fd_count++] = fd;
	}
	STAILQ_INSERT_TAIL(&c->waiting, w, next);
	c->waiting_bytes += size;
	set_interest(c, UV_READABLE | UV_WRITABLE);
	return true;
}

static void
lost(struct ipc_channel *c, bool bad)
{
	c->events->closed(c->arg, bad);
	/* The owner has freed the channel in closed. */
}

/* The owner may not free the channel in `unsent`. */
static void
drop_unsent(struct ipc_channel *c)
{
	struct ipc_header header = STAILQ_FIRST(&c->waiting)->header;

	drop_waiting(c);
	c->events->unsent(c->arg, &header);
}

static void
flush(struct ipc_channel *c)
{
	struct waiting *w;

	while ((w = STAILQ_FIRST(&c->waiting)) != NULL) {
		switch (ipc_record_send(c->fd, &w->header, w->data, w->fds,
		    w->fd_count)) {
		case IPC_IO_OK:
			drop_waiting(c);
			continue;
		case IPC_IO_AGAIN:
			return;
		case IPC_IO_CLOSED:
			/* Reading will see the end; what waits goes with it. */
			drop_waiting(c);
			continue;
		case IPC_IO_BAD:
			drop_unsent(c);
			continue;
		}
	}
	set_interest(c, UV_READABLE);
}

static void
read_batch(struct ipc_channel *c)
{
	struct ipc_record record;

	for (int i = 0; i < BATCH_MAX && !c->freed; i++) {
		switch (ipc_record_receive(c->fd, &record)) {
		case IPC_IO_OK:
			c->events->record(c->arg, &record);
			free(record.big);
			continue;
		case IPC_IO_AGAIN:
			return;
		case IPC_IO_CLOSED:
			lost(c, false);
			return;
		case IPC_IO_BAD:
			lost(c, true);
			return;
		}
	}
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct ipc_channel *c = poll->data;

	if (status == 0 && (events & UV_WRITABLE) != 0)
		flush(c);
	if (status != 0 || (events & UV_READABLE) != 0)
		read_batch(c);
}

struct ipc_channel *
ipc_channel_new(uv_loop_t *loop, int fd,
    const struct ipc_channel_events *events, void *arg)
{
	struct ipc_channel *c = xcalloc(1, sizeof *c);

	c->fd = fd;
	c->events = events;
	c->arg = arg;
	STAILQ_INIT(&c->waiting);
	uv_poll_init(loop, &c->poll, fd);
	c->poll.data = c;
	set_interest(c, UV_READABLE);
	return c;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	struct ipc_channel *c = handle->data;

	close(c->fd);
	free(c);
}

void
ipc_channel_free(struct ipc_channel *c)
{
	c->freed = true;
	while (!STAILQ_EMPTY(&c->waiting))
		drop_waiting(c);
	uv_close((uv_handle_t *)&c->poll, on_handle_closed);
}

bool
ipc_channel_send(struct ipc_channel *c, const struct ipc_header *header,
    const void *data, const int *fds, unsigned fd_count)
{
	if (STAILQ_EMPTY(&c->waiting)) {
		switch (ipc_record_send(c->fd, header, data, fds, fd_count)) {
		case IPC_IO_OK:
			return true;
		case IPC_IO_CLOSED:
			return true;	/* reading will see the end */
		case IPC_IO_BAD:
			return false;
		case IPC_IO_AGAIN:
			break;
		}
	}
	return keep(c, header, data, fds, fd_count);
}
