/* SPDX-License-Identifier: ISC */
/*
 * What mx6d-smtp asks.  A submitted message becomes an arrival: a copy of it
 * in memory, its recipients in parcels by destination.  Parcels for which
 * there is room stay in memory and go out right after the commit, without
 * being read back; the others will be found on disk in their turn.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/policy.h"
#include "queue/engine.h"
#include "queue/queue_ipc.h"
#include "queue/serve.h"
#include "util/log.h"
#include "util/xalloc.h"

#define IPC_NAME queue
#define IPC_FILE "queue/queue.msg"
#include "util/ipc_serve.h"

#define BODY_BYTES_MAX	(64u * 1024 * 1024)	/* in memory, waiting */

/* A recipient with the key of its destination, for sorting. */
struct sorted {
	struct rcpt	 rcpt;
	char		*destination;
	uint32_t	 number;
};

static int
compare_sorted(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;
	int c = strcmp(x->destination, y->destination);

	if (c != 0)
		return c;
	if (x->rcpt.forwarded != y->rcpt.forwarded)
		return x->rcpt.forwarded ? 1 : -1;
	return x->number < y->number ? -1 : 1;
}

static void
free_sorted(struct sorted *all, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		free(all[i].destination);
	free(all);
}

/* NULL if a recipient makes no sense. */
static struct sorted *
sort_rcpts(const struct queue_submit_ask *ask)
{
	struct sorted *all = xcalloc(ask->rcpts_count, sizeof *all);
	char destination[DESTINATION_SIZE];

	for (uint32_t i = 0; i < ask->rcpts_count; i++) {
		const struct queue_rcpt *r = &ask->rcpts[i];

		all[i].number = i;
		all[i].rcpt = (struct rcpt){
			.kind = r->kind,
			.forwarded = r->forwarded != 0,
			.original = r->original,
			.address = r->address,
			.user = r->user,
			.path = r->path,
		};
		if (r->address[0] == '\0' || r->kind > TARGET_LMTP ||
		    !rcpt_destination(&all[i].rcpt, destination)) {
			free_sorted(all, i);
			return NULL;
		}
		all[i].destination = xstrdup(destination);
	}
	if (ask->rcpts_count > 1)
		qsort(all, ask->rcpts_count, sizeof *all, compare_sorted);
	return all;
}

static void
make_parcels(struct engine *e, struct arrival *a, const struct sorted *all,
    uint32_t count)
{
	uint64_t most = e->config->recipients_per_delivery;
	bool room = e->taken.body_bytes < BODY_BYTES_MAX && !e->stopping;
	struct parcel *p = NULL;

	for (uint32_t i = 0; i < count; i++) {
		const struct rcpt *r = &all[i].rcpt;

		if (p == NULL || p->count >= most ||
		    r->kind == TARGET_MAILDIR ||
		    strcmp(p->lane->name, all[i].destination) != 0 ||
		    STAILQ_FIRST(&p->rcpts)->forwarded != r->forwarded) {
			struct lane *lane = engine_lane(e, all[i].destination);

			p = parcel_new(lane, a->message, a->message->queued_ms);
			p->kept = room && lane_has_room(&e->lanes, lane);
			lane_reserve(&e->lanes, lane);
			TAILQ_INSERT_TAIL(&a->parcels, p, link);
		}
		parcel_add(p, rcpt_copy(r));
	}
}

static struct message *
message_of(struct engine *e, const struct queue_submit_ask *ask)
{
	uint64_t now_ms = engine_now_ms(), now = now_ms / 1000;
	const struct config *c = e->config;
	struct message m = {
		.name = ask->message,
		.session = ask->session,
		.sender = ask->sender,
		.helo = ask->helo,
		.peer = ask->peer,
		.role = ask->role,
		.arrived_ms = ask->arrived_ms,
		.ended_ms = ask->ended_ms,
		.queued_ms = now_ms,
		.expires_at = now + (ask->sender[0] == '\0' ?
		    c->bounce_expire_after : c->expire_after),
		.warn_at = c->warn_after == 0 || ask->sender[0] == '\0' ? 0 :
		    now + c->warn_after,
		.eightbit = ask->eightbit != 0,
		.utf8 = ask->utf8 != 0,
		.quarantine = ask->quarantine != 0,
		.authenticated = ask->authenticated != 0,
		.size_bytes = ask->size_bytes,
		.spool_id = ask->spool_id,
		.spool_start = ask->spool_start,
	};

	if (m.spool_id == 0) {
		m.body = ask->body.data;
		m.check = message_check(m.body, m.size_bytes);
	}
	return message_copy(&m);
}

