/* SPDX-License-Identifier: ISC */
/*
 * The asking side: calls that wait for their answers.
 *
 *	slot:  free --ask--> unsent --attach--> sent --answer--> free
 *	             \________________________/   |
 *	                     sent at once         +--lost, time-out--> free
 *
 * A call's id is its slot's index and the slot's use count, so that an answer
 * that comes after the time-out finds nobody.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "util/ipc_channel.h"
#include "util/log.h"
#include "util/xalloc.h"

#define PENDING_MAX	20000
#define TICK_MS		100
#define NO_SLOT		UINT32_MAX

struct slot {
	bool		 used;
	bool		 sent;
	uint32_t	 uses;
	uint32_t	 next_free;
	uint64_t	 deadline_ms;	/* loop time; 0: none */
	uint64_t	 unsent_ms;	/* the same while it is not sent */
	enum ipc_status	 fate;		/* when the deadline comes */
	ipc_arrived	*arrived;
	void		(*done)(void);
	void		*arg;
	/* Until it is sent: */
	uint32_t	 method;
	void		*data;
	uint32_t	 size;
	int		 fds[IPC_FDS_MAX];
	unsigned	 fd_count;
};

struct ipc_peer {
	uv_loop_t		*loop;
	const char		*name;
	struct ipc_channel	*channel;
	uint64_t		 absent_ms;	/* loop time, since when */
	uint64_t		 patience_ms;	/* with an absence; 0: any */
	uv_timer_t		*timer;
	bool			 ticking;
	struct slot		*slots;
	uint32_t		 slot_count;
	uint32_t		 first_free;
	size_t			 pending;
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

static struct slot *
take_slot(struct ipc_peer *p)
{
	struct slot *s;

	if (p->first_free == NO_SLOT) {
		uint32_t more = p->slot_count == 0 ? 64 : p->slot_count;

		p->slots = xreallocarray(p->slots, p->slot_count + more,
		    sizeof *p->slots);
		memset(p->slots + p->slot_count, 0, more * sizeof *p->slots);
		for (uint32_t i = 0; i < more; i++)
			p->slots[p->slot_count + i].next_free = i + 1 == more ?
			    NO_SLOT : p->slot_count + i + 1;
		p->first_free = p->slot_count;
		p->slot_count += more;
	}
	s = &p->slots[p->first_free];
	p->first_free = s->next_free;
	s->used = true;
	s->uses++;
	p->pending++;
	return s;
}

static void
forget_unsent(struct slot *s)
{
	free(s->data);
	s->data = NULL;
	while (s->fd_count > 0)
		close(s->fds[--s->fd_count]);
}

/* Frees the slot first: the function called may ask again. */
static void
end_call(struct ipc_peer *p, struct slot *s, enum ipc_status status,
    struct ipc_reader *answer)
{
	ipc_arrived *arrived = s->arrived;
	void (*done)(void) = s->done;
	void *arg = s->arg;

