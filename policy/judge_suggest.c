/* SPDX-License-Identifier: ISC */
/* Now and then the first process looks whether a rule may follow suggestions
 * for the greenlist (policy/suggest.h), and which of its rows expire. */

#include <time.h>
#include <uv.h>

#include "policy/judge.h"
#include "policy/lists_signs.h"
#include "policy/suggest.h"
#include "util/log.h"

#define FIRST_MS	(5 * 1000)
#define EVERY_MS	(3600 * 1000)
#define DAY_S		UINT64_C(86400)

static uv_timer_t timer;

static void
say_added(void *arg, const struct history_suggestion *row)
{
	struct log_line l;

	(void)arg;
	log_start(&l, LOG_LEVEL_INFO, "greenlist-suggested");
	log_text(&l, "domain", row->domain);
	log_number(&l, "pushed_back", row->pushed_back);
	log_number(&l, "accepted_ipv4", row->counts.accepted);
	log_number(&l, "in_books", row->in_books);
	log_send(&l);
}

static void
look(uv_timer_t *t)
{
	const struct config *config = judge.child->config;
	const struct suggest_settings settings = {
		.good_messages = config->history_good_messages,
		.good_percent = config->history_good_percent,
		.per_day = config->greenlist_suggest_per_day,
		.keep_s = config->greenlist_suggest_keep * DAY_S,
	};
	uint64_t now = (uint64_t)time(NULL);
	enum lists_status status = lists_green_expire(judge.lists,
	    (int64_t)now);

	(void)t;
	if (status == LISTS_OK && config->greenlist_suggest_apply) {
		history_flush(judge.history);
		status = suggest_apply(history_store(judge.history),
		    judge.lists, &settings, now, say_added, NULL);
	}
	if (status == LISTS_TROUBLE)
		log_say(LOG_LEVEL_ERROR, "greenlist", "no suggestion was "
		    "followed: %s", lists_why(judge.lists));
}

bool
judge_suggest_start(void)
{
	return judge.child->index > 0 ||
	    (uv_timer_init(judge.child->loop, &timer) == 0 &&
	    uv_timer_start(&timer, look, FIRST_MS, EVERY_MS) == 0);
}
