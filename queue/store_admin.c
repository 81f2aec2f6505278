/* SPDX-License-Identifier: ISC */
#include "queue/store_admin.h"

#include <sqlite3.h>

#include "queue/store_db.h"

/* shown_state(id, state) in SQL. */
static void
shown_state(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct store *store = sqlite3_user_data(context);
	uint64_t id = (uint64_t)sqlite3_value_int64(values[0]);
	uint32_t state = (uint32_t)sqlite3_value_int64(values[1]);

	(void)count;
	if (store->shown != NULL)
		state = store->shown(store->shown_arg, id, state);
	sqlite3_result_int64(context, state);
}

enum store_status
store_setup_admin(struct store *store)
{
	return sqlite3_create_function(store->db, "shown_state", 2,
	    SQLITE_UTF8, store, shown_state, NULL, NULL) == SQLITE_OK ?
	    STORE_OK : STORE_TROUBLE;
}

void
store_show_states(struct store *store,
    uint32_t (*shown)(void *arg, uint64_t rcpt_id, uint32_t state), void *arg)
{
	store->shown = shown;
	store->shown_arg = arg;
}

enum store_status
store_find_message(struct store *store, const char *name, uint64_t *ret_id)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_FIND_MESSAGE);
	enum store_status status;

	store_bind_text(s, 1, name);
	status = store_step(store, s);
	if (status == STORE_OK) {
		*ret_id = store_number(s, 0);
		store_reset(s);
	}
	return status;
}

/* Parameters 1 to 7 of PICK_FROM. */
static enum store_status
bind_filter(struct store *store, struct sqlite3_stmt *s,
    const struct store_filter *filter)
{
	uint64_t message_id = 0;
	enum store_status status = STORE_OK;

	if (filter->message[0] != '\0')
		status = store_find_message(store, filter->message,
		    &message_id);
	store_bind_number(s, 1, filter->after);
	store_bind_text(s, 2, filter->message);
	store_bind_text(s, 3, filter->sender);
	store_bind_text(s, 4, filter->domain);
	store_bind_number(s, 5, filter->state);
	store_bind_number(s, 6, message_id);
	store_bind_number(s, 7, filter->limit);
	/* The range of one message is worth more than the filter. */
	if (message_id != 0 && filter->after < message_id <<
	    MESSAGE_RCPT_BITS)
		store_bind_number(s, 1,
		    (message_id << MESSAGE_RCPT_BITS) - 1);
	return status;
}

enum store_status
store_list(struct store *store, const struct store_filter *filter,
    void (*row)(void *arg, const struct queue_admin_row *row), void *arg)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_LIST);
	enum store_status status = bind_filter(store, s, filter);

	if (status != STORE_OK)
		return status == STORE_NONE ? STORE_OK : status;
	while ((status = store_step(store, s)) == STORE_OK) {
		struct queue_admin_row r = {
			.recipient = store_number(s, 0),
			.message = store_text(s, 1),
			.sender = store_text(s, 2),
			.address = store_text(s, 3),
			.destination = store_text(s, 4),
			.state = (uint32_t)store_number(s, 5),
			.arrived_ms = store_number(s, 6),
			.due_at = store_number(s, 7),
			.attempts = (uint32_t)store_number(s, 8),
			.size_bytes = store_number(s, 9),
			.last = store_text(s, 10),
			.pushed_back = store_number(s, 11) != 0,
		};

		row(arg, &r);
	}
	return status == STORE_NONE ? STORE_OK : status;
}

/* ---- changes ---- */

static enum store_status
run_at(struct store *store, enum store_statement which, uint64_t now)
{
	struct sqlite3_stmt *s = store_prepare(store, which);

	store_bind_number(s, 1, now);
	return store_run(store, s);
}

static enum store_status
pick(struct store *store, const struct store_filter *filter)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_PICK);
	enum store_status status = store_run(store,
	    store_prepare(store, SQL_PICK_NONE));

	if (status == STORE_OK)
		status = bind_filter(store, s, filter);
	if (status == STORE_NONE)
		return STORE_OK;	/* no such message: nothing picked */
	return status == STORE_OK ? store_run(store, s) : status;
}

/* Removes the messages that have no recipient any more. */
static enum store_status
finish_picked(struct store *store, const struct store_action *action)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_PICK_MESSAGES);
	enum store_status status;

	while ((status = store_step(store, s)) == STORE_OK) {
		uint64_t spool_id;
		bool gone;

		status = store_finish_message(store, store_number(s, 0),
		    &gone, &spool_id);
		if (status != STORE_OK) {
			store_reset(s);
			return status;
		}
		if (gone)
			action->gone(action->arg, spool_id);
	}
	return status == STORE_NONE ? STORE_OK : status;
}

