/* SPDX-License-Identifier: ISC */
/* The operator's calls: looking at the queue, and showing its figures. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queue/engine.h"
#include "queue/queue_admin_ipc.h"
#include "queue/serve.h"
#include "queue/store_admin.h"
#include "util/log.h"
#include "util/xalloc.h"

#define IPC_NAME queue_admin
#define IPC_FILE "queue/queue_admin.msg"
#include "util/ipc_serve.h"

#define ROWS_MAX	1000		/* in one answer */
#define CONTENT_MAX	(8u * 1024 * 1024)
#define HEADER_MAX	(64u * 1024)

/* Rows copied out of the store, for one answer. */
struct rows {
	struct queue_admin_row	*rows;
	uint32_t		 count;
};

static void
texts_of(const struct queue_admin_row *r, const char *texts[5])
{
	texts[0] = r->message;
	texts[1] = r->sender;
	texts[2] = r->address;
	texts[3] = r->destination;
	texts[4] = r->last;
}

static void
add_row(void *arg, const struct queue_admin_row *row)
{
	struct rows *all = arg;
	struct queue_admin_row *r;

	all->rows = xreallocarray(all->rows, all->count + 1,
	    sizeof *all->rows);
	r = &all->rows[all->count++];
	*r = *row;
	r->message = xstrdup(row->message);
	r->sender = xstrdup(row->sender);
	r->address = xstrdup(row->address);
	r->destination = xstrdup(row->destination);
	r->last = xstrdup(row->last);
}

static void
rows_done(struct rows *all)
{
	const char *texts[5];

	for (uint32_t i = 0; i < all->count; i++) {
		texts_of(&all->rows[i], texts);
		for (int t = 0; t < 5; t++)
			free((void *)(uintptr_t)texts[t]);
	}
	free(all->rows);
}

static uint32_t
at_most(uint32_t limit)
{
	return limit == 0 || limit > ROWS_MAX ? ROWS_MAX : limit;
}

static void
log_trouble(struct engine *e, const char *what)
{
	log_say(LOG_LEVEL_ERROR, "store", "%s: %s", what,
	    store_trouble(e->store));
}

/* Pages are in the order of recipient ids, which are unique by themselves. */
void
serve_queue_admin_list(struct ipc_call *call,
    const struct queue_admin_list_ask *ask)
{
	struct engine *e = serving_engine();
	uint32_t limit = at_most(ask->limit);
	struct store_filter filter = {
		.after = ask->after_recipient,
		.message = ask->message,
		.sender = ask->sender,
		.domain = ask->domain,
		.state = ask->state,
		.limit = limit + 1,
	};
	struct queue_admin_list_answer answer = { 0 };
	struct rows all = { 0 };

	if (store_list(e->store, &filter, add_row, &all) != STORE_OK)
		log_trouble(e, "queue list");
	answer.rows = all.rows;
	answer.more = all.count > limit;
	answer.rows_count = answer.more ? limit : all.count;
	queue_admin_list_reply(call, &answer);
	rows_done(&all);
}

void
serve_queue_admin_act(struct ipc_call *call,
    const struct queue_admin_act_ask *ask)
{
	admin_act(call, ask);
}

/* ---- one message ---- */

/* The end of the header section within n octets. */
static size_t
header_size(const uint8_t *text, size_t n)
{
	const uint8_t *end = memmem(text, n, "\r\n\r\n", 4);

	return end == NULL ? n : (size_t)(end - text) + 2;
}

/* At most `most` octets of m's text into a new block. */
static uint8_t *
read_content(struct engine *e, struct message *m, size_t most,
    size_t *ret_size)
{
	uint8_t *text = NULL;
	size_t n = m->size_bytes < most ? (size_t)m->size_bytes : most;
	ssize_t got = -1;

	if (m->spool_id != 0) {
		int fd = spool_open_body(e->spool, m->spool_id,
		    m->spool_start, m->size_bytes);

		text = xmalloc(n);
		if (fd != -1) {
			got = pread(fd, text, n, (off_t)m->spool_start);
			close(fd);
		}
	} else if (m->body != NULL ||
	    store_load_body(e->store, m) == STORE_OK) {
		text = xmemdup(m->body, n);
		got = (ssize_t)n;
	}
	*ret_size = got < 0 ? 0 : (size_t)got;
	return text;
}

void
serve_queue_admin_show(struct ipc_call *call,
    const struct queue_admin_show_ask *ask)
{
	struct queue_admin_show_answer answer = { .sender = "" };
	struct engine *e = serving_engine();
	struct store_filter filter = {
		.message = ask->message,
		.sender = "",
		.domain = "",
		.limit = ROWS_MAX,
	};
	struct message *m = NULL;
	struct rows all = { 0 };
	uint8_t *content = NULL;
	size_t size = 0;
	uint64_t id;

	if (ask->message[0] != '\0' &&
	    store_find_message(e->store, ask->message, &id) == STORE_OK &&
	    store_load_message(e->store, id, &m) == STORE_OK) {
		answer.found = 1;
		answer.sender = m->sender;
		answer.session = m->session;
		answer.helo = m->helo;
		answer.peer = m->peer;
		answer.arrived_ms = m->arrived_ms;
		answer.expires_at = m->expires_at;
		answer.size_bytes = m->size_bytes;
		store_list(e->store, &filter, add_row, &all);
		answer.rows = all.rows;
		answer.rows_count = all.count;
		content = read_content(e, m, ask->body ? CONTENT_MAX :
		    HEADER_MAX, &size);
		if (!ask->body && content != NULL)
			size = header_size(content, size);
		answer.content = (struct ipc_bytes){ content, size };
	}
	queue_admin_show_reply(call, &answer);
	rows_done(&all);
	free(content);
	message_unref(m);
}

