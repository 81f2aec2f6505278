/* SPDX-License-Identifier: ISC */
#include "queue/schedule.h"

#include <assert.h>

#define TROUBLE_MAX	3
#define WINDOW_FIRST	5
#define REST_FIRST_S	30

/* wait plus or minus a fifth, at most retry_most, and not past the end. */
static uint64_t
after(const struct schedule *s, uint64_t now, uint64_t wait,
    uint64_t expires_at, uint32_t random)
{
	uint64_t spread, at;

	if (wait > s->retry_most_s)
		wait = s->retry_most_s;
	spread = wait * 2 / 5;
	wait = wait - spread / 2 + random % (spread + 1);
	at = now + (wait == 0 ? 1 : wait);
	if (at > expires_at && expires_at > now)
		at = expires_at;
	return at;
}

uint64_t
schedule_retry_at(const struct schedule *s, uint64_t now, uint32_t attempts,
    uint64_t expires_at, uint32_t random)
{
	uint64_t wait = s->retry_first_s;

	assert(attempts > 0);
	for (uint32_t i = 1; i < attempts && wait < s->retry_most_s; i++)
		wait *= 2;
	return after(s, now, wait, expires_at, random);
}

uint64_t
schedule_put_off(const struct schedule *s, uint64_t now, uint64_t since,
    uint64_t expires_at, uint32_t random)
{
	uint64_t wait = now > since ? now - since : 0;

	return after(s, now, wait > s->retry_first_s ? wait : s->retry_first_s,
	    expires_at, random);
}

uint64_t
schedule_soon(uint64_t now, uint32_t random)
{
	return now + 5 + random % 10;
}

void
schedule_window_init(struct schedule_window *w, const struct schedule *s)
{
	w->limit = s->window_max < WINDOW_FIRST ? s->window_max : WINDOW_FIRST;
	w->troubles = 0;
	w->rest_until = 0;
}

void
schedule_window_note(struct schedule_window *w, const struct schedule *s,
    uint64_t now, bool reached)
{
	uint64_t rest = REST_FIRST_S;

	if (reached) {
		w->troubles = 0;
		w->rest_until = 0;
		if (w->limit < s->window_max)
			w->limit++;
		else
			w->limit = s->window_max;
		return;
	}
	if (w->limit > 1)
		w->limit /= 2;
	if (++w->troubles < TROUBLE_MAX)
		return;
	for (uint32_t i = TROUBLE_MAX; i < w->troubles &&
	    rest < s->retry_first_s; i++)
		rest *= 2;
	if (rest > s->retry_first_s)
		rest = s->retry_first_s;
	w->rest_until = now + rest;
	w->limit = 1;
}

bool
schedule_window_resting(const struct schedule_window *w, uint64_t now)
{
	return now < w->rest_until;
}

void
schedule_window_wake(struct schedule_window *w)
{
	w->rest_until = 0;
}