void
arrival_free(struct engine *e, struct arrival *a)
{
	struct parcel *p;

	while ((p = TAILQ_FIRST(&a->parcels)) != NULL) {
		struct rcpt *r;

		TAILQ_REMOVE(&a->parcels, p, link);
		lane_unreserve(&e->lanes, p->lane);
		book_settle(e, p->lane);
		while ((r = STAILQ_FIRST(&p->rcpts)) != NULL) {
			STAILQ_REMOVE_HEAD(&p->rcpts, link);
			taken_release_rcpt(&e->taken, r);
		}
		p->message->parcels--;
		taken_release_message(&e->taken, p->message);
		free(p);
	}
	taken_release_message(&e->taken, a->message);
	free(a);
}

static void
refuse(struct ipc_call *call, enum queue_status status, const char *why)
{
	struct queue_submit_answer answer = { .status = status, .why = why };

	queue_submit_reply(call, &answer);
}

static void
on_synced(void *arg, bool ok)
{
	struct arrival *a = arg;
	struct engine *e = serving_engine();

	e->syncing--;
	if (ok) {
		STAILQ_INSERT_TAIL(&e->arrivals, a, link);
		return;		/* the loop's check comes next */
	}
	log_say(LOG_LEVEL_ERROR, "spool", "message %s: its file could not be "
	    "written to disk", a->message->name);
	spool_remove(e->spool, a->message->spool_id);
	refuse(a->call, e->full ? QUEUE_FULL : QUEUE_TROUBLE,
	    "the body could not be written");
	arrival_free(e, a);
}

/* What is wrong with it, or NULL. */
static const char *
fault_of(const struct queue_submit_ask *ask)
{
	if (ask->message[0] == '\0' || ask->rcpts_count == 0)
		return "no message id or no recipient";
	if (ask->rcpts_count >= MESSAGE_RCPTS_MAX)
		return "too many recipients";
	if (ask->spool_id == 0)
		return ask->body.size == ask->size_bytes && ask->size_bytes > 0
		    ? NULL : "the body has not the size that was told";
	return ask->spool_start <= SPOOL_START_MAX ? NULL :
	    "the body begins too late in its file";
}

void
serve_queue_submit(struct ipc_call *call, const struct queue_submit_ask *ask)
{
	struct engine *e = serving_engine();
	struct sorted *all;
	struct arrival *a;
	const char *fault;

	if (!engine_has_room(e)) {
		refuse(call, QUEUE_FULL, "too little room on disk");
		return;
	}
	fault = fault_of(ask);
	all = fault == NULL ? sort_rcpts(ask) : NULL;
	if (fault == NULL && all == NULL)
		fault = "a recipient without a destination";
	/* Last: who claims a file answers for it. */
	if (fault == NULL && ask->spool_id != 0 &&
	    !spool_claim(e->spool, ask->spool_id)) {
		free_sorted(all, ask->rcpts_count);
		fault = "no such spool file";
	}
	if (fault != NULL) {
		refuse(call, QUEUE_TROUBLE, fault);
		return;
	}
	a = xcalloc(1, sizeof *a);
	TAILQ_INIT(&a->parcels);
	a->call = call;
	a->message = message_of(e, ask);
	make_parcels(e, a, all, ask->rcpts_count);
	free_sorted(all, ask->rcpts_count);
	if (ask->spool_id == 0) {
		STAILQ_INSERT_TAIL(&e->arrivals, a, link);
		return;
	}
	e->syncing++;
	spool_sync(e->spool, e->loop, ask->spool_id, ask->spool_start,
	    ask->size_bytes, on_synced, a);
}

void
serve_queue_spool(struct ipc_call *call, const struct queue_spool_ask *ask)
{
	struct queue_spool_answer answer = { .file = -1, .reader = -1 };
	struct engine *e = serving_engine();

	if (engine_has_room(e))
		answer.file = spool_create(e->spool, &answer.spool_id);
	else
		errno = ENOSPC;
	if (answer.file != -1)
		answer.reader = spool_open_body(e->spool, answer.spool_id,
		    0, 0);
	if (answer.file != -1 && answer.reader == -1) {
		int error = errno;

		close(answer.file);
		answer.file = -1;
		spool_claim(e->spool, answer.spool_id);
		spool_remove(e->spool, answer.spool_id);
		errno = error;
	}
	if (answer.file == -1) {
		answer.status = errno == ENOSPC || errno == EDQUOT ||
		    errno == EMFILE || errno == ENFILE ? QUEUE_FULL : QUEUE_TROUBLE;
		log_say(LOG_LEVEL_WARNING, "spool", "no file for message %s: "
		    "%s", ask->message, strerror(errno));
	}
	queue_spool_reply(call, &answer);
	if (answer.file != -1)
		close(answer.file);
	if (answer.reader != -1)
		close(answer.reader);
}

const struct ipc_service *
arrive_service(void)
{
	return &queue_service;
}
