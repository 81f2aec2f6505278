/* SPDX-License-Identifier: ISC */
/* Messages in, results booked: what a transaction of the queue is made of. */
#include <assert.h>

#include "queue/store_db.h"

enum store_status
store_add_message(struct store *store, struct message *m)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_ADD_MESSAGE);
	char peer[NETADDR_TEXT_SIZE];
	enum store_status status;
	int at = 1;

	m->id = store->next_message_id;
	store_bind_number(s, at++, m->id);
	store_bind_text(s, at++, m->name);
	store_bind_text(s, at++, m->session);
	store_bind_text(s, at++, m->sender);
	store_bind_text(s, at++, m->helo);
	store_bind_text(s, at++, netaddr_format(&m->peer, peer));
	store_bind_number(s, at++, m->role);
	store_bind_number(s, at++, m->arrived_ms);
	store_bind_number(s, at++, m->ended_ms);
	store_bind_number(s, at++, m->queued_ms);
	store_bind_number(s, at++, m->expires_at);
	store_bind_number(s, at++, m->warn_at);
	store_bind_number(s, at++, m->eightbit);
	store_bind_number(s, at++, m->utf8);
	store_bind_number(s, at++, m->quarantine);
	store_bind_number(s, at++, m->authenticated);
	store_bind_number(s, at++, m->size_bytes);
	store_bind_number(s, at++, m->check);
	store_bind_number(s, at++, m->spool_id);
	store_bind_number(s, at++, m->spool_start);
	status = store_run(store, s);
	if (status != STORE_OK)
		return status;
	store->next_message_id++;
	store->messages_pending++;
	store->bytes_pending += (int64_t)m->size_bytes;
	if (m->spool_id != 0)
		return STORE_OK;
	assert(m->body != NULL);
	s = store_prepare(store, SQL_ADD_BODY);
	store_bind_number(s, 1, m->id);
	store_bind_blob(s, 2, m->body, m->size_bytes);
	status = store_run(store, s);
	store_bind_blob(s, 2, NULL, 0);
	return status;
}

enum store_status
store_add_rcpt(struct store *store, const struct message *m, uint32_t n,
    struct rcpt *r, const char *destination, bool active, uint64_t due_at)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_ADD_RCPT);
	int at = 1;

	assert(n < MESSAGE_RCPTS_MAX);
	r->id = m->id << MESSAGE_RCPT_BITS | n;
	store_bind_number(s, at++, r->id);
	store_bind_text(s, at++, destination);
	store_bind_number(s, at++, r->kind);
	store_bind_text(s, at++, r->original);
	store_bind_text(s, at++, r->address);
	store_bind_text(s, at++, r->user);
	store_bind_text(s, at++, r->path);
	store_bind_number(s, at++, r->forwarded);
	store_bind_number(s, at++, r->pushed_back);
	store_bind_number(s, at++, active ? STATE_ACTIVE : STATE_WAITING);
	store_bind_number(s, at++, due_at);
	store_bind_number(s, at++, r->attempts);
	return store_run(store, s);
}

enum store_status
store_next_rcpt(struct store *store, uint64_t message_id, uint32_t *ret_n)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_NEXT_RCPT);
	enum store_status status;

	store_bind_number(s, 1, message_id);
	status = store_step(store, s);
	if (status != STORE_OK)
		return status;
	*ret_n = (uint32_t)((store_number(s, 0) & (MESSAGE_RCPTS_MAX - 1)) + 1);
	store_reset(s);
	return *ret_n < MESSAGE_RCPTS_MAX ? STORE_OK : STORE_NONE;
}

enum store_status
store_wake(struct store *store, const char *destination, uint64_t due_at)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_WAKE);

	store_bind_text(s, 1, destination);
	store_bind_number(s, 2, due_at);
	return store_run(store, s);
}

static enum store_status
change_one(struct store *store, enum store_statement which, uint64_t id)
{
	struct sqlite3_stmt *s = store_prepare(store, which);

	store_bind_number(s, 1, id);
	return store_change(store, s);
}

static enum store_status
change_any(struct store *store, enum store_statement which, uint64_t id)
{
	enum store_status status = change_one(store, which, id);

	return status == STORE_NONE ? STORE_OK : status;
}

enum store_status
store_remove_rcpt(struct store *store, const struct rcpt *r)
{
	enum store_status status = STORE_OK;

	if (r->attempts > 0 || r->pushed_back)
		status = change_any(store, SQL_REMOVE_ATTEMPTS, r->id);
	if (status != STORE_OK)
		return status;
	return change_one(store, SQL_REMOVE_RCPT, r->id);
}

enum store_status
store_replace_rcpt(struct store *store, const struct rcpt *r)
{
	enum store_status status = change_one(store, SQL_REMOVE_ROUTED, r->id);

	if (status == STORE_OK)
		status = change_any(store, SQL_REMOVE_ATTEMPTS, r->id);
	return status;
}

