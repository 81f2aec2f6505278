/* SPDX-License-Identifier: ISC */
/*
 * What a transaction adds by itself: bounces and warnings as new messages
 * with a null sender, and the targets of recipients that policy has routed.
 * All of it is booked together with what it is about, so that a crash loses
 * neither the failure nor the report of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queue/bounce.h"
#include "queue/engine.h"
#include "util/log.h"
#include "util/xalloc.h"

/* Recipients collected from the store, for one report. */
struct reports {
	struct bounce_rcpt	*rcpts;
	struct rcpt		**copies;
	size_t			 count;
};

static void
collect(void *arg, const struct rcpt *r, const struct result *last)
{
	struct reports *all = arg;
	struct rcpt *copy = rcpt_copy(r);

	all->rcpts = xreallocarray(all->rcpts, all->count + 1,
	    sizeof *all->rcpts);
	all->copies = xreallocarray(all->copies, all->count + 1,
	    sizeof(struct rcpt *));
	copy->result = result_copy(last);
	all->copies[all->count] = copy;
	all->rcpts[all->count++] = (struct bounce_rcpt){
		.address = copy->original,
		.status = copy->result->status,
		.reply = copy->result->reply,
		.reason = copy->result->reason,
		.remote = copy->result->remote,
		.last_at = copy->result->at,
	};
}

static void
reports_done(struct reports *all)
{
	for (size_t i = 0; i < all->count; i++)
		rcpt_free(all->copies[i]);
	free(all->copies);
	free(all->rcpts);
}

/* The beginning of m's text, in buf if it has to be read; what cannot be
 * read is left out of the report. */
static void
original_of(struct engine *e, struct message *m, struct bounce *b,
    uint8_t buf[static BOUNCE_HEADER_MAX])
{
	ssize_t n;
	int fd;

	b->original = buf;
	if (m->spool_id != 0) {
		fd = spool_open_body(e->spool, m->spool_id, m->spool_start,
		    m->size_bytes);
		if (fd == -1)
			return;
		n = pread(fd, buf, BOUNCE_HEADER_MAX, (off_t)m->spool_start);
		b->original_size = n < 0 ? 0 : (size_t)n;
		close(fd);
		return;
	}
	if (m->body == NULL && store_load_body(e->store, m) == STORE_OK &&
	    m->known)
		taken_add_body(&e->taken, m);
	if (m->body == NULL)
		return;
	b->original = m->body;
	b->original_size = m->size_bytes;
}

/* Queues text for m's sender, whose targets policy will name. */
static enum store_status
add_notice(struct engine *e, const struct message *m, const char *name,
    struct buf *text, bool eightbit)
{
	uint64_t now_ms = engine_now_ms();
	struct message n = {
		.name = name,
		.session = m->session,
		.sender = "",
		.helo = "",
		.arrived_ms = now_ms,
		.ended_ms = now_ms,
		.queued_ms = now_ms,
		.expires_at = now_ms / 1000 + e->config->bounce_expire_after,
		.eightbit = eightbit,
		.utf8 = m->utf8,
		.size_bytes = buf_len(text),
		.body = buf_bytes(text),
		.check = message_check(buf_bytes(text), buf_len(text)),
	};
	struct rcpt r = {
		.kind = RCPT_UNROUTED,
		.original = m->sender,
		.address = m->sender,
		.user = "",
		.path = "",
	};
	enum store_status status = store_add_message(e->store, &n);

	if (status == STORE_OK)
		status = store_add_rcpt(e->store, &n, 0, &r,
		    DESTINATION_UNROUTED, false, now_ms / 1000);
	if (status == STORE_OK)
		status = store_wake(e->store, DESTINATION_UNROUTED,
		    now_ms / 1000);
	return status;
}

static enum store_status
notify(struct engine *e, struct message *m, enum bounce_kind kind,
    char name[static NOTIFY_NAME_SIZE], size_t *ret_count)
{
	uint8_t head[BOUNCE_HEADER_MAX];
	struct reports all = { 0 };
	struct buf text;
	bool eightbit = false;
	enum store_status status = store_reports(e->store, m->id,
	    kind == BOUNCE_FAILED, BOUNCE_RCPTS_MAX, collect, &all);
	struct bounce b = {
		.kind = kind,
		.hostname = e->hostname,
		.about = m->name,
		.sender = m->sender,
		.utf8 = m->utf8,
		.arrived_at = m->arrived_ms / 1000,
		.expires_at = m->expires_at,
		.now = engine_now(),
		.rcpts = all.rcpts,
		.rcpt_count = all.count,
	};

	name[0] = '\0';
	if (status == STORE_OK && all.count > 0) {
		message_id_next(&e->ids, engine_now_ms(), name);
		b.name = name;
		original_of(e, m, &b, head);
		buf_init(&text, BOUNCE_SIZE_MAX);
		if (bounce_compose(&b, &text, &eightbit))
			status = add_notice(e, m, name, &text, eightbit);
		buf_done(&text);
	}
	for (size_t i = 0; i < all.count && kind == BOUNCE_FAILED; i++) {
		if (status == STORE_OK)
			status = store_remove_rcpt(e->store, all.copies[i]);
	}
	*ret_count = all.count;
	reports_done(&all);
	return status;
}

