/* SPDX-License-Identifier: ISC */
/*
 * What is due, and messages back into memory.  What is read here was once
 * written by us, but a disk or a person may have changed it: every row is
 * checked, and one that cannot be right is STORE_DAMAGED, not a crash.
 */
#include <sqlite3.h>
#include <string.h>

#include "policy/policy.h"
#include "queue/store_db.h"
#include "util/xalloc.h"

bool
store_read_rcpt(struct sqlite3_stmt *s, struct rcpt *ret_rcpt)
{
	struct rcpt r = { .id = store_number(s, 0) };
	uint64_t kind = store_number(s, 1);

	if (kind != TARGET_REMOTE && kind != TARGET_MAILDIR &&
	    kind != TARGET_LMTP && kind != RCPT_UNROUTED)
		return false;
	r.kind = (uint8_t)kind;
	r.forwarded = store_number(s, 2) != 0;
	r.pushed_back = store_number(s, 3) != 0;
	r.attempts = (uint32_t)store_number(s, 4);
	r.original = store_text(s, 5);
	r.address = store_text(s, 6);
	r.user = store_text(s, 7);
	r.path = store_text(s, 8);
	if (r.address[0] == '\0')
		return false;
	*ret_rcpt = r;
	return true;
}

bool
store_read_message(struct sqlite3_stmt *s, struct message *ret_message)
{
	struct message m = { .id = store_number(s, 0) };
	const char *peer;

	m.name = store_text(s, 1);
	m.session = store_text(s, 2);
	m.sender = store_text(s, 3);
	m.helo = store_text(s, 4);
	peer = store_text(s, 5);
	m.role = (uint32_t)store_number(s, 6);
	m.arrived_ms = store_number(s, 7);
	m.ended_ms = store_number(s, 8);
	m.queued_ms = store_number(s, 9);
	m.expires_at = store_number(s, 10);
	m.warn_at = store_number(s, 11);
	m.eightbit = store_number(s, 12) != 0;
	m.utf8 = store_number(s, 13) != 0;
	m.quarantine = store_number(s, 14) != 0;
	m.authenticated = store_number(s, 15) != 0;
	m.size_bytes = store_number(s, 16);
	m.check = store_number(s, 17);
	m.spool_id = store_number(s, 18);
	m.spool_start = store_number(s, 19);
	if (m.name[0] == '\0' || m.size_bytes > INT64_MAX)
		return false;
	if (!netaddr_parse(peer, &m.peer) && strcmp(peer, "none") != 0)
		return false;
	*ret_message = m;
	return true;
}

/* Columns of RESULT_COLUMNS, from `column` on. */
void
store_read_result(struct sqlite3_stmt *s, int column,
    struct result *ret_result)
{
	memset(ret_result, 0, sizeof *ret_result);
	ret_result->at = store_number(s, column);
	ret_result->status = store_text(s, column + 1);
	ret_result->code = "";
	ret_result->reply = store_text(s, column + 2);
	ret_result->reason = store_text(s, column + 3);
	ret_result->remote = store_text(s, column + 4);
}

enum store_status
store_waiting(struct store *store, uint64_t now, uint32_t limit,
    void (*row)(void *arg, const char *destination), void *arg,
    uint64_t *ret_next)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_WAITING);
	enum store_status status;

	store_bind_number(s, 1, now);
	store_bind_number(s, 2, limit);
	while ((status = store_step(store, s)) == STORE_OK)
		row(arg, store_text(s, 0));
	if (status != STORE_NONE)
		return status;
	s = store_prepare(store, SQL_WAITING_NEXT);
	store_bind_number(s, 1, now);
	status = store_step(store, s);
	*ret_next = 0;
	if (status == STORE_OK) {
		*ret_next = store_number(s, 0);
		store_reset(s);
	}
	return status == STORE_NONE ? STORE_OK : status;
}

