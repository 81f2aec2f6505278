/* SPDX-License-Identifier: ISC */
/* What mx6ctl asks of mx6d-deliver: a route with reasons, and the dialogue. */

#include "queue/deliver_admin.h"

#include <string.h>

#include "queue/plan.h"
#include "queue/route.h"
#include "util/domain.h"
#include "util/trace.h"
#include "util/xalloc.h"

#define IPC_NAME deliver_admin
#define IPC_FILE "queue/deliver_admin.msg"
#include "util/ipc_serve.h"

#define TRACE_WAIT_MAX_MS 30000

const struct ipc_service *
deliver_admin(void)
{
	return &deliver_admin_service;
}

static void
on_route(void *arg, struct route *route)
{
	struct ipc_call *call = arg;
	const struct plan *plan = route_plan(route);
	struct deliver_admin_step *steps = xcalloc(plan->step_count + 1,
	    sizeof *steps);
	struct deliver_admin_route_answer answer = {
		.steps = steps,
		.steps_count = (uint32_t)plan->step_count,
		.usable = plan->status == PLAN_USABLE,
	};

	for (size_t i = 0; i < plan->step_count; i++)
		steps[i] = (struct deliver_admin_step){
			.what = plan->steps[i].what,
			.subject = plan->steps[i].subject,
			.result = plan->steps[i].result,
			.why = plan->steps[i].why,
		};
	deliver_admin_route_reply(call, &answer);
	free(steps);
	route_drop(route);
}

static void
refuse_domain(struct ipc_call *call, const char *domain)
{
	struct deliver_admin_step step = {
		.what = "note",
		.subject = domain,
		.result = "fails",
		.why = "this is not a domain",
	};
	struct deliver_admin_route_answer answer = {
		.steps = &step,
		.steps_count = 1,
	};

	deliver_admin_route_reply(call, &answer);
}

void
serve_deliver_admin_route(struct ipc_call *call,
    const struct deliver_admin_route_ask *ask)
{
	char domain[DOMAIN_SIZE];
	struct route_ask route = {
		.domain = domain,
		.demand = ask->family <= DELIVER_IPV4_UNLESS_NONE ?
		    (enum deliver_family)ask->family : DELIVER_ANY,
	};

	if (ask->domain[0] == '[')
		route.domain = ask->domain;
	else if (!domain_parse(ask->domain, strlen(ask->domain), false,
	    domain)) {
		refuse_domain(call, ask->domain);
		return;
	}
	route_explain(&route, on_route, call);
}

static void
on_trace(void *arg, struct trace_batch *batch)
{
	struct deliver_admin_line *lines = xcalloc(TRACE_BATCH_MAX,
	    sizeof *lines);
	struct deliver_admin_trace_answer answer = { .lines = lines };
	struct trace_line line;

	while (trace_batch_next(batch, &line))
		lines[answer.lines_count++] = (struct deliver_admin_line){
			.at_ms = line.at_ms,
			.session = line.session,
			.peer = line.peer,
			.direction = line.direction,
			.text = line.text,
		};
	answer.last = trace_batch_last(batch);
	answer.missed = trace_batch_missed(batch);
	deliver_admin_trace_reply(arg, &answer);
	free(lines);
}

void
serve_deliver_admin_trace(struct ipc_call *call,
    const struct deliver_admin_trace_ask *ask)
{
	trace_read(ask->filter, ask->after, ask->timeout_ms <
	    TRACE_WAIT_MAX_MS ? ask->timeout_ms : TRACE_WAIT_MAX_MS, on_trace,
	    call);
}