enum store_status
notify_failed(struct engine *e, struct message *m,
    char name[static NOTIFY_NAME_SIZE])
{
	char next[NOTIFY_NAME_SIZE];
	enum store_status status;
	size_t count;

	name[0] = '\0';
	do {
		status = notify(e, m, BOUNCE_FAILED, next, &count);
		if (count > 0)
			memcpy(name, next, NOTIFY_NAME_SIZE);
	} while (status == STORE_OK && count == BOUNCE_RCPTS_MAX);
	return status;
}

enum store_status
notify_delayed(struct engine *e, struct message *m,
    char name[static NOTIFY_NAME_SIZE])
{
	enum store_status status = STORE_OK;
	size_t count;

	name[0] = '\0';
	if (bounce_wanted(m->sender))
		status = notify(e, m, BOUNCE_DELAYED, name, &count);
	if (status == STORE_OK && name[0] != '\0')
		status = store_warned(e->store, m->id);
	return status;
}

enum store_status
notify_routed(struct engine *e, struct parcel *p)
{
	uint64_t now = engine_now();
	char destination[DESTINATION_SIZE];
	struct rcpt *r;
	uint32_t n = 0;
	enum store_status status = store_next_rcpt(e->store, p->message->id,
	    &n);

	/* STORE_NONE: the operator has removed it, or holds it. */
	if (status == STORE_OK)
		status = store_replace_rcpt(e->store, STAILQ_FIRST(&p->rcpts));
	STAILQ_FOREACH(r, &p->targets, link) {
		if (status != STORE_OK)
			break;
		rcpt_destination(r, destination);	/* ask.c has tried */
		status = store_add_rcpt(e->store, p->message, n++, r,
		    destination, false, now);
		if (status == STORE_OK)
			status = store_wake(e->store, destination, now);
	}
	return status == STORE_NONE ? STORE_OK : status;
}

/* ---- after a restart ---- */

struct untold {
	uint64_t	*ids;
	size_t		 count;
};

#define UNTOLD_MAX 1000		/* in memory at a time */

static void
add_untold(void *arg, uint64_t message_id)
{
	struct untold *all = arg;

	all->ids = xreallocarray(all->ids, all->count + 1, sizeof *all->ids);
	all->ids[all->count++] = message_id;
}

static enum store_status
tell_untold(struct engine *e, uint64_t message_id)
{
	char name[NOTIFY_NAME_SIZE];
	struct message *m = NULL;
	enum store_status status = store_load_message(e->store, message_id,
	    &m);
	uint64_t spool_id = 0;
	bool gone = false;

	if (status == STORE_OK)
		status = store_begin(e->store);
	if (status == STORE_OK)
		status = notify_failed(e, m, name);
	if (status == STORE_OK)
		status = store_finish_message(e->store, message_id, &gone,
		    &spool_id);
	if (status == STORE_OK)
		status = store_commit(e->store);
	if (status != STORE_OK)
		store_rollback(e->store);
	else if (name[0] != '\0')
		report_notice("bounce", m, name);
	message_unref(m);
	if (status == STORE_OK && spool_id != 0)
		spool_remove(e->spool, spool_id);
	return status;
}

/* How many of the next UNTOLD_MAX were told; *ret_more: there may be more. */
static size_t
tell_some(struct engine *e, bool *ret_more)
{
	struct untold all = { 0 };
	size_t told = 0;

	if (store_untold(e->store, UNTOLD_MAX, add_untold, &all) != STORE_OK)
		log_say(LOG_LEVEL_ERROR, "store", "failures to report: %s",
		    store_trouble(e->store));
	for (size_t i = 0; i < all.count; i++) {
		if (tell_untold(e, all.ids[i]) == STORE_OK)
			told++;
		else
			log_say(LOG_LEVEL_ERROR, "store", "message row %llu: "
			    "its failure could not be reported: %s",
			    (unsigned long long)all.ids[i],
			    store_trouble(e->store));
	}
	*ret_more = all.count == UNTOLD_MAX;
	free(all.ids);
	return told;
}

void
notify_untold(struct engine *e)
{
	bool more = true;

	while (more && tell_some(e, &more) > 0)
		;
}
