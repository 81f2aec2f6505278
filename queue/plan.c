/* SPDX-License-Identifier: ISC */
/* The frame of a plan: which kind of destination, questions, the result. */

#include "queue/plan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "queue/plan_work.h"
#include "util/buf.h"
#include "util/number.h"
#include "util/xalloc.h"

#define REASON_MAX 1024

static bool
is_asked(const struct plan *p, enum dns_type type, const char *name)
{
	for (size_t i = 0; i < p->question_count; i++)
		if (p->questions[i].type == type &&
		    strcmp(p->questions[i].name, name) == 0)
			return true;
	return false;
}

const struct plan_answer *
plan_need(struct plan_work *w, enum dns_type type, const char *name)
{
	const struct plan_answer *answer =
	    plan_answers_find(w->answers, type, name);
	struct plan *p = w->plan;
	struct plan_question *q;

	if (answer != NULL || is_asked(p, type, name))
		return answer;
	p->questions = xreallocarray(p->questions, p->question_count + 1,
	    sizeof *p->questions);
	q = &p->questions[p->question_count++];
	q->type = type;
	strcpy_bounded(q->name, sizeof q->name, name);
	return NULL;
}

void
plan_need_addresses(struct plan_work *w, struct plan_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		struct plan_host *h = &hosts->items[i];

		h->aaaa = plan_need(w, DNS_AAAA, h->name);
		h->a = plan_need(w, DNS_A, h->name);
		if (h->a == NULL || h->aaaa == NULL)
			continue;
		plan_note_lookup(w, h->aaaa, "address of a target");
		plan_note_lookup(w, h->a, "address of a target");
	}
}

void
plan_end(struct plan_work *w, enum plan_status status, const char *enhanced,
    const char *format, ...)
{
	struct buf text;
	va_list args;

	buf_init(&text, REASON_MAX);
	va_start(args, format);
	buf_vaddf(&text, format, args);
	va_end(args);
	w->plan->status = status;
	w->plan->enhanced = enhanced;
	w->plan->reason = xstrdup(buf_cstr(&text));
	buf_done(&text);
	plan_note(w, "note", w->ask->domain,
	    status == PLAN_FAIL ? "fails" : "waits", w->plan->reason);
}

static void
set_families(struct plan_work *w)
{
	const struct config_route *route = w->ask->route;

	w->ipv4 = w->ask->config->ipv4;
	w->ipv6 = w->ask->config->ipv6;
	if (route == NULL)
		return;
	if (route->family == FAMILY_IPV4)
		w->ipv6 = false;
	if (route->family == FAMILY_IPV6)
		w->ipv4 = false;
}

static void
choose(struct plan_work *w)
{
	const struct plan_ask *ask = w->ask;
	const struct config_route *route = ask->route;

	if (ask->lmtp)
		plan_place(w, ask->domain, VIA_LMTP);
	else if (route != NULL && route->via[0] != '\0')
		plan_place(w, route->via, route->lmtp ? VIA_LMTP : VIA_ROUTE);
	else if (ask->domain[0] == '[')
		plan_literal(w);
	else
		plan_domain(w);
}

struct plan *
plan_make(const struct plan_ask *ask, const struct plan_answers *answers)
{
	struct plan_work w = { .ask = ask, .answers = answers };
	const struct config_route *route = ask->route;

	w.plan = xcalloc(1, sizeof *w.plan);
	w.plan->status = PLAN_USABLE;
	w.plan->tls = route == NULL ? ask->config->tls : route->tls;
	w.plan->lmtp = ask->lmtp || (route != NULL && route->lmtp);
	set_families(&w);
	choose(&w);
	if (w.plan->question_count > 0)
		w.plan->status = PLAN_ASK;
	if (w.plan->status == PLAN_USABLE) {
		plan_order_limit(&w);
		plan_note_candidates(&w);
	}
	return w.plan;
}

struct plan *
plan_free(struct plan *plan)
{
	if (plan == NULL)
		return NULL;
	for (size_t i = 0; i < plan->candidate_count; i++)
		free(plan->candidates[i].host);
	for (size_t i = 0; i < plan->step_count; i++) {
		free(plan->steps[i].subject);
		free(plan->steps[i].result);
		free(plan->steps[i].why);
	}
	free(plan->candidates);
	free(plan->questions);
	free(plan->steps);
	free(plan->reason);
	free(plan);
	return NULL;
}

const char *
plan_via_text(enum deliver_via via)
{
	static const char *const texts[] = {
		[VIA_NONE] = "none",
		[VIA_MX6_IPV6] = "mx6-ipv6",
		[VIA_MX6_IPV4] = "mx6-ipv4",
		[VIA_MX_IPV6] = "mx-ipv6",
		[VIA_MX_IPV4] = "mx-ipv4",
		[VIA_ROUTE] = "route",
		[VIA_LMTP] = "lmtp",
	};

	return texts[via];
}
