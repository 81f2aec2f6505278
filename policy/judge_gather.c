/* SPDX-License-Identifier: ISC */
/* What users send makes their addressbooks grow (policy/gather.h). */

#include <time.h>
#include <uv.h>

#include "policy/gather.h"
#include "policy/judge.h"
#include "util/log.h"
#include "util/xalloc.h"

#define TICK_MS		1000

static struct gatherer *gatherer;
static uv_timer_t timer;

static void
report(enum lists_status status)
{
	if (status == LISTS_TROUBLE)
		log_say(LOG_LEVEL_ERROR, "gather", "%s",
		    lists_why(judge.lists));
}

static void
tick(uv_timer_t *t)
{
	(void)t;
	report(gatherer_tick(gatherer, time(NULL),
	    (unsigned)judge.child->config->addressbook_age));
}

bool
judge_gather_start(void)
{
	gatherer = gatherer_new(judge.lists);
	return uv_timer_init(judge.child->loop, &timer) == 0 &&
	    uv_timer_start(&timer, tick, TICK_MS, TICK_MS) == 0;
}

void
judge_gather_stop(void)
{
	report(gatherer_flush(gatherer));
}

/* Mail that is not taken is not sent; what a filter has still to see waits
 * for its word. */
void
judge_gather(const struct judgement *judgement, bool filtered)
{
	const struct policy_judge_ask *ask = judgement->ask;
	const struct gather_message message = {
		.sender = ask->sender,
		.from = ask->auth_known != 0 &&
		    ask->from_status == FROM_ONE ? ask->from : "",
		.named_network = block_list_contains(
		    &judge.child->config->gather_networks, &ask->peer),
		.auto_submitted = ask->auto_submitted != 0,
		.list = ask->list != 0,
		.forwarded = ask->forwarded != 0,
	};
	enum verdict_action action = judgement->verdict.action;
	const char **rcpts;

	if (action != VERDICT_ACCEPT && action != VERDICT_FILTER)
		return;
	rcpts = xcalloc(ask->rcpts_count + 1, sizeof *rcpts);
	for (uint32_t i = 0; i < ask->rcpts_count; i++)
		rcpts[i] = ask->rcpts[i].address;
	if (!filtered)
		gatherer_take(gatherer, &message, rcpts, ask->rcpts_count,
		    time(NULL));
	else
		gatherer_hold(gatherer, ask->message, &message, rcpts,
		    ask->rcpts_count, time(NULL));
	free(rcpts);
}

void
judge_gather_settle(const char *message, bool accepted)
{
	gatherer_settle(gatherer, message, accepted, time(NULL));
}
