/* SPDX-License-Identifier: ISC */
#ifndef UTIL_IPC_SLOTS_H
#define UTIL_IPC_SLOTS_H

/*
 * The calls of one ipc_peer that wait for their answers; nobody else includes
 * this.
 *
 *	slot:  free --ask--> unsent --attach--> sent --answer--> free
 *	             \________________________/   |
 *	                     sent at once         +--lost, time-out--> free
 *
 * A call's id is its slot's index and the slot's use count, so that an answer
 * that comes after the time-out finds nobody.
 */

#include "util/ipc_channel.h"

struct ipc_slot {
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

struct ipc_slots {
	struct ipc_slot	*items;		/* moved by ipc_slots_take */
	uint32_t	 count;
	uint32_t	 first_free;
	size_t		 pending;	/* in use */
};

void ipc_slots_init(struct ipc_slots *slots);
void ipc_slots_done(struct ipc_slots *slots);	/* none may be in use */
struct ipc_slot *ipc_slots_take(struct ipc_slots *slots);
/* Ends the call.  The slot is free before its function is called, which may
 * ask again. */
void ipc_slots_end(struct ipc_slots *slots, struct ipc_slot *slot,
    enum ipc_status status, struct ipc_reader *answer);
uint64_t ipc_slots_id(const struct ipc_slots *slots,
    const struct ipc_slot *slot);
/* The sent call with this id; NULL if it has ended. */
struct ipc_slot *ipc_slots_find(struct ipc_slots *slots, uint64_t id);
/* What is sent when somebody is there; false if descriptors run short. */
bool ipc_slot_keep(struct ipc_slot *slot, const struct ipc_writer *w);
void ipc_slot_forget(struct ipc_slot *slot);

#endif
