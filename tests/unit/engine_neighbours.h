/* SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_ENGINE_NEIGHBOURS_H
#define TESTS_UNIT_ENGINE_NEIGHBOURS_H

/*
 * Who the queue asks: deliver, local and policy, played by this program.
 * Each says what the test has set, and notes what it was asked.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "policy/policy.h"
#include "policy/policy_ipc.h"
#include "queue/deliver_ipc.h"
#include "queue/engine.h"
#include "queue/local_ipc.h"
#include "queue/queue_admin_ipc.h"
#include "queue/queue_ipc.h"
#include "queue/serve.h"
#include "queue/store_db.h"
#include "util/log.h"
#include "util/xalloc.h"

#define IPC_NAME deliver
#define IPC_FILE "queue/deliver.msg"
#include "util/ipc_serve.h"
#define IPC_NAME local
#define IPC_FILE "queue/local.msg"
#include "util/ipc_serve.h"
#define IPC_NAME policy
#define IPC_FILE "policy/policy.msg"
#include "util/ipc_serve.h"

#define SENT_MAX 4096

/* What the played deliver was asked, and how it answers. */
struct sent {
	char		 domain[100];
	char		 sender[100];
	char		 first[100];
	uint32_t	 rcpts;
	uint8_t		 family;
	uint64_t	 size;
	char		 head[2000];
};

static struct sent sent[SENT_MAX];
static unsigned sent_count, stored_count;
static struct deliver_result answer_with;
static bool swallow;		/* no answer at all */
static bool keep;		/* answered later, by answer_kept */
static struct { struct ipc_call *call; uint64_t id; } kept[SENT_MAX];
static unsigned kept_count;
static bool tried_mx6;
static enum recipient_status route_status;
static bool keep_route;		/* answered by the test */
static struct ipc_call *kept_route;
static const char *route_path;
static unsigned route_targets;

void
serve_deliver_send(struct ipc_call *call, const struct deliver_send_ask *ask)
{
	struct deliver_send_answer answer = {
		.mx6_tried = tried_mx6 && ask->family == DELIVER_ANY,
	};
	struct deliver_result results[1000];
	struct sent *s = &sent[sent_count];
	bool back = answer_with.outcome == OUTCOME_PUSHED_BACK &&
	    ask->family == DELIVER_ANY;

	assert_true(sent_count < SENT_MAX);
	sent_count++;
	memset(s, 0, sizeof *s);
	snprintf(s->domain, sizeof s->domain, "%s", ask->domain);
	snprintf(s->sender, sizeof s->sender, "%s", ask->sender);
	snprintf(s->first, sizeof s->first, "%s", ask->rcpts[0].address);
	s->rcpts = ask->rcpts_count;
	s->family = ask->family;
	if (ask->file != -1) {
		s->size = (uint64_t)lseek(ask->file, 0, SEEK_END) -
		    ask->offset;
		assert_true(pread(ask->file, s->head, sizeof s->head - 1,
		    (off_t)ask->offset) > 0);
		close(ask->file);
	} else {
		s->size = ask->body.size;
		memcpy(s->head, ask->body.data, ask->body.size <
		    sizeof s->head - 1 ? ask->body.size : sizeof s->head - 1);
	}
	assert_int_equal(s->size, ask->size_bytes);
	if (swallow) {
		ipc_call_drop(call);
		return;
	}
	if (keep) {
		kept[kept_count].call = call;
		kept[kept_count++].id = ask->rcpts[0].id;
		return;
	}
	for (uint32_t i = 0; i < ask->rcpts_count; i++) {
		results[i] = answer_with;
		results[i].id = ask->rcpts[i].id;
		if (answer_with.outcome == OUTCOME_PUSHED_BACK && !back)
			results[i].outcome = OUTCOME_DELIVERED;
	}
	answer.results = results;
	answer.results_count = ask->rcpts_count;
	answer.mx6_pushed_back = back;
	deliver_send_reply(call, &answer);
}

void
serve_local_store(struct ipc_call *call, const struct local_store_ask *ask)
{
	struct local_store_answer answer = {
		.outcome = OUTCOME_DELIVERED,
		.text = "stored",
	};
	struct sent *s = &sent[sent_count++];

	stored_count++;
	memset(s, 0, sizeof *s);
	snprintf(s->first, sizeof s->first, "%s", ask->recipient);
	snprintf(s->sender, sizeof s->sender, "%s", ask->sender);
	memcpy(s->head, ask->body.data, ask->body.size < 1999 ?
	    ask->body.size : 1999);
	if (ask->file != -1)
		close(ask->file);
	if (swallow)
		ipc_call_drop(call);
	else
		local_store_reply(call, &answer);
}

static void
answer_route(struct ipc_call *call, const char *address)
{
	struct policy_target targets[] = {
		{ TARGET_MAILDIR, address, "", route_path },
		{ TARGET_MAILDIR, address, "", "/second" },
	};
	struct policy_recipient_answer answer = {
		.status = route_status,
		.targets = targets,
		.targets_count = route_targets,
	};

	policy_recipient_reply(call, &answer);
}

void
serve_policy_recipient(struct ipc_call *call,
    const struct policy_recipient_ask *ask)
{
	assert_int_equal(ask->relay, 1);
	if (keep_route)
		kept_route = call;
	else
		answer_route(call, ask->address);
}

void
serve_policy_client(struct ipc_call *call, const struct policy_client_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

void
serve_policy_best_guess(struct ipc_call *call,
    const struct policy_best_guess_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

void
serve_policy_filtered(struct ipc_call *call,
    const struct policy_filtered_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

void
serve_policy_judge(struct ipc_call *call, const struct policy_judge_ask *ask)
{
	(void)ask;
	ipc_call_drop(call);
}

static inline void
answer_kept(unsigned i)
{
	struct deliver_result result = answer_with;
	struct deliver_send_answer answer = {
		.results = &result,
		.results_count = 1,
	};

	result.id = kept[i].id;
	deliver_send_reply(kept[i].call, &answer);
	kept[i].call = NULL;
}

#endif
