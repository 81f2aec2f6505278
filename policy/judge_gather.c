/* SPDX-License-Identifier: ISC */
/* What users send makes their addressbooks grow (policy/gather.h). */

#include <time.h>
#include <uv.h>

#include "policy/gather.h"
#include "policy/judge.h"
#include "util/log.h"
#include "util/mailaddr.h"

#define TICK_MS		1000
#define RECIPIENTS_MAX	100	/* of one message that are looked at */

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

static void
gather_one(const char *mailbox, const char *recipient, int64_t now)
{
	char text[MAILADDR_TEXT_SIZE];
	struct lists_domain domain;
	struct mailaddr addr;
	bool ours;

	if (mailaddr_parse(recipient, strlen(recipient), true, &addr) !=
	    MAILADDR_OK)
		return;
	/* What cannot be read may be ours. */
	ours = lists_domain(judge.lists, addr.domain, &domain) !=
	    LISTS_ABSENT;
	if (gather_recipient(mailbox, mailaddr_format(&addr, text), ours))
		gatherer_add(gatherer, mailbox, text, now);
}

void
judge_gather(const struct judgement *judgement)
{
	const struct policy_judge_ask *ask = judgement->ask;
	struct lists_mailbox mailbox;
	struct gather_message message = {
		.sender = ask->sender,
		.from = ask->auth_known != 0 &&
		    ask->from_status == FROM_ONE ? ask->from : "",
		.sender_is_mailbox = true,
		.named_network = block_list_contains(
		    &judge.child->config->gather_networks, &ask->peer),
		.auto_submitted = ask->auto_submitted != 0,
		.list = ask->list != 0,
		.forwarded = ask->forwarded != 0,
	};

	/* Mail that is not taken is not sent; the lists are asked last. */
	if (judgement->verdict.action != VERDICT_ACCEPT ||
	    gather_decide(&message) != GATHER_YES)
		return;
	if (lists_mailbox(judge.lists, ask->sender, &mailbox) != LISTS_OK)
		return;
	lists_begin(judge.lists);
	for (uint32_t i = 0; i < ask->rcpts_count && i < RECIPIENTS_MAX; i++)
		gather_one(mailbox.address, ask->rcpts[i].address,
		    time(NULL));
	lists_end(judge.lists);
}
