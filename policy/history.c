/* SPDX-License-Identifier: ISC */
/* Batches of rows on their way to history.db. */

#include "policy/history.h"

#include <stdlib.h>
#include <time.h>

#include "policy/history_row.h"
#include "util/log.h"
#include "util/xalloc.h"

#define FLUSH_MS	500
#define PRUNE_MS	10000
#define BATCH_MAX	200
#define WAITING_MAX	4000	/* rows */
#define GIVE_MS		20000
#define ASK_MS		2000
#define DAY_S		UINT64_C(86400)

struct history {
	struct child		*child;
	struct history_store	*store;		/* NULL: not the first process */
	uv_timer_t		 flush_timer;
	uv_timer_t		 prune_timer;
	struct history_row	*waiting;	/* WAITING_MAX of them */
	size_t			 count;
	size_t			 given;		/* of these, to the first process */
	uint64_t		 dropped;
	struct guesses		*guesses;	/* of all processes */
};

/* The oldest rows have been dealt with. */
static void
forget_rows(struct history *h, size_t count)
{
	for (size_t i = 0; i < count; i++)
		history_row_done(&h->waiting[i]);
	h->count -= count;
	memmove(h->waiting, h->waiting + count,
	    h->count * sizeof *h->waiting);
}

static struct history_limits
limits_of(const struct child *child)
{
	const struct config *config = child->config;

	return (struct history_limits){
		.pushback_keep_s = config->pushback_keep * DAY_S,
		.shadow_keep_s = config->shadow_keep * DAY_S,
		.rows = config->history_rows,
		.rows_per_network = config->pushback_rows_per_network,
	};
}

/* Once an hour for a network that passes the setting. */
static void
note_guesses(struct history *h, const struct history_row *row)
{
	struct guesses_row much;
	struct log_line l;

	if (!guesses_note(h->guesses, row->network, row->guesses,
	    h->child->config->addressbook_guesses, row->at, &much))
		return;
	log_start(&l, LOG_LEVEL_WARNING, "addressbook-guesses");
	log_text(&l, "network", much.network);
	log_number(&l, "messages", much.messages);
	log_number(&l, "misses", much.misses);
	log_send(&l);
}

void
history_write(struct history *h, const struct history_row *rows, size_t count)
{
	struct history_limits limits = limits_of(h->child);

	if (h->store == NULL)
		abort();	/* a mistake of the wiring */
	for (size_t i = 0; i < count; i++)
		note_guesses(h, &rows[i]);
	if (!history_store_write(h->store, rows, count, &limits))
		log_say(LOG_LEVEL_ERROR, "history", "%zu verdicts are not in "
		    "history.db: %s", count, history_store_why(h->store));
}

static void give_rows(struct history *h);

static void
rows_given(void *arg, enum ipc_status status,
    const struct history_record_answer *answer)
{
	struct history *h = arg;
	size_t given = h->given;

	(void)answer;
	h->given = 0;
	if (status != IPC_OK)
		return;		/* kept; the timer tries again */
	forget_rows(h, given);
	if (h->count >= BATCH_MAX)
		give_rows(h);
}

static void
give_rows(struct history *h)
{
	struct history_record_ask ask = { .rows = h->waiting };

	if (h->given > 0 || h->count == 0)
		return;
	h->given = h->count < BATCH_MAX ? h->count : BATCH_MAX;
	ask.rows_count = (uint32_t)h->given;
	history_record(child_peer(PROCESS_POLICY), &ask, GIVE_MS, rows_given,
	    h);
}

void
history_flush(struct history *h)
{
	if (h->store == NULL) {
		give_rows(h);
	} else {
		history_write(h, h->waiting, h->count);
		forget_rows(h, h->count);
	}
}

static void
on_flush(uv_timer_t *timer)
{
	struct history *h = timer->data;

	if (h->dropped > 0)
		log_say(LOG_LEVEL_WARNING, "history", "%llu verdicts were not "
		    "kept: too many waited",
		    (unsigned long long)h->dropped);
	h->dropped = 0;
	if (h->count > 0)
		history_flush(h);
}

void
history_add(struct history *h, const struct history_row *row)
{
	if (h->count == WAITING_MAX) {
		h->dropped++;
		return;
	}
	history_row_copy(&h->waiting[h->count++], row);
	if (h->count >= BATCH_MAX && h->given == 0)
		history_flush(h);
	else if (!uv_is_active((uv_handle_t *)&h->flush_timer))
		uv_timer_start(&h->flush_timer, on_flush, FLUSH_MS, 0);
}

static void
on_prune(uv_timer_t *timer)
{
	struct history *h = timer->data;
	struct history_limits limits = limits_of(h->child);

	/* Rows that a batch could not take back wait for the next one. */
	if (history_store_prune(h->store, (uint64_t)time(NULL), &limits))
		uv_timer_start(timer, on_prune, FLUSH_MS, 0);
	else
		uv_timer_start(timer, on_prune, PRUNE_MS, 0);
}

struct history_store *
history_store(struct history *h)
{
	return h->store;
}

struct guesses *
history_guesses(struct history *h)
{
	return h->guesses;
}

struct history *
history_new(struct child *child)
{
	struct history *h = xcalloc(1, sizeof *h);
	char why[256];

	h->child = child;
	h->waiting = xcalloc(WAITING_MAX, sizeof *h->waiting);
	uv_timer_init(child->loop, &h->flush_timer);
	uv_timer_init(child->loop, &h->prune_timer);
	h->flush_timer.data = h->prune_timer.data = h;
	if (child->index > 0)
		return h;
	h->store = history_store_open(HISTORY_FILE, why, sizeof why);
	if (h->store == NULL) {
		log_say(LOG_LEVEL_ERROR, "history", "%s", why);
		return NULL;
	}
	h->guesses = guesses_new();
	uv_timer_start(&h->prune_timer, on_prune, PRUNE_MS, 0);
	return h;
}

/* ---- how a domain fared ---- */

struct domain_question {
	void	(*done)(void *arg, const struct history_counts *counts);
	void	*arg;
};

static void
domain_told(void *arg, enum ipc_status status,
    const struct history_domain_answer *answer)
{
	struct domain_question *q = arg;
	struct history_counts counts = { .accepted = 0 };

	if (status == IPC_OK) {
		counts.accepted = answer->accepted;
		counts.spam = answer->spam;
		counts.refused = answer->refused;
	}
	q->done(q->arg, &counts);
	free(q);
}

void
history_domain_record(struct history *h, const char *domain,
    void (*done)(void *arg, const struct history_counts *counts), void *arg)
{
	const struct history_domain_ask ask = { .domain = domain };
	struct history_counts counts;
	struct domain_question *q;

	if (h->store != NULL) {
		history_store_domain(h->store, domain, &counts);
		done(arg, &counts);
		return;
	}
	q = xmalloc(sizeof *q);
	q->done = done;
	q->arg = arg;
	history_domain(child_peer(PROCESS_POLICY), &ask, ASK_MS, domain_told,
	    q);
}
