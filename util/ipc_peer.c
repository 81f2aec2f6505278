/* SPDX-License-Identifier: ISC */
/*
 * The asking side: a channel that comes and goes, and the calls on it
 * (util/ipc_slots.h has their states).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/ipc_slots.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PENDING_MAX	20000
#define TICK_MS		100

struct ipc_peer {
	uv_loop_t		*loop;
	const char		*name;
	struct ipc_channel	*channel;
	uint64_t		 absent_ms;	/* loop time, since when */
	uint64_t		 patience_ms;	/* with an absence; 0: any */
	uv_timer_t		*timer;
	bool			 ticking;
	struct ipc_slots	 slots;
	unsigned		 inside;	/* loops that call the owner */
	bool			 freed;
	bool			 forgiving;
	void			(*lost)(void *);
	void			*lost_arg;
};

static void on_tick(uv_timer_t *timer);

static void
start_ticking(struct ipc_peer *p)
{
	if (p->ticking)
		return;
	p->ticking = true;
	uv_timer_start(p->timer, on_tick, 0, TICK_MS);
}

static void
enter(struct ipc_peer *p)
{
	p->inside++;
}

static void
on_timer_closed(uv_handle_t *handle)
{
	free(handle);
}

/* The owner may have freed the peer within: its memory stays until here, or
 * until the calls that were made during that have ended with a tick. */
static void
leave(struct ipc_peer *p)
{
	if (--p->inside > 0 || !p->freed || p->slots.pending > 0)
		return;
	uv_close((uv_handle_t *)p->timer, on_timer_closed);
	ipc_slots_done(&p->slots);
	free(p);
}

static void
on_tick(uv_timer_t *timer)
{
	struct ipc_peer *p = timer->data;
	uint64_t now_ms = uv_now(p->loop);
	bool more = false;

	enter(p);
	for (uint32_t i = 0; i < p->slots.count; i++) {
		struct ipc_slot *s = &p->slots.items[i];

		if (!s->used)
			continue;
		if (s->deadline_ms != 0 && s->deadline_ms <= now_ms)
			ipc_slots_end(&p->slots, s, s->fate, NULL);
		else if (s->unsent_ms != 0 && s->unsent_ms <= now_ms)
			ipc_slots_end(&p->slots, s, IPC_LOST, NULL);
		else
			more |= s->deadline_ms != 0 || s->unsent_ms != 0;
	}
	if (!more && p->slots.pending == 0 && !p->freed) {
		uv_timer_stop(timer);
		p->ticking = false;
	}
	leave(p);
}

static void
end_sent(struct ipc_peer *p)
{
	for (uint32_t i = 0; i < p->slots.count; i++) {
		struct ipc_slot *s = &p->slots.items[i];

		if (s->used && s->sent)
			ipc_slots_end(&p->slots, s, IPC_LOST, NULL);
	}
}

static void on_closed(void *arg, bool bad);

static void
unreadable(const struct ipc_peer *p, const char *what)
{
	log_say(LOG_LEVEL_ERROR, "ipc", "unreadable %s from %s", what, p->name);
	if (!p->forgiving)
		exit(1);
}

static void
on_record(void *arg, struct ipc_record *record)
{
	struct ipc_peer *p = arg;
	bool failed = record->header.kind == IPC_KIND_FAILED || record->cut;
	struct ipc_reader reader;
	struct ipc_slot *s;

	if ((record->header.kind != IPC_KIND_ANSWER &&
	    record->header.kind != IPC_KIND_FAILED) ||
	    (uint32_t)record->header.id >= p->slots.count) {
		ipc_record_close_fds(record);
		unreadable(p, "answer");
		on_closed(p, false);
		return;
	}
	s = ipc_slots_find(&p->slots, record->header.id);
	if (s == NULL) {
		ipc_record_close_fds(record);
		return;
	}
	if (record->cut)
		log_say(LOG_LEVEL_ERROR, "ipc", "no room for the descriptors "
		    "in an answer of %s", p->name);
	ipc_reader_init(&reader, record->data, record->header.size,
	    record->fds, record->fd_count);
	enter(p);
	ipc_slots_end(&p->slots, s, failed ? IPC_LOST : IPC_OK,
	    failed ? NULL : &reader);
	leave(p);
	ipc_reader_done(&reader);
}

static void
on_closed(void *arg, bool bad)
{
	struct ipc_peer *p = arg;

	if (bad)
		unreadable(p, "record");
	ipc_channel_free(p->channel);
	p->channel = NULL;
	p->absent_ms = uv_now(p->loop);
	enter(p);
	end_sent(p);
	if (p->lost != NULL && !p->freed)
		p->lost(p->lost_arg);
	leave(p);
}

