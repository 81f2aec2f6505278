/* SPDX-License-Identifier: ISC */
#include "util/ipc_slots.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/xalloc.h"

#define NO_SLOT		UINT32_MAX

void
ipc_slots_init(struct ipc_slots *slots)
{
	*slots = (struct ipc_slots){ .first_free = NO_SLOT };
}

void
ipc_slots_done(struct ipc_slots *slots)
{
	free(slots->items);
}

struct ipc_slot *
ipc_slots_take(struct ipc_slots *slots)
{
	struct ipc_slot *s;

	if (slots->first_free == NO_SLOT) {
		uint32_t more = slots->count == 0 ? 64 : slots->count;

		slots->items = xreallocarray(slots->items, slots->count + more,
		    sizeof *slots->items);
		memset(slots->items + slots->count, 0, more * sizeof *slots->items);
		for (uint32_t i = 0; i < more; i++)
			slots->items[slots->count + i].next_free = i + 1 == more ?
			    NO_SLOT : slots->count + i + 1;
		slots->first_free = slots->count;
		slots->count += more;
	}
	s = &slots->items[slots->first_free];
	slots->first_free = s->next_free;
	s->used = true;
	s->uses++;
	slots->pending++;
	return s;
}

void
ipc_slot_forget(struct ipc_slot *s)
{
	free(s->data);
	s->data = NULL;
	while (s->fd_count > 0)
		close(s->fds[--s->fd_count]);
}

void
ipc_slots_end(struct ipc_slots *slots, struct ipc_slot *s,
    enum ipc_status status, struct ipc_reader *answer)
{
	ipc_arrived *arrived = s->arrived;
	void (*done)(void) = s->done;
	void *arg = s->arg;

	ipc_slot_forget(s);
	s->used = false;
	s->next_free = slots->first_free;
	slots->first_free = (uint32_t)(s - slots->items);
	slots->pending--;
	arrived(answer, status, done, arg);
}

uint64_t
ipc_slots_id(const struct ipc_slots *slots, const struct ipc_slot *s)
{
	return (uint64_t)s->uses << 32 | (uint64_t)(s - slots->items);
}

struct ipc_slot *
ipc_slots_find(struct ipc_slots *slots, uint64_t id)
{
	uint32_t index = (uint32_t)id, uses = (uint32_t)(id >> 32);
	struct ipc_slot *s;

	if (index >= slots->count)
		return NULL;
	s = &slots->items[index];
	return s->used && s->sent && s->uses == uses ? s : NULL;
}

bool
ipc_slot_keep(struct ipc_slot *s, const struct ipc_writer *w)
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
