/* SPDX-License-Identifier: ISC */
/* The results of an attempt: a log line for each, and the answer. */

#include <stdlib.h>

#include "queue/attempt_state.h"
#include "util/log.h"
#include "util/xalloc.h"

static const char *
outcome_text(enum deliver_outcome outcome)
{
	static const char *const texts[] = {
		[OUTCOME_DELIVERED] = "delivered",
		[OUTCOME_FAILED] = "failed",
		[OUTCOME_DEFERRED] = "deferred",
		[OUTCOME_PUSHED_BACK] = "pushed-back",
		[OUTCOME_UNCERTAIN] = "uncertain",
	};

	return texts[outcome];
}

static const struct plan_candidate *
candidate_of(const struct attempt *a, const struct attempt_rcpt *r)
{
	if (r->candidate == 0 || a->route == NULL)
		return NULL;
	return &route_plan(a->route)->candidates[r->candidate - 1];
}

static const char *
family_text(const struct netaddr *addr)
{
	if (addr->family == NETADDR_NONE)
		return "local";
	return netaddr_is_ipv6(addr) ? "ipv6" : "ipv4";
}

static void
log_result(const struct attempt *a, const struct attempt_rcpt *r)
{
	const struct plan_candidate *c = candidate_of(a, r);
	struct log_line l;

	log_start(&l, LOG_LEVEL_INFO, "attempt");
	log_text(&l, "id", a->message_id);
	log_mailbox(&l, "to", r->address);
	log_text(&l, "outcome", outcome_text(r->outcome));
	if (c != NULL) {
		log_text(&l, "relay", c->host);
		log_addr(&l, "addr", &c->addr);
		log_text(&l, "family", family_text(&c->addr));
		log_text(&l, "via", plan_via_text(c->via));
	}
	if (r->code[0] != '\0')
		log_text(&l, "code", r->code);
	if (r->enhanced[0] != '\0')
		log_text(&l, "enhanced", r->enhanced);
	log_text(&l, "text", r->text == NULL ? "" : r->text);
	log_text(&l, "tls", a->tls ? "yes" : "no");
	log_text(&l, "reused", a->reused ? "yes" : "no");
	log_send(&l);
}

static void
fill_result(const struct attempt *a, const struct attempt_rcpt *r,
    struct deliver_result *ret)
{
	const struct plan_candidate *c = candidate_of(a, r);

	*ret = (struct deliver_result){
		.id = r->id,
		.outcome = r->outcome,
		.code = r->code,
		.enhanced = r->enhanced,
		.text = r->text,
		.remote = c == NULL ? "" : c->host,
		.via = c == NULL ? VIA_NONE : (uint8_t)c->via,
	};
	if (c != NULL)
		ret->addr = c->addr;
}

void
attempt_answer(struct attempt *a)
{
	struct deliver_result small[8], *results = small;
	uint64_t now_ms = uv_now(attempt_loop());
	uint64_t begun_ms = a->begun_ms == 0 ? now_ms : a->begun_ms;
	struct deliver_send_answer answer = {
		.results_count = (uint32_t)a->rcpt_count,
		.connect_ms = (uint32_t)(begun_ms - a->started_ms),
		.transfer_ms = (uint32_t)(now_ms - begun_ms),
		.reused = a->reused,
		.tls = a->tls,
		.mx6_tried = a->mx6_tried,
		.mx6_pushed_back = a->pushed_back,
	};

	if (a->rcpt_count > sizeof small / sizeof small[0])
		results = xcalloc(a->rcpt_count, sizeof *results);
	for (size_t i = 0; i < a->rcpt_count; i++) {
		log_result(a, &a->rcpts[i]);
		fill_result(a, &a->rcpts[i], &results[i]);
	}
	answer.results = results;
	deliver_send_reply(a->call, &answer);
	if (results != small)
		free(results);
}