	forget_unsent(s);
	s->used = false;
	s->next_free = p->first_free;
	p->first_free = (uint32_t)(s - p->slots);
	p->pending--;
	arrived(answer, status, done, arg);
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
	if (--p->inside > 0 || !p->freed || p->pending > 0)
		return;
	uv_close((uv_handle_t *)p->timer, on_timer_closed);
	free(p->slots);
	free(p);
}

static void
on_tick(uv_timer_t *timer)
{
	struct ipc_peer *p = timer->data;
	uint64_t now_ms = uv_now(p->loop);
	bool more = false;

	enter(p);
	for (uint32_t i = 0; i < p->slot_count; i++) {
		struct slot *s = &p->slots[i];

		if (!s->used)
			continue;
		if (s->deadline_ms != 0 && s->deadline_ms <= now_ms)
			end_call(p, s, s->fate, NULL);
		else if (s->unsent_ms != 0 && s->unsent_ms <= now_ms)
			end_call(p, s, IPC_LOST, NULL);
		else
			more |= s->deadline_ms != 0 || s->unsent_ms != 0;
	}
	if (!more && p->pending == 0 && !p->freed) {
		uv_timer_stop(timer);
		p->ticking = false;
	}
	leave(p);
}

static void
end_sent(struct ipc_peer *p)
{
	for (uint32_t i = 0; i < p->slot_count; i++) {
		if (p->slots[i].used && p->slots[i].sent)
			end_call(p, &p->slots[i], IPC_LOST, NULL);
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

/* The call with this id; NULL if it has ended. */
static struct slot *
find_slot(struct ipc_peer *p, uint64_t id)
{
	uint32_t index = (uint32_t)id, uses = (uint32_t)(id >> 32);
	struct slot *s;

	if (index >= p->slot_count)
		return NULL;
	s = &p->slots[index];
	return s->used && s->sent && s->uses == uses ? s : NULL;
}

static void
on_record(void *arg, struct ipc_record *record)
{
	struct ipc_peer *p = arg;
	bool failed = record->header.kind == IPC_KIND_FAILED || record->cut;
	struct ipc_reader reader;
	struct slot *s;

	if ((record->header.kind != IPC_KIND_ANSWER &&
	    record->header.kind != IPC_KIND_FAILED) ||
	    (uint32_t)record->header.id >= p->slot_count) {
		ipc_record_close_fds(record);
		unreadable(p, "answer");
		on_closed(p, false);
		return;
	}
	s = find_slot(p, record->header.id);
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
	end_call(p, s, failed ? IPC_LOST : IPC_OK, failed ? NULL : &reader);
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
	p->first_free = NO_SLOT;
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
	for (uint32_t i = 0; i < p->slot_count; i++) {
		if (p->slots[i].used && p->slots[i].fate != IPC_LOST)
			end_call(p, &p->slots[i], IPC_LOST, NULL);
	}
	leave(p);
	return NULL;
}

/* From the loop: `arrived` may not come within the call of the owner's. */
static void
refuse(struct ipc_peer *p, struct slot *s)
{
	s->fate = IPC_REFUSED;
	s->deadline_ms = uv_now(p->loop);
	start_ticking(p);
}

static void
on_unsent(void *arg, const struct ipc_header *header)
{
	struct ipc_peer *p = arg;
	struct slot *s = find_slot(p, header->id);

	if (s != NULL)
		refuse(p, s);
}

static void
send_slot(struct ipc_peer *p, struct slot *s, const void *data,
    const int *fds, unsigned fd_count)
{
	struct ipc_header header = {
		.kind = IPC_KIND_ASK,
		.method = s->method,
		.id = (uint64_t)s->uses << 32 | (uint64_t)(s - p->slots),
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
	for (uint32_t i = 0; i < p->slot_count; i++) {
		struct slot *s = &p->slots[i];

		if (!s->used || s->sent || s->fate == IPC_REFUSED)
			continue;
		send_slot(p, s, s->data, s->fds, s->fd_count);
		forget_unsent(s);
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
	return p->pending;
}

static bool
keep_unsent(struct slot *s, struct ipc_writer *w)
{
	s->data = xmemdup(buf_bytes(&w->buf), s->size);
	for (unsigned i = 0; i < w->fd_count; i++) {
		int fd = fcntl(w->fds[i], F_DUPFD_CLOEXEC, 0);

		if (fd == -1)
			return false;
		s->fds[s->fd_count++] = fd;
	}
	return true;
}

void
ipc_peer_ask(struct ipc_peer *p, uint32_t method, struct ipc_writer *w,
    uint32_t timeout_ms, ipc_arrived *arrived, void (*done)(void), void *arg)
{
	struct slot *s = take_slot(p);
	bool refused = w->bad || p->pending > PENDING_MAX;

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
	else if (refused || !keep_unsent(s, w))
		refuse(p, s);
	else if (p->patience_ms != 0)
		s->unsent_ms = p->absent_ms + p->patience_ms;
	if (s->deadline_ms != 0 || s->unsent_ms != 0)
		start_ticking(p);
}
