/* SPDX-License-Identifier: ISC */
/* How an attempt ended, made ready for the transaction that books it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/deliver_ipc.h"
#include "queue/engine.h"

#define REMOTE_SIZE	340
#define REPLY_SIZE	1200

/* The enhanced status code (RFC 3463) where nobody gave one. */
static const char *const plain_status[] = {
	[OUTCOME_DELIVERED] = "2.0.0",
	[OUTCOME_FAILED] = "5.0.0",
	[OUTCOME_DEFERRED] = "4.0.0",
	[OUTCOME_PUSHED_BACK] = "5.0.0",
	[OUTCOME_UNCERTAIN] = "4.4.2",
};

#define EXPIRED_STATUS	"5.4.7"	/* delivery time expired */

static bool
is_retry(uint32_t outcome)
{
	return outcome == OUTCOME_DEFERRED || outcome == OUTCOME_UNCERTAIN;
}

static uint64_t
retry_at(const struct engine *e, const struct parcel *p, const struct rcpt *r,
    const struct result *result)
{
	const struct message *m = p->message;

	if (result->put_off)
		return schedule_put_off(&e->schedule, result->at,
		    m->queued_ms / 1000, m->expires_at, engine_random());
	return schedule_retry_at(&e->schedule, result->at, r->attempts,
	    m->expires_at, engine_random());
}

/* Decides when it is tried again, or that it is given up.  soon: the trouble
 * was our own. */
static void
set_result(struct engine *e, struct parcel *p, struct rcpt *r,
    struct result *result, bool soon)
{
	char reason[400];

	result->at = engine_now();
	if (result->status[0] == '\0')
		result->status = plain_status[result->outcome];
	if (is_retry(result->outcome) &&
	    result->at >= p->message->expires_at) {
		snprintf(reason, sizeof reason, "given up after repeated "
		    "attempts%s%.300s", result->reason[0] != '\0' ? ": " : "",
		    result->reason);
		result->outcome = OUTCOME_FAILED;
		result->status = EXPIRED_STATUS;
		result->reason = reason;
		result->expired = true;
	}
	if (!result->put_off && (result->outcome == OUTCOME_FAILED ||
	    is_retry(result->outcome)))
		r->attempts++;
	if (is_retry(result->outcome))
		result->due_at = soon ?
		    schedule_soon(result->at, engine_random()) :
		    retry_at(e, p, r, result);
	free(r->result);
	r->result = result_copy(result);
}

/* One that we give ourselves, not a server. */
static struct result
our_result(uint32_t outcome, const char *status, const char *reason)
{
	return (struct result){
		.outcome = outcome,
		.status = status,
		.code = "",
		.reply = "",
		.reason = reason,
		.remote = "",
	};
}

void
result_set(struct engine *e, struct parcel *p, struct rcpt *r,
    uint32_t outcome, const char *status, const char *reason)
{
	struct result result = our_result(outcome, status, reason);

	set_result(e, p, r, &result, false);
}

void
result_of(struct engine *e, struct parcel *p, struct rcpt *r,
    const struct deliver_result *told)
{
	char remote[REMOTE_SIZE], reply[REPLY_SIZE], addr[NETADDR_TEXT_SIZE];
	struct result result = {
		.outcome = told->outcome <= OUTCOME_UNCERTAIN ?
		    told->outcome : OUTCOME_DEFERRED,
		.via = told->via,
		.status = told->enhanced,
		.code = told->code,
		.reply = "",
		.reason = "",
		.remote = remote,
	};

	if (told->addr.family != NETADDR_NONE)
		snprintf(remote, sizeof remote, "%.255s[%s]", told->remote,
		    netaddr_format(&told->addr, addr));
	else
		snprintf(remote, sizeof remote, "%.255s", told->remote);
	if (told->code[0] == '\0')
		result.reason = told->text;
	else {
		snprintf(reply, sizeof reply, "%.3s%s%.12s%s%.1100s",
		    told->code, told->enhanced[0] != '\0' ? " " : "",
		    told->enhanced, told->text[0] != '\0' ? " " : "",
		    told->text);
		result.reply = reply;
	}
	set_result(e, p, r, &result, false);
	if (is_retry(r->result->outcome))
		snprintf(p->lane->last, sizeof p->lane->last, "%.159s",
		    r->result->reply[0] != '\0' ? r->result->reply :
		    r->result->reason);
}

void
results_end(struct engine *e, struct parcel *p)
{
	struct rcpt *r;

	p->again = false;
	STAILQ_FOREACH(r, &p->rcpts, link) {
		if (r->result->outcome == OUTCOME_PUSHED_BACK)
			p->again = true;
	}
	TAILQ_INSERT_TAIL(&e->ended, p, link);
}

void
results_all(struct engine *e, struct parcel *p, uint32_t outcome,
    const char *status, const char *reason)
{
	struct rcpt *r;

	STAILQ_FOREACH(r, &p->rcpts, link)
		result_set(e, p, r, outcome, status, reason);
	results_end(e, p);
}

void
results_put_off(struct engine *e, struct parcel *p, bool soon,
    const char *status, const char *reason)
{
	struct rcpt *r;

	STAILQ_FOREACH(r, &p->rcpts, link) {
		struct result result = our_result(OUTCOME_DEFERRED, status,
		    reason);

		result.put_off = true;
		set_result(e, p, r, &result, soon);
	}
	results_end(e, p);
}
