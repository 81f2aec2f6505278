/* SPDX-License-Identifier: ISC */
/*
 * A ring of lines with serial numbers, and the readers that wait for more.
 *
 *	serial:  1 2 3 ... [ next - RING_SIZE ... next - 1 ]
 *	             lost     in the ring at serial % RING_SIZE
 */

#include "util/trace.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/number.h"
#include "util/xalloc.h"

#define RING_SIZE	4096
#define READERS_MAX	16
#define TICK_MS		50
#define SESSION_SIZE	24
#define TEXT_MAX	1024	/* a longer line is cut */

struct line {
	uint64_t	 at_ms;
	struct netaddr	 peer;
	char		 direction[2];
	char		 session[SESSION_SIZE];
	char		 peer_text[NETADDR_TEXT_SIZE];
	char		*text;
};

struct reader {
	bool		 used;
	bool		 all;
	struct netblock	 filter;
	uint64_t	 after;
	uint64_t	 deadline_ms;
	void		(*done)(void *, struct trace_batch *);
	void		*arg;
};

struct trace_batch {
	bool		 all;
	struct netblock	 filter;
	uint64_t	 at;		/* serial number looked at last */
	unsigned	 count;
	uint64_t	 missed;
};

static uv_loop_t *the_loop;
static uv_timer_t timer;
static struct line *ring;		/* NULL: nobody watches */
static uint64_t next_serial = 2;	/* 0 means "from now on" */
static uint64_t watched_until_ms;
static struct reader readers[READERS_MAX];

void
trace_init(uv_loop_t *loop)
{
	the_loop = loop;
	uv_timer_init(loop, &timer);
	uv_unref((uv_handle_t *)&timer);
}

static void
forget_ring(void)
{
	for (size_t i = 0; i < RING_SIZE; i++)
		free(ring[i].text);
	free(ring);
	ring = NULL;
}

static uint64_t
unix_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
trace_add(const struct netaddr *peer, const char *session, char direction,
    const char *text)
{
	struct line *line;

	if (ring == NULL)
		return;
	line = &ring[next_serial++ % RING_SIZE];
	free(line->text);
	line->at_ms = unix_ms();
	line->peer = *peer;
	line->direction[0] = direction;
	if (peer->family == NETADDR_NONE)
		strcpy_bounded(line->peer_text, sizeof line->peer_text,
		    "local");
	else
		netaddr_format_port(peer, line->peer_text);
	line->text = xstrndup(text, TEXT_MAX);
	strcpy_bounded(line->session, sizeof line->session,
	    strlen(session) < sizeof line->session ? session : "?");
}

/* ---- batches ---- */

static bool
matches(const struct trace_batch *batch, const struct line *line)
{
	return batch->all || netblock_contains(&batch->filter, &line->peer);
}

bool
trace_batch_next(struct trace_batch *batch, struct trace_line *ret_line)
{
	while (batch->count < TRACE_BATCH_MAX && batch->at + 1 < next_serial) {
		const struct line *line = &ring[++batch->at % RING_SIZE];

		if (line->text == NULL || !matches(batch, line))
			continue;
		batch->count++;
		*ret_line = (struct trace_line){
			.at_ms = line->at_ms,
			.session = line->session,
			.peer = line->peer_text,
			.direction = line->direction,
			.text = line->text,
		};
		return true;
	}
	return false;
}

uint64_t
trace_batch_last(const struct trace_batch *batch)
{
	return batch->at;
}

uint64_t
trace_batch_missed(const struct trace_batch *batch)
{
	return batch->missed;
}

/* A batch that begins behind the reader's last line. */
static struct trace_batch
batch_for(const struct reader *r)
{
	struct trace_batch batch = {
		.all = r->all,
		.filter = r->filter,
		.at = r->after,
	};
	uint64_t oldest = next_serial > RING_SIZE ?
	    next_serial - RING_SIZE : 1;

	if (batch.at + 1 < oldest) {
		batch.missed = oldest - 1 - batch.at;
		batch.at = oldest - 1;
	}
	return batch;
}

static bool
has_news(const struct reader *r)
{
	struct trace_batch batch = batch_for(r);
	struct trace_line line;

	return trace_batch_next(&batch, &line);
}

/* ---- readers ---- */

static void
answer(struct reader *r)
{
	struct trace_batch batch = batch_for(r);

	r->used = false;
	r->done(r->arg, &batch);
}

static void
on_tick(uv_timer_t *unused)
{
	uint64_t now_ms = uv_now(the_loop);

	(void)unused;
	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *r = &readers[i];

		if (!r->used)
			continue;
		watched_until_ms = now_ms + TRACE_WATCH_MS;
		if (has_news(r) || now_ms >= r->deadline_ms)
			answer(r);
	}
	if (now_ms < watched_until_ms)
		return;
	uv_timer_stop(&timer);
	forget_ring();
}

static void
watch(void)
{
	watched_until_ms = uv_now(the_loop) + TRACE_WATCH_MS;
	if (ring != NULL)
		return;
	ring = xcalloc(RING_SIZE, sizeof *ring);
	uv_timer_start(&timer, on_tick, TICK_MS, TICK_MS);
}

static struct reader *
free_reader(void)
{
	for (size_t i = 0; i < READERS_MAX; i++)
		if (!readers[i].used)
			return &readers[i];
	return NULL;
}

void
trace_read(const char *filter, uint64_t after, uint32_t timeout_ms,
    void (*done)(void *, struct trace_batch *), void *arg)
{
	struct reader fresh = { .used = true, .done = done, .arg = arg };
	struct reader *r = free_reader();

	watch();
	fresh.all = filter[0] == '\0';
	fresh.after = after == 0 || after >= next_serial ? next_serial - 1 :
	    after;
	fresh.deadline_ms = uv_now(the_loop) + timeout_ms;
	if (r == NULL || (!fresh.all &&
	    !netblock_parse(filter, &fresh.filter))) {
		struct trace_batch none = { .at = next_serial - 1 };

		done(arg, &none);
		return;
	}
	*r = fresh;
	if (has_news(r))
		answer(r);
}
