/* SPDX-License-Identifier: ISC */
/* One line an event: what happened to each message and recipient. */
#include <stdio.h>

#include "policy/policy.h"
#include "queue/engine.h"
#include "util/log.h"

static const char *const outcomes[] = {
	[OUTCOME_DELIVERED] = "delivered",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_DEFERRED] = "deferred",
	[OUTCOME_PUSHED_BACK] = "pushed-back",
	[OUTCOME_UNCERTAIN] = "uncertain",
};

static const char *const vias[] = {
	[VIA_NONE] = "none",
	[VIA_MX6_IPV6] = "mx6-ipv6",
	[VIA_MX6_IPV4] = "mx6-ipv4",
	[VIA_MX_IPV6] = "mx-ipv6",
	[VIA_MX_IPV4] = "mx-ipv4",
	[VIA_ROUTE] = "route",
	[VIA_LMTP] = "lmtp",
};

static const char *
via_of(const struct rcpt *r)
{
	if (r->kind == TARGET_MAILDIR)
		return "local";
	return r->result->via <= VIA_LMTP ? vias[r->result->via] : "?";
}

void
report_queued(const struct arrival *a)
{
	const struct message *m = a->message;
	const struct parcel *p;
	struct log_line l;
	uint64_t rcpts = 0;

	if (log_get_level() < LOG_LEVEL_INFO)
		return;
	TAILQ_FOREACH(p, &a->parcels, link)
		rcpts += p->count;
	log_start(&l, LOG_LEVEL_INFO, "queued");
	log_text(&l, "id", m->name);
	log_text(&l, "session", m->session);
	log_mailbox(&l, "from", m->sender);
	log_number(&l, "rcpts", rcpts);
	log_number(&l, "size", m->size_bytes);
	log_send(&l);
}

static uint64_t
between(uint64_t from_ms, uint64_t to_ms)
{
	return to_ms > from_ms ? to_ms - from_ms : 0;
}

/* Postfix's four stages: until it was in the queue, in the queue, until
 * there was a session, in it. */
static void
log_delays(struct log_line *l, const struct parcel *p, uint64_t now_ms)
{
	const struct message *m = p->message;
	uint64_t handed_ms = p->handed_ms != 0 ? p->handed_ms : now_ms;
	uint64_t stage[4] = {
		between(m->arrived_ms, m->queued_ms),
		between(m->queued_ms, handed_ms),
		p->connect_ms,
		p->transfer_ms,
	};
	char text[120];
	int n = 0;

	for (int i = 0; i < 4; i++)
		n += snprintf(text + n, sizeof text - (size_t)n,
		    "%s%llu.%03llu", i > 0 ? "/" : "",
		    (unsigned long long)(stage[i] / 1000),
		    (unsigned long long)(stage[i] % 1000));
	log_seconds(l, "delay", between(m->arrived_ms, now_ms));
	log_text(l, "delays", text);
}

void
report_result(const struct parcel *p, const struct rcpt *r)
{
	const struct result *result = r->result;
	struct log_line l;

	if (log_get_level() < LOG_LEVEL_INFO)
		return;
	log_start(&l, LOG_LEVEL_INFO, outcomes[result->outcome]);
	log_text(&l, "id", p->message->name);
	log_mailbox(&l, "to", r->address);
	if (r->kind != RCPT_UNROUTED)
		log_text(&l, "destination", p->lane->name);
	if (result->remote[0] != '\0')
		log_text(&l, "relay", result->remote);
	log_text(&l, "via", via_of(r));
	log_text(&l, "status", result->status);
	if (result->reply[0] != '\0')
		log_text(&l, "reply", result->reply);
	if (result->reason[0] != '\0')
		log_text(&l, "reason", result->reason);
	if (result->expired)
		log_text(&l, "expired", "yes");
	log_delays(&l, p, engine_now_ms());
	if (result->due_at != 0)
		log_number(&l, "again", result->due_at - result->at);
	log_send(&l);
}

void
report_notice(const char *event, const struct message *m, const char *name)
{
	struct log_line l;

	log_start(&l, LOG_LEVEL_INFO, event);
	log_text(&l, "id", m->name);
	log_text(&l, "notice", name);
	log_mailbox(&l, "to", m->sender);
	log_send(&l);
}

void
report_removed(const struct message *m)
{
	struct log_line l;

	if (log_get_level() < LOG_LEVEL_INFO)
		return;
	log_start(&l, LOG_LEVEL_INFO, "removed");
	log_text(&l, "id", m->name);
	log_send(&l);
}