static enum store_status
act_on_picked(struct store *store, const struct store_action *action,
    uint64_t *ret_changed)
{
	static const enum store_statement changes[] = {
		[ACTION_RETRY] = SQL_PICK_RETRY,
		[ACTION_HOLD] = SQL_PICK_HOLD,
		[ACTION_RELEASE] = SQL_PICK_RELEASE,
		[ACTION_REMOVE] = SQL_PICK_REMOVE,
	};
	enum store_status status = run_at(store, changes[action->action],
	    action->now);

	*ret_changed = store_changes(store);
	if (status != STORE_OK)
		return status;
	switch (action->action) {
	case ACTION_RETRY:
	case ACTION_RELEASE:
		return run_at(store, SQL_PICK_WAKE, action->now);
	case ACTION_REMOVE:
		status = store_run(store,
		    store_prepare(store, SQL_PICK_REMOVE_ATTEMPTS));
		return status == STORE_OK ? finish_picked(store, action) :
		    status;
	case ACTION_HOLD:
		break;
	}
	return STORE_OK;
}

enum store_status
store_act(struct store *store, const struct store_filter *filter,
    const struct store_action *action, uint64_t *ret_changed)
{
	enum store_status status = store_begin(store);
	struct sqlite3_stmt *s;

	if (status == STORE_OK)
		status = pick(store, filter);
	if (status == STORE_OK)
		status = act_on_picked(store, action, ret_changed);
	if (status == STORE_OK)
		status = store_commit(store);
	if (status != STORE_OK) {
		store_rollback(store);
		return status;
	}
	s = store_prepare(store, SQL_PICKED);
	while ((status = store_step(store, s)) == STORE_OK)
		action->picked(action->arg, store_number(s, 0));
	return status == STORE_NONE ? STORE_OK : status;
}

/* ---- figures ---- */

static enum store_status
one_number(struct store *store, enum store_statement which, uint64_t *ret)
{
	struct sqlite3_stmt *s = store_prepare(store, which);
	enum store_status status = store_step(store, s);

	if (status == STORE_OK) {
		*ret = store_number(s, 0);
		store_reset(s);
	}
	return status == STORE_NONE ? STORE_OK : status;
}

/* Messages and octets are counted once and followed from then on. */
static enum store_status
count_messages(struct store *store)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_TOTALS);
	enum store_status status = store_step(store, s);

	if (status != STORE_OK)
		return status;
	store->messages = (int64_t)store_number(s, 0);
	store->bytes = (int64_t)store_number(s, 1);
	store->counted = true;
	store_reset(s);
	return STORE_OK;
}

enum store_status
store_totals(struct store *store, struct store_totals *ret_totals)
{
	struct store_totals t = { 0 };
	struct sqlite3_stmt *s = store_prepare(store, SQL_COUNT_ASIDE);
	enum store_status status = STORE_OK;

	if (!store->counted)
		status = count_messages(store);
	t.messages = (uint64_t)store->messages;
	t.bytes = (uint64_t)store->bytes;
	if (status == STORE_OK)
		status = one_number(store, SQL_OLDEST, &t.oldest_ms);
	if (status == STORE_OK)
		status = one_number(store, SQL_COUNT_WAITING, &t.waiting);
	if (status == STORE_OK)
		status = one_number(store, SQL_COUNT_TAKEN, &t.taken);
	store_bind_number(s, 1, STATE_HELD);
	if (status == STORE_OK)
		status = one_number(store, SQL_COUNT_ASIDE, &t.held);
	store_bind_number(s, 1, STATE_DAMAGED);
	if (status == STORE_OK)
		status = one_number(store, SQL_COUNT_ASIDE, &t.damaged);
	if (status == STORE_OK)
		status = one_number(store, SQL_COUNT_DAMAGED,
		    &t.damaged_messages);
	if (status == STORE_OK)
		*ret_totals = t;
	return status;
}

enum store_status
store_destinations(struct store *store, const char *after, const char *name,
    uint32_t limit, void (*row)(void *arg, const char *name,
    const struct pushback_memory *memory), void *arg)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_DESTINATIONS);
	enum store_status status;

	store_bind_text(s, 1, after);
	store_bind_text(s, 2, name);
	store_bind_number(s, 3, limit);
	while ((status = store_step(store, s)) == STORE_OK) {
		struct pushback_memory memory = {
			.bits = (uint32_t)store_number(s, 1),
			.tried = (uint32_t)store_number(s, 2),
			.probe_at = store_number(s, 3),
		};

		row(arg, store_text(s, 0), &memory);
	}
	return status == STORE_NONE ? STORE_OK : status;
}
