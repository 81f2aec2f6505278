/* SPDX-License-Identifier: ISC */
/* A plan in words, for `mx6ctl route`; nothing happens unless it is asked. */

#include <stdlib.h>

#include "queue/plan_work.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define RESULT_MAX 2048

void
plan_note(struct plan_work *w, const char *what, const char *subject,
    const char *result, const char *why)
{
	struct plan *p = w->plan;

	if (!w->ask->explain)
		return;
	p->steps = xreallocarray(p->steps, p->step_count + 1,
	    sizeof *p->steps);
	p->steps[p->step_count++] = (struct plan_step){
		.what = what,
		.subject = xstrdup(subject),
		.result = xstrdup(result),
		.why = xstrdup(why),
	};
}

static void
add_record(struct buf *b, enum dns_type type, const struct plan_record *r)
{
	char text[NETADDR_TEXT_SIZE];

	if (buf_len(b) > 0)
		buf_add_str(b, "; ");
	if (type == DNS_SRV)
		buf_addf(b, "%u %u %u %s.", r->preference, r->weight, r->port,
		    r->name);
	else if (type == DNS_MX)
		buf_addf(b, "%u %s.", r->preference, r->name);
	else
		buf_add_str(b, netaddr_format(&r->addr, text));
}

void
plan_note_lookup(struct plan_work *w, const struct plan_answer *answer,
    const char *why)
{
	struct buf result;
	char *subject;

	if (!w->ask->explain)
		return;
	buf_init(&result, RESULT_MAX);
	for (size_t i = 0; i < answer->count; i++)
		add_record(&result, answer->type, &answer->records[i]);
	if (answer->count == 0) {
		buf_add_str(&result, plan_status_text(answer->status));
		if (answer->why[0] != '\0')
			buf_addf(&result, ": %s", answer->why);
	}
	subject = xasprintf("%s %s", plan_type_text(answer->type),
	    answer->name);
	plan_note(w, "lookup", subject, buf_cstr(&result), why);
	free(subject);
	buf_done(&result);
}

void
plan_note_host(struct plan_work *w, const struct plan_host *host,
    const char *why)
{
	char *result;

	if (!w->ask->explain)
		return;
	result = xasprintf("priority %u, port %u", host->group, host->port);
	plan_note(w, "skip", host->name, result, why);
	free(result);
}

void
plan_note_candidates(struct plan_work *w)
{
	struct plan *p = w->plan;

	if (!w->ask->explain)
		return;
	for (size_t i = 0; i < p->candidate_count; i++) {
		const struct plan_candidate *c = &p->candidates[i];
		char text[NETADDR_TEXT_SIZE];
		char *result = xasprintf("%s, %s, priority %u%s",
		    c->host, plan_via_text(c->via), c->group,
		    c->fallback_meant ? ", a push-back is understood" : "");

		plan_note(w, "candidate", c->addr.family == NETADDR_NONE ?
		    c->host : netaddr_format_port(&c->addr, text), result,
		    c->why);
		free(result);
	}
}
