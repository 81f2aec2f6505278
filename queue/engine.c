/* SPDX-License-Identifier: ISC */
/* The life of the running queue: start, turns, timers, stop. */
#include "queue/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "queue/store_admin.h"
#include "util/log.h"

/* mx6d-smtp processes have the numbers from 0. */
#define QUEUE_ID_PROCESS 1023
#define DATABASE	"queue.db"
#define SPOOL		"spool"
#define TICK_MS		1000
#define SPOOL_IDLE_S	900	/* an unnamed file nobody writes to */
#define SOON_MS		1
#define TURN_WAIT_MAX_S	3600

uint64_t
engine_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
engine_now(void)
{
	return engine_now_ms() / 1000;
}

uint32_t
engine_random(void)
{
	uint32_t n = 0;

	while (getrandom(&n, sizeof n, 0) != sizeof n)
		;
	return n;
}

void
engine_give_up(struct engine *e, const char *doing)
{
	log_say(LOG_LEVEL_ERROR, "store", "%s: %s", doing,
	    store_trouble(e->store));
	exit(1);
}

struct lane *
engine_lane(struct engine *e, const char *name)
{
	struct lane *lane = lanes_find(&e->lanes, name);
	enum store_status status;

	if (lane != NULL)
		return lane;
	lane = lanes_add(&e->lanes, name, &e->schedule);
	status = store_load_destination(e->store, name, &lane->pushback);
	if (status != STORE_OK && status != STORE_NONE)
		log_say(LOG_LEVEL_ERROR, "store", "push-backs of %s: %s", name,
		    store_trouble(e->store));
	return lane;
}

void
engine_wake(struct engine *e, uint64_t at)
{
	if (e->wake_at == 0 || at < e->wake_at)
		e->wake_at = at;
}

static void on_timer(uv_timer_t *timer);

/* When the next thing on disk is due, a turn comes by itself. */
static void
arm(struct engine *e)
{
	uint64_t now_ms, at_ms, wait_ms = 0;

	if (uv_is_active((uv_handle_t *)&e->timer) &&
	    uv_timer_get_due_in(&e->timer) <= SOON_MS)
		return;
	if (e->wake_at == 0 || e->stopping) {
		uv_timer_stop(&e->timer);
		return;
	}
	now_ms = engine_now_ms();
	at_ms = e->wake_at * 1000;
	if (at_ms <= now_ms)
		return;		/* due, but there was no room: results wake */
	wait_ms = at_ms - now_ms;
	if (wait_ms > TURN_WAIT_MAX_S * 1000)
		wait_ms = TURN_WAIT_MAX_S * 1000;
	uv_timer_stop(&e->timer);
	uv_timer_start(&e->timer, on_timer, wait_ms, 0);
}

static void
check_stopped(struct engine *e)
{
	if (!e->stopping || e->stopped == NULL || e->active > 0 ||
	    e->syncing > 0 || !STAILQ_EMPTY(&e->arrivals) ||
	    !TAILQ_EMPTY(&e->ended))
		return;
	e->stopped(e->stopped_arg);
	e->stopped = NULL;
}

void
engine_turn(struct engine *e)
{
	if (e->in_turn)
		return;
	e->in_turn = true;
	book(e);
	hand_out(e);
	arm(e);
	e->in_turn = false;
	check_stopped(e);
}

static void
on_timer(uv_timer_t *timer)
{
	engine_turn(timer->data);
}

void
engine_turn_soon(struct engine *e)
{
	uv_timer_start(&e->timer, on_timer, SOON_MS, 0);
}

static void
on_check(uv_check_t *check)
{
	engine_turn(check->data);
}

static void
look_at_disk(struct engine *e)
{
	bool full = spool_free_bytes(e->spool) < e->config->disk_reserve;

	if (full != e->full)
		log_say(full ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, "disk",
		    full ? "less than disk-reserve is free: mail is refused" :
		    "there is room again");
	e->full = full;
}

/* Takes over what the last process left; on a full disk that waits, and
 * what needs no taking over is delivered meanwhile. */
static bool
take_over(struct engine *e)
{
	enum store_status status = store_resume(e->store, engine_now());

	if (status == STORE_FULL) {
		book_no_room(e);
		return true;
	}
	if (status != STORE_OK) {
		log_say(LOG_LEVEL_ERROR, "store", "%s: %s", DATABASE,
		    store_trouble(e->store));
		return false;
	}
	e->taken_over = true;
	notify_untold(e);
	engine_wake(e, engine_now());
	engine_turn_soon(e);
	return true;
}