/* ---- figures ---- */

void
serve_queue_admin_status(struct ipc_call *call,
    const struct queue_admin_status_ask *ask)
{
	struct engine *e = serving_engine();
	struct store_totals t = { 0 };

	(void)ask;
	if (store_totals(e->store, &t) != STORE_OK)
		log_trouble(e, "queue status");
	uint64_t all = t.waiting + t.taken;
	uint64_t active = e->active < all ? e->active : all;
	struct queue_admin_count counts[] = {
		{ STATE_WAITING, all - active },
		{ STATE_ACTIVE, active },
		{ STATE_HELD, t.held },
		{ STATE_DAMAGED, t.damaged },
	};
	struct queue_admin_status_answer answer = {
		.messages = t.messages,
		.counts = counts,
		.counts_count = 4,
		.bytes = t.bytes,
		.oldest_ms = t.oldest_ms,
		.accepted = e->counts.accepted,
		.delivered = e->counts.delivered,
		.deferred = e->counts.deferred,
		.bounced = e->counts.bounced,
		.pushed_back = e->counts.pushed_back,
		.commits = e->counts.commits,
		.active = e->active,
		.damaged = t.damaged_messages,
	};
	queue_admin_status_reply(call, &answer);
}

struct places {
	struct engine			*engine;
	struct queue_admin_destination	*rows;
	uint32_t			 count;
};

static void
add_place(struct places *all, const char *name,
    const struct pushback_memory *memory, const struct lane *lane)
{
	const struct pushback_rule *rule = &all->engine->pushback;
	struct queue_admin_destination *row;
	bool first = pushback_ipv4_first(memory, rule);

	all->rows = xreallocarray(all->rows, all->count + 1,
	    sizeof *all->rows);
	row = &all->rows[all->count++];
	*row = (struct queue_admin_destination){
		.domain = xstrdup(name),
		.tried = memory->tried,
		.pushed_back = pushback_count(memory, rule),
		.ipv4_first = first,
		.next_probe_at = first ? memory->probe_at : 0,
		.active = lane == NULL ? 0 : lane->active,
		.limit = lane == NULL ? 0 : lane->window.limit,
		.last = xstrdup(lane == NULL ? "" : lane->last),
	};
}

/* One of the table; what is in memory of it is newer. */
static void
add_stored(void *arg, const char *name, const struct pushback_memory *memory)
{
	struct places *all = arg;
	struct lane *lane = lanes_find(&all->engine->lanes, name);

	add_place(all, name, lane == NULL ? memory : &lane->pushback, lane);
}

static int
compare_places(const void *a, const void *b)
{
	const struct queue_admin_destination *x = a, *y = b;

	return strcmp(x->domain, y->domain);
}

/* Those in memory that the table does not have. */
static void
add_lanes(struct places *all, const char *after, const char *name,
    uint32_t limit)
{
	uint32_t stored = all->count, added = 0;
	struct lane *lane;

	for (lane = lanes_after(&all->engine->lanes, after);
	    lane != NULL && added < limit;
	    lane = lanes_after(&all->engine->lanes, lane->name)) {
		bool known = false;

		if (name[0] != '\0' && strcmp(name, lane->name) != 0)
			continue;
		for (uint32_t i = 0; i < stored && !known; i++)
			known = strcmp(all->rows[i].domain, lane->name) == 0;
		if (known)
			continue;
		add_place(all, lane->name, &lane->pushback, lane);
		added++;
	}
}

void
serve_queue_admin_destinations(struct ipc_call *call,
    const struct queue_admin_destinations_ask *ask)
{
	struct engine *e = serving_engine();
	uint32_t limit = at_most(ask->limit);
	struct places all = { .engine = e };
	struct queue_admin_destinations_answer answer = { 0 };

	if (store_destinations(e->store, ask->after, ask->domain, limit + 1,
	    add_stored, &all) != STORE_OK)
		log_trouble(e, "queue destinations");
	add_lanes(&all, ask->after, ask->domain, limit + 1);
	if (all.count > 1)
		qsort(all.rows, all.count, sizeof *all.rows, compare_places);
	answer.rows = all.rows;
	answer.more = all.count > limit;
	answer.rows_count = answer.more ? limit : all.count;
	queue_admin_destinations_reply(call, &answer);
	for (uint32_t i = 0; i < all.count; i++) {
		free((void *)(uintptr_t)all.rows[i].domain);
		free((void *)(uintptr_t)all.rows[i].last);
	}
	free(all.rows);
}

const struct ipc_service *
admin_service(void)
{
	return &queue_admin_service;
}