enum store_status
store_due(struct store *store, const char *destination, uint64_t now,
    struct store_cursor *cursor, uint32_t limit,
    bool (*row)(void *arg, const struct rcpt *r), void *arg,
    uint32_t *ret_count)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_DUE);
	enum store_status status;

	*ret_count = 0;
	store_bind_text(s, 1, destination);
	store_bind_number(s, 2, now);
	store_bind_number(s, 3, cursor->due_at);
	store_bind_number(s, 4, cursor->id);
	store_bind_number(s, 5, limit);
	while ((status = store_step(store, s)) == STORE_OK) {
		struct rcpt r;
		bool more;

		if (!store_read_rcpt(s, &r)) {
			/* Its message is found damaged as a whole. */
			r = (struct rcpt){ .id = store_number(s, 0),
			    .original = "", .address = "", .user = "",
			    .path = "" };
		}
		more = row(arg, &r);
		if (!more) {
			store_reset(s);
			return STORE_OK;
		}
		cursor->id = r.id;
		cursor->due_at = store_number(s, 9);
		++*ret_count;
	}
	return status == STORE_NONE ? STORE_OK : status;
}

enum store_status
store_load_message(struct store *store, uint64_t message_id,
    struct message **ret_message)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_LOAD_MESSAGE);
	enum store_status status;
	struct message m;

	store_bind_number(s, 1, message_id);
	status = store_step(store, s);
	if (status != STORE_OK)
		return status == STORE_NONE ? STORE_DAMAGED : status;
	if (store_read_message(s, &m))
		*ret_message = message_copy(&m);
	else
		status = STORE_DAMAGED;
	store_reset(s);
	return status;
}

enum store_status
store_load_body(struct store *store, struct message *m)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_LOAD_BODY);
	enum store_status status;
	const void *body;
	uint64_t size;

	store_bind_number(s, 1, m->id);
	status = store_step(store, s);
	if (status != STORE_OK)
		return status == STORE_NONE ? STORE_DAMAGED : status;
	body = sqlite3_column_blob(s, 0);
	size = (uint64_t)sqlite3_column_bytes(s, 0);
	if (size == m->size_bytes && message_check(body, size) == m->check)
		m->body = xmemdup(body, size);
	else
		status = STORE_DAMAGED;
	store_reset(s);
	return status;
}

enum store_status
store_reports(struct store *store, uint64_t message_id, bool failed,
    uint32_t limit, void (*row)(void *arg, const struct rcpt *r,
    const struct result *last), void *arg)
{
	struct sqlite3_stmt *s = store_prepare(store,
	    failed ? SQL_FAILED : SQL_DELAYED);
	enum store_status status;

	store_bind_number(s, 1, message_id);
	store_bind_number(s, 2, limit);
	while ((status = store_step(store, s)) == STORE_OK) {
		struct result last;
		struct rcpt r;

		if (!store_read_rcpt(s, &r))
			continue;
		store_read_result(s, 9, &last);
		row(arg, &r, &last);
	}
	return status == STORE_NONE ? STORE_OK : status;
}

enum store_status
store_untold(struct store *store, uint32_t limit,
    void (*row)(void *arg, uint64_t message_id), void *arg)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_UNTOLD);
	enum store_status status;

	store_bind_number(s, 1, limit);
	while ((status = store_step(store, s)) == STORE_OK)
		row(arg, store_number(s, 0));
	return status == STORE_NONE ? STORE_OK : status;
}

enum store_status
store_load_destination(struct store *store, const char *destination,
    struct pushback_memory *ret_memory)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_LOAD_DESTINATION);
	enum store_status status;

	memset(ret_memory, 0, sizeof *ret_memory);
	store_bind_text(s, 1, destination);
	status = store_step(store, s);
	if (status != STORE_OK)
		return status;
	ret_memory->bits = (uint32_t)store_number(s, 0);
	ret_memory->tried = (uint32_t)store_number(s, 1);
	ret_memory->probe_at = store_number(s, 2);
	store_reset(s);
	return STORE_OK;
}

enum store_status
store_spool_named(struct store *store, uint64_t spool_id)
{
	struct sqlite3_stmt *s = store_prepare(store, SQL_SPOOL_NAMED);
	enum store_status status;

	store_bind_number(s, 1, spool_id);
	status = store_step(store, s);
	if (status == STORE_OK)
		store_reset(s);
	return status;
}
