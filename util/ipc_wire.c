/* SPDX-License-Identifier: ISC */
/*
 * One message as bytes.  Numbers are in the machine's own order, for both
 * ends are on it; texts and bytes have their length in front and a NUL
 * behind, so that a reader can point into the message.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/ipc.h"
#include "util/xalloc.h"

void
ipc_writer_init(struct ipc_writer *w)
{
	memset(w, 0, sizeof *w);
	buf_init(&w->buf, IPC_MESSAGE_MAX);
}

void
ipc_writer_done(struct ipc_writer *w)
{
	buf_done(&w->buf);
}

static void
put(struct ipc_writer *w, const void *data, size_t n)
{
	if (!buf_add(&w->buf, data, n))
		w->bad = true;
}

void
ipc_put_u8(struct ipc_writer *w, uint8_t n)
{
	put(w, &n, sizeof n);
}

void
ipc_put_u32(struct ipc_writer *w, uint32_t n)
{
	put(w, &n, sizeof n);
}

void
ipc_put_u64(struct ipc_writer *w, uint64_t n)
{
	put(w, &n, sizeof n);
}

void
ipc_put_bytes(struct ipc_writer *w, struct ipc_bytes bytes)
{
	if (bytes.size > IPC_MESSAGE_MAX) {
		w->bad = true;
		return;
	}
	ipc_put_u32(w, (uint32_t)bytes.size);
	put(w, bytes.data, bytes.size);
	ipc_put_u8(w, 0);
}

void
ipc_put_str(struct ipc_writer *w, const char *text)
{
	if (text == NULL)
		text = "";
	ipc_put_bytes(w, (struct ipc_bytes){ text, strlen(text) });
}

void
ipc_put_addr(struct ipc_writer *w, const struct netaddr *addr)
{
	ipc_put_u8(w, addr->family);
	ipc_put_u32(w, addr->port);
	put(w, addr->bytes, sizeof addr->bytes);
}

void
ipc_put_fd(struct ipc_writer *w, int fd)
{
	ipc_put_u8(w, fd >= 0);
	if (fd < 0)
		return;
	assert(w->fd_count < IPC_FDS_MAX);
	w->fds[w->fd_count++] = fd;
}

void
ipc_reader_init(struct ipc_reader *r, const void *data, size_t n,
    const int *fds, unsigned fd_count)
{
	memset(r, 0, sizeof *r);
	r->next = data;
	r->end = r->next + n;
	assert(fd_count <= IPC_FDS_MAX);
	if (fd_count > 0)
		memcpy(r->fds, fds, fd_count * sizeof *fds);
	r->fd_count = fd_count;
}

void
ipc_reader_done(struct ipc_reader *r)
{
	/* Of a message that was not all well, none was handed on. */
	bool taken = ipc_reader_finished(r);

	for (unsigned i = 0; i < r->fd_count; i++) {
		if (!taken || i >= r->fd_next)
			close(r->fds[i]);
	}
	for (unsigned i = 0; i < r->list_count; i++)
		free(r->lists[i]);
	r->fd_count = r->list_count = 0;
}

bool
ipc_reader_finished(const struct ipc_reader *r)
{
	return !r->bad && r->next == r->end && r->fd_next == r->fd_count;
}

static const uint8_t *
take(struct ipc_reader *r, size_t n)
{
	const uint8_t *at = r->next;

	if (r->bad || (size_t)(r->end - r->next) < n) {
		r->bad = true;
		return NULL;
	}
	r->next += n;
	return at;
}

uint8_t
ipc_get_u8(struct ipc_reader *r)
{
	const uint8_t *at = take(r, 1);

	return at == NULL ? 0 : *at;
}

uint32_t
ipc_get_u32(struct ipc_reader *r)
{
	const uint8_t *at = take(r, sizeof(uint32_t));
	uint32_t n = 0;

	if (at != NULL)
		memcpy(&n, at, sizeof n);
	return n;
}

uint64_t
ipc_get_u64(struct ipc_reader *r)
{
	const uint8_t *at = take(r, sizeof(uint64_t));
	uint64_t n = 0;

	if (at != NULL)
		memcpy(&n, at, sizeof n);
	return n;
}

struct ipc_bytes
ipc_get_bytes(struct ipc_reader *r)
{
	struct ipc_bytes bytes = { "", 0 };
	uint32_t n = ipc_get_u32(r);
	const uint8_t *at = take(r, (size_t)n + 1);

	if (at == NULL)
		return bytes;
	if (at[n] != '\0') {
		r->bad = true;
		return bytes;
	}
	bytes.data = at;
	bytes.size = n;
	return bytes;
}

const char *
ipc_get_str(struct ipc_reader *r)
{
	struct ipc_bytes bytes = ipc_get_bytes(r);

	if (memchr(bytes.data, '\0', bytes.size) != NULL) {
		r->bad = true;
		return "";
	}
	return bytes.data;
}

struct netaddr
ipc_get_addr(struct ipc_reader *r)
{
	struct netaddr addr = { 0 };
	uint8_t family = ipc_get_u8(r);
	uint32_t port = ipc_get_u32(r);
	const uint8_t *bytes = take(r, sizeof addr.bytes);

	if (bytes == NULL || port > UINT16_MAX || (family != NETADDR_NONE &&
	    family != NETADDR_IPV4 && family != NETADDR_IPV6)) {
		r->bad = true;
		return addr;
	}
	addr.family = family;
	addr.port = (uint16_t)port;
	memcpy(addr.bytes, bytes, sizeof addr.bytes);
	return addr;
}

int
ipc_get_fd(struct ipc_reader *r)
{
	uint8_t present = ipc_get_u8(r);

	if (present == 0 || r->bad)
		return -1;
	if (present != 1 || r->fd_next >= r->fd_count) {
		r->bad = true;
		return -1;
	}
	return r->fds[r->fd_next++];
}

uint32_t
ipc_get_count(struct ipc_reader *r)
{
	uint32_t count = ipc_get_u32(r);

	/* Every row has at least one byte: no count beyond what is left. */
	if (count > (size_t)(r->end - r->next)) {
		r->bad = true;
		return 0;
	}
	return count;
}

void *
ipc_reader_rows(struct ipc_reader *r, uint32_t count, size_t row_size)
{
	void *rows;

	if (count == 0)
		return NULL;
	assert(r->list_count < IPC_LISTS_MAX);
	rows = xcalloc(count, row_size);
	r->lists[r->list_count++] = rows;
	return rows;
}