bool
engine_has_room(const struct engine *e)
{
	return e->taken_over && !e->full && !e->blocked;
}

static void
on_tick(uv_timer_t *tick)
{
	struct engine *e = tick->data;

	look_at_disk(e);
	if (!e->taken_over && !take_over(e))
		exit(1);
	spool_sweep(e->spool, engine_now(), SPOOL_IDLE_S);
	if (e->blocked) {
		e->blocked = false;
		engine_turn(e);
	}
}

void
engine_configure(struct engine *e, const struct config *config)
{
	e->config = config;
	if (config->hostname[0] != '\0')
		snprintf(e->hostname, sizeof e->hostname, "%s",
		    config->hostname);
	else if (e->hostname[0] == '\0')
		gethostname(e->hostname, sizeof e->hostname - 1);
	e->schedule = (struct schedule){
		.retry_first_s = (uint32_t)config->retry_first,
		.retry_most_s = (uint32_t)config->retry_most,
		.window_max = (uint32_t)config->deliveries_per_destination,
	};
	e->pushback = (struct pushback_rule){
		.window = (uint32_t)config->push_back_window,
		.limit = (uint32_t)config->push_back_limit,
		.probe_s = (uint32_t)config->push_back_probe,
	};
}

static bool
is_named(void *arg, uint64_t spool_id)
{
	struct engine *e = arg;

	/* In doubt it stays. */
	return store_spool_named(e->store, spool_id) != STORE_NONE;
}

static bool
open_files(struct engine *e)
{
	char error[STORE_ERROR_SIZE];
	unsigned removed;

	e->store = store_open(DATABASE, error);
	if (e->store == NULL) {
		log_say(LOG_LEVEL_ERROR, "store", "%s: %s", DATABASE, error);
		return false;
	}
	e->spool = spool_open(SPOOL, engine_now_ms());
	if (e->spool == NULL) {
		log_say(LOG_LEVEL_ERROR, "spool", "%s: %s", SPOOL,
		    strerror(errno));
		return false;
	}
	removed = spool_clean(e->spool, is_named, e);
	if (removed > 0)
		log_say(LOG_LEVEL_INFO, "spool", "%u files that no message "
		    "names were removed", removed);
	return true;
}

/* What is in the hands of a delivery shows as active; what was accepted and
 * waits in memory for its turn, as waiting. */
static uint32_t
shown_state(void *arg, uint64_t rcpt_id, uint32_t state)
{
	struct engine *e = arg;
	const struct rcpt *r;

	if (state != STATE_ACTIVE && state != STATE_WAITING)
		return state == STATE_FAILED ? STATE_ACTIVE : state;
	r = taken_rcpt(&e->taken, rcpt_id);
	return r != NULL && r->parcel->handed_out ? STATE_ACTIVE :
	    STATE_WAITING;
}

bool
engine_start(struct engine *e, uv_loop_t *loop, const struct config *config)
{
	memset(e, 0, sizeof *e);
	e->loop = loop;
	id_source_init(&e->ids, QUEUE_ID_PROCESS, engine_random());
	engine_configure(e, config);
	lanes_init(&e->lanes);
	taken_init(&e->taken);
	STAILQ_INIT(&e->arrivals);
	TAILQ_INIT(&e->ended);
	STAILQ_INIT(&e->asides);
	TAILQ_INIT(&e->settling);
	if (!open_files(e))
		return false;
	store_show_states(e->store, shown_state, e);
	e->check.data = e->timer.data = e->tick.data = e;
	uv_check_init(loop, &e->check);
	uv_check_start(&e->check, on_check);
	uv_unref((uv_handle_t *)&e->check);
	uv_timer_init(loop, &e->timer);
	uv_timer_init(loop, &e->tick);
	uv_timer_start(&e->tick, on_tick, TICK_MS, TICK_MS);
	look_at_disk(e);
	engine_wake(e, engine_now());
	engine_turn_soon(e);
	return take_over(e);
}

void
engine_stop(struct engine *e, void (*stopped)(void *arg), void *arg)
{
	e->stopping = true;
	e->stopped = stopped;
	e->stopped_arg = arg;
	engine_turn_soon(e);
}

void
engine_close(struct engine *e)
{
	uv_close((uv_handle_t *)&e->check, NULL);
	uv_close((uv_handle_t *)&e->timer, NULL);
	uv_close((uv_handle_t *)&e->tick, NULL);
	book_forget(e);
	lanes_done(&e->lanes);
	e->spool = spool_close(e->spool);
	e->store = store_close(e->store);
}