/* Parameters 2 to 6 of DEFER_RCPT and FAIL_RCPT. */
static void
bind_result(struct sqlite3_stmt *s, const struct result *result)
{
	store_bind_number(s, 2, result->at);
	store_bind_text(s, 3, result->status);
	store_bind_text(s, 4, result->reply);
	store_bind_text(s, 5, result->reason);
	store_bind_text(s, 6, result->remote);
}

static enum store_status
add_attempt(struct store *store, const struct rcpt *r)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_ADD_ATTEMPT);
	const struct result *result = r->result;
	int at = 1;

	store_bind_number(s, at++, r->id);
	store_bind_number(s, at++, result->at);
	store_bind_number(s, at++, result->outcome);
	store_bind_number(s, at++, result->via);
	store_bind_text(s, at++, result->status);
	store_bind_text(s, at++, result->reply);
	store_bind_text(s, at++, result->reason);
	store_bind_text(s, at++, result->remote);
	return store_run(store, s);
}

enum store_status
store_defer_rcpt(struct store *store, const struct rcpt *r)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_DEFER_RCPT);
	enum store_status status;

	store_bind_number(s, 1, r->id);
	bind_result(s, r->result);
	store_bind_number(s, 7, r->attempts);
	store_bind_number(s, 8, r->result->due_at);
	status = store_change(store, s);
	if (status != STORE_OK || r->result->put_off)
		return status;
	return add_attempt(store, r);
}

enum store_status
store_push_back_rcpt(struct store *store, const struct rcpt *r)
{
	enum store_status status = change_one(store, SQL_PUSH_BACK_RCPT, r->id);

	return status == STORE_OK ? add_attempt(store, r) : status;
}

enum store_status
store_fail_rcpt(struct store *store, const struct rcpt *r)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_FAIL_RCPT);

	store_bind_number(s, 1, r->id);
	bind_result(s, r->result);
	store_bind_number(s, 7, r->attempts);
	return store_change(store, s);
}

enum store_status
store_warned(struct store *store, uint64_t message_id)
{
	return change_any(store, SQL_WARNED, message_id);
}

/* Whether a query about one message gives a row; a statement for each step
 * costs a third of one DELETE with a subquery and RETURNING. */
static enum store_status
ask_message(struct store *store, enum store_statement which, uint64_t id,
    struct sqlite3_stmt **ret_row)
{
	struct sqlite3_stmt *s = store_prepare(store, which);

	store_bind_number(s, 1, id);
	*ret_row = s;
	return store_step(store, s);
}

enum store_status
store_finish_message(struct store *store, uint64_t message_id, bool *ret_gone,
    uint64_t *ret_spool_id)
{
	struct sqlite3_stmt *s;
	enum store_status status;

	*ret_gone = false;
	*ret_spool_id = 0;
	status = ask_message(store, SQL_HAS_RCPT, message_id, &s);
	if (status != STORE_NONE) {
		store_reset(s);
		return status;
	}
	status = ask_message(store, SQL_MESSAGE_SIZE, message_id, &s);
	if (status != STORE_OK)
		return status == STORE_NONE ? STORE_OK : status;
	*ret_gone = true;
	store->messages_pending--;
	store->bytes_pending -= (int64_t)store_number(s, 0);
	*ret_spool_id = store_number(s, 1);
	store_reset(s);
	status = change_any(store, SQL_REMOVE_MESSAGE, message_id);
	if (status == STORE_OK && *ret_spool_id == 0)
		status = change_any(store, SQL_REMOVE_BODY, message_id);
	return status;
}

enum store_status
store_set_aside(struct store *store, uint64_t message_id)
{
	return change_any(store, SQL_SET_ASIDE, message_id);
}

enum store_status
store_settle(struct store *store, const char *destination, uint64_t *ret_next)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_DUE_NEXT);
	enum store_status status;
	uint64_t next = 0;

	store_bind_text(s, 1, destination);
	status = store_step(store, s);
	if (status == STORE_OK) {
		next = store_number(s, 0);
		store_reset(s);
		s = store_prepare(store, SQL_SETTLE);
		store_bind_number(s, 2, next);
	} else if (status == STORE_NONE)
		s = store_prepare(store, SQL_SETTLE_EMPTY);
	else
		return status;
	store_bind_text(s, 1, destination);
	status = store_run(store, s);
	if (status == STORE_OK)
		*ret_next = next;
	return status;
}

enum store_status
store_save_destination(struct store *store, const char *destination,
    const struct pushback_memory *memory)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_SAVE_DESTINATION);

	store_bind_text(s, 1, destination);
	store_bind_number(s, 2, memory->bits);
	store_bind_number(s, 3, memory->tried);
	store_bind_number(s, 4, memory->probe_at);
	return store_run(store, s);
}
