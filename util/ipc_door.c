/* SPDX-License-Identifier: ISC */
/* The answering side: one channel on which one service is offered. */
#include <assert.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "util/ipc_channel.h"
#include "util/log.h"
#include "util/xalloc.h"

struct ipc_call {
	LIST_ENTRY(ipc_call)	 next;
	struct ipc_door		*door;	/* NULL: nobody waits any more */
	void			*context;
	uint32_t		 method;
	uint64_t		 id;
};

struct ipc_door {
	struct ipc_channel		*channel;
	const struct ipc_service	*service;
	enum ipc_trust			 trust;
	void				*context;
	void				(*on_closed)(struct ipc_door *, void *);
	LIST_HEAD(, ipc_call)		 calls;
};

static void
free_door(struct ipc_door *door)
{
	struct ipc_call *call;

	while ((call = LIST_FIRST(&door->calls)) != NULL) {
		LIST_REMOVE(call, next);
		call->door = NULL;
	}
	ipc_channel_free(door->channel);
	free(door);
}

/* A sibling that talks nonsense has a bug or is owned: this process must not
 * go on with it.  An operator's command merely loses its connection. */
static void
refuse(struct ipc_door *door, const char *what)
{
	log_say(door->trust == IPC_SIBLING ? LOG_LEVEL_ERROR :
	    LOG_LEVEL_WARNING, "ipc", "unreadable %s on the channel for %s",
	    what, door->service->name);
	if (door->trust == IPC_SIBLING)
		exit(1);
	if (door->on_closed != NULL)
		door->on_closed(door, door->context);
	free_door(door);
}

/* The asker's call ends with IPC_LOST; nothing of the channel is lost. */
static void
fail_call(struct ipc_door *door, uint32_t method, uint64_t id,
    const char *why)
{
	const struct ipc_header header = {
		.kind = IPC_KIND_FAILED,
		.method = method,
		.id = id,
	};

	log_say(LOG_LEVEL_ERROR, "ipc", "%s.%s failed: %s",
	    door->service->name, door->service->methods[method].name, why);
	ipc_channel_send(door->channel, &header, NULL, NULL, 0);
}

static void
on_unsent(void *arg, const struct ipc_header *header)
{
	if (header->kind == IPC_KIND_ANSWER)
		fail_call(arg, header->method, header->id,
		    "the answer cannot be sent");
}

static void
on_record(void *arg, struct ipc_record *record)
{
	struct ipc_door *door = arg;
	struct ipc_reader reader;
	struct ipc_call *call;
	uint32_t method = record->header.method;
	bool good;

	if (record->header.kind != IPC_KIND_ASK ||
	    method >= door->service->method_count) {
		ipc_record_close_fds(record);
		refuse(door, "record");
		return;
	}
	if (record->cut) {
		fail_call(door, method, record->header.id,
		    "no room for its descriptors");
		return;
	}
	call = xcalloc(1, sizeof *call);
	call->door = door;
	call->context = door->context;
	call->method = method;
	call->id = record->header.id;
	LIST_INSERT_HEAD(&door->calls, call, next);
	ipc_reader_init(&reader, record->data, record->header.size,
	    record->fds, record->fd_count);
	good = door->service->methods[method].dispatch(call, &reader);
	ipc_reader_done(&reader);
	if (!good) {
		ipc_call_drop(call);
		refuse(door, door->service->methods[method].name);
	}
}

static void
on_channel_closed(void *arg, bool bad)
{
	struct ipc_door *door = arg;

	if (bad) {
		refuse(door, "record");
		return;
	}
	if (door->on_closed != NULL)
		door->on_closed(door, door->context);
	free_door(door);
}

struct ipc_door *
ipc_door_open(uv_loop_t *loop, int fd, const struct ipc_service *service,
    enum ipc_trust trust, void *context,
    void (*on_closed)(struct ipc_door *, void *))
{
	static const struct ipc_channel_events events = {
		.record = on_record,
		.closed = on_channel_closed,
		.unsent = on_unsent,
	};
	struct ipc_door *door = xcalloc(1, sizeof *door);

	door->service = service;
	door->trust = trust;
	door->context = context;
	door->on_closed = on_closed;
	LIST_INIT(&door->calls);
	door->channel = ipc_channel_new(loop, fd, &events, door);
	return door;
}

void
ipc_door_close(struct ipc_door *door)
{
	free_door(door);
}

void *
ipc_call_context(const struct ipc_call *call)
{
	return call->context;
}

bool
ipc_call_wanted(const struct ipc_call *call)
{
	return call->door != NULL;
}

void
ipc_call_drop(struct ipc_call *call)
{
	if (call->door != NULL)
		LIST_REMOVE(call, next);
	free(call);
}

void
ipc_call_answer(struct ipc_call *call, struct ipc_writer *w)
{
	struct ipc_header header = {
		.kind = IPC_KIND_ANSWER,
		.method = call->method,
		.id = call->id,
		.size = (uint32_t)buf_len(&w->buf),
	};

	assert(!w->bad);
	if (call->door != NULL && !ipc_channel_send(call->door->channel,
	    &header, buf_bytes(&w->buf), w->fds, w->fd_count))
		fail_call(call->door, call->method, call->id,
		    "the answer cannot be sent");
	ipc_call_drop(call);
}