struct ipc_peer *
ipc_peer_new(uv_loop_t *loop, const char *name)
{
	struct ipc_peer *p = xcalloc(1, sizeof *p);

	p->loop = loop;
	p->name = name;
	ipc_slots_init(&p->slots);
	p->absent_ms = uv_now(loop);
	p->timer = xcalloc(1, sizeof *p->timer);
	uv_timer_init(loop, p->timer);
	p->timer->data = p;
	return p;
}

struct ipc_peer *
ipc_peer_free(struct ipc_peer *p)
{
	if (p == NULL)
		return NULL;
	if (p->channel != NULL)
		ipc_channel_free(p->channel);
	p->channel = NULL;
	enter(p);
	p->freed = true;
	for (uint32_t i = 0; i < p->slots.count; i++) {
		struct ipc_slot *s = &p->slots.items[i];

		if (s->used && s->fate != IPC_LOST)
			ipc_slots_end(&p->slots, s, IPC_LOST, NULL);
	}
	leave(p);
	return NULL;
}

/* From the loop: `arrived` may not come within the call of the owner's. */
static void
refuse(struct ipc_peer *p, struct ipc_slot *s)
{
	s->fate = IPC_REFUSED;
	s->deadline_ms = uv_now(p->loop);
	start_ticking(p);
}

static void
on_unsent(void *arg, const struct ipc_header *header)
{
	struct ipc_peer *p = arg;
	struct ipc_slot *s = ipc_slots_find(&p->slots, header->id);

	if (s != NULL)
		refuse(p, s);
}

static void
send_slot(struct ipc_peer *p, struct ipc_slot *s, const void *data,
    const int *fds, unsigned fd_count)
{
	struct ipc_header header = {
		.kind = IPC_KIND_ASK,
		.method = s->method,
		.id = ipc_slots_id(&p->slots, s),
		.size = s->size,
	};

	s->sent = true;
	s->unsent_ms = 0;
	if (!ipc_channel_send(p->channel, &header, data, fds, fd_count))
		refuse(p, s);
}

void
ipc_peer_attach(struct ipc_peer *p, int fd)
{
	static const struct ipc_channel_events events = {
		.record = on_record,
		.closed = on_closed,
		.unsent = on_unsent,
	};

	if (p->channel != NULL)
		ipc_channel_free(p->channel);
	p->channel = NULL;
	enter(p);
	end_sent(p);
	if (p->freed) {
		close(fd);
		leave(p);
		return;
	}
	p->inside--;
	p->channel = ipc_channel_new(p->loop, fd, &events, p);
	for (uint32_t i = 0; i < p->slots.count; i++) {
		struct ipc_slot *s = &p->slots.items[i];

		if (!s->used || s->sent || s->fate == IPC_REFUSED)
			continue;
		send_slot(p, s, s->data, s->fds, s->fd_count);
		ipc_slot_forget(s);
	}
}

bool
ipc_peer_connected(const struct ipc_peer *p)
{
	return p->channel != NULL;
}

void
ipc_peer_on_lost(struct ipc_peer *p, void (*lost)(void *), void *arg)
{
	p->lost = lost;
	p->lost_arg = arg;
}

void
ipc_peer_forgive(struct ipc_peer *p)
{
	p->forgiving = true;
}

void
ipc_peer_expect(struct ipc_peer *p, uint32_t patience_ms)
{
	p->patience_ms = patience_ms;
}

size_t
ipc_peer_pending(const struct ipc_peer *p)
{
	return p->slots.pending;
}

void
ipc_peer_ask(struct ipc_peer *p, uint32_t method, struct ipc_writer *w,
    uint32_t timeout_ms, ipc_arrived *arrived, void (*done)(void), void *arg)
{
	struct ipc_slot *s = ipc_slots_take(&p->slots);
	bool refused = w->bad || p->slots.pending > PENDING_MAX;

	s->sent = false;
	s->method = method;
	s->size = (uint32_t)buf_len(&w->buf);
	s->arrived = arrived;
	s->done = done;
	s->arg = arg;
	s->fate = IPC_TIMEOUT;
	s->unsent_ms = 0;
	s->deadline_ms = timeout_ms == 0 ? 0 : uv_now(p->loop) + timeout_ms;
	if (p->freed) {
		s->fate = IPC_LOST;
		s->deadline_ms = uv_now(p->loop);
	} else if (!refused && p->channel != NULL)
		send_slot(p, s, buf_bytes(&w->buf), w->fds, w->fd_count);
	else if (refused || !ipc_slot_keep(s, w))
		refuse(p, s);
	else if (p->patience_ms != 0)
		s->unsent_ms = p->absent_ms + p->patience_ms;
	if (s->deadline_ms != 0 || s->unsent_ms != 0)
		start_ticking(p);
}
