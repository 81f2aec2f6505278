/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_STORE_ADMIN_H
#define QUEUE_STORE_ADMIN_H

/* The operator's view of the store, and his changes to it. */

#include <stdbool.h>
#include <stdint.h>

#include "queue/queue_admin_ipc.h"
#include "queue/store.h"

/* Which recipients: "" or 0 is any.  sender "<>" is the null sender; domain
 * is of the address, or the destination. */
struct store_filter {
	uint64_t	 after;		/* recipient id */
	const char	*message;
	const char	*sender;
	const char	*domain;
	uint32_t	 state;		/* enum queue_state, as shown */
	uint32_t	 limit;
};

/* What is in memory looks different from what is on disk: shown() turns the
 * state of a row into the one that is shown and filtered by. */
void store_show_states(struct store *store,
    uint32_t (*shown)(void *arg, uint64_t rcpt_id, uint32_t state), void *arg);

enum store_status store_list(struct store *store,
    const struct store_filter *filter,
    void (*row)(void *arg, const struct queue_admin_row *row), void *arg);

/*
 * Does action to the first filter->limit recipients after filter->after.
 * Has its own transaction.  After it, picked() is called with each of them
 * in order, whether it changed or not.  Within it, gone() is called for each
 * message that leaves the queue; its file (spool_id, 0 if it had none) may
 * be removed when STORE_OK is returned.
 */
struct store_action {
	enum queue_action	 action;
	uint64_t		 now;
	void			(*picked)(void *arg, uint64_t rcpt_id);
	void			(*gone)(void *arg, uint64_t spool_id);
	void			*arg;
};
enum store_status store_act(struct store *store,
    const struct store_filter *filter, const struct store_action *action,
    uint64_t *ret_changed);

/* By name; STORE_NONE if there is none. */
enum store_status store_find_message(struct store *store, const char *name,
    uint64_t *ret_id);

struct store_totals {
	uint64_t	messages;
	uint64_t	bytes;
	uint64_t	oldest_ms;	/* 0: the queue is empty */
	uint64_t	waiting;	/* recipients, on disk ... */
	uint64_t	taken;		/* ... of these handed out on arrival */
	uint64_t	held;
	uint64_t	damaged;
	uint64_t	damaged_messages;
};
enum store_status store_totals(struct store *store,
    struct store_totals *ret_totals);

enum store_status store_destinations(struct store *store, const char *after,
    const char *name, uint32_t limit, void (*row)(void *arg, const char *name,
    const struct pushback_memory *memory), void *arg);

#endif
