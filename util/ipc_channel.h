/* SPDX-License-Identifier: ISC */
#ifndef UTIL_IPC_CHANNEL_H
#define UTIL_IPC_CHANNEL_H

/*
 * One end of a SOCK_SEQPACKET pair: records with descriptors, in order.
 * Only the ipc_*.c files use this.
 *
 *	record:	kind u32 | method u32 | id u64 | size u32 | in_memfd u32 | payload
 *
 * With in_memfd the payload is in the first descriptor, a sealed memfd.
 */

#include <uv.h>

#include "util/ipc.h"

enum ipc_kind {
	IPC_KIND_ASK = 1,
	IPC_KIND_ANSWER,
	IPC_KIND_FAILED,	/* instead of an answer: there will be none */
};

struct ipc_header {
	uint32_t	kind;
	uint32_t	method;
	uint64_t	id;
	uint32_t	size;
	uint32_t	in_memfd;
};

enum ipc_io {
	IPC_IO_OK,
	IPC_IO_AGAIN,
	IPC_IO_CLOSED,
	IPC_IO_BAD,	/* received: not a record of ours; sending: the
			 * kernel will never take it */
};

/* A record that was received.  data points into a buffer of the process
 * that the next receive overwrites, or at big. */
struct ipc_record {
	struct ipc_header	 header;
	const uint8_t		*data;
	int			 fds[IPC_FDS_MAX];
	unsigned		 fd_count;
	void			*big;		/* to be freed */
	bool			 cut;	/* descriptors, and with them maybe the
					 * payload, found no room in this process:
					 * only the header is there */
};

enum ipc_io ipc_record_send(int fd, const struct ipc_header *header,
    const void *data, const int *fds, unsigned fd_count);
enum ipc_io ipc_record_receive(int fd, struct ipc_record *ret_record);
void ipc_record_close_fds(struct ipc_record *record);

struct ipc_channel;

struct ipc_channel_events {
	/* The record's descriptors are the receiver's; big is freed after. */
	void (*record)(void *arg, struct ipc_record *record);
	/* The other end is gone, or talked nonsense (bad). */
	void (*closed)(void *arg, bool bad);
	/* A record that ipc_channel_send took cannot be sent after all. */
	void (*unsent)(void *arg, const struct ipc_header *header);
};

/* fd is the channel's; it is closed with it. */
struct ipc_channel *ipc_channel_new(uv_loop_t *loop, int fd,
    const struct ipc_channel_events *events, void *arg);
/* No event is called any more; memory goes when libuv lets it. */
void ipc_channel_free(struct ipc_channel *channel);
/* Sends or keeps for later; false if too much is waiting, or if it can never
 * be sent. */
bool ipc_channel_send(struct ipc_channel *channel,
    const struct ipc_header *header, const void *data, const int *fds,
    unsigned fd_count);

#endif
