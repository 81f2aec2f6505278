/* SPDX-License-Identifier: ISC */
/*
 * Asking the process that can bring a parcel to its place, and what its
 * answer comes to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "policy/policy.h"
#include "policy/policy_ipc.h"
#include "queue/deliver_ipc.h"
#include "queue/engine.h"
#include "queue/local_ipc.h"
#include "util/log.h"
#include "util/xalloc.h"

#define ROUTE_WAIT_MS	30000

/* false: the message has been set aside and the parcel dropped.  *ret_fd is
 * -1, or a descriptor for the caller to close. */
static bool
fetch_body(struct engine *e, struct parcel *p, int *ret_fd)
{
	static uint64_t told_s;
	struct message *m = p->message;
	enum store_status status = STORE_OK;

	*ret_fd = -1;
	if (m->spool_id != 0) {
		*ret_fd = spool_open_body(e->spool, m->spool_id,
		    m->spool_start, m->size_bytes);
		if (*ret_fd != -1)
			return true;
		if (errno == EMFILE || errno == ENFILE) {
			if (log_due(&told_s))
				log_say(LOG_LEVEL_ERROR, "spool",
				    "deliveries wait: %s", strerror(errno));
			results_put_off(e, p, true, "4.3.0",
			    "out of file descriptors");
			return false;
		}
		status = STORE_DAMAGED;
	} else if (m->body == NULL) {
		status = store_load_body(e->store, m);
		if (status == STORE_OK)
			taken_add_body(&e->taken, m);
	}
	if (status == STORE_OK)
		return true;
	if (status != STORE_DAMAGED)
		engine_give_up(e, "a body cannot be read");
	book_aside(e, m->id, m->name);
	parcel_withdraw(e, p);
	return false;
}

/* An attempt is over in our process's books; the transaction comes next. */
static void
attempt_over(struct parcel *p, struct engine *e, bool reached)
{
	e->active--;
	e->remote -= p->lane->remote;
	schedule_window_note(&p->lane->window, &e->schedule, engine_now(),
	    reached);
	lane_update(&e->lanes, p->lane);
}

struct asked {
	struct engine	*engine;
	struct parcel	*parcel;
};

static struct asked *
asked_new(struct engine *e, struct parcel *p)
{
	struct asked *a = xmalloc(sizeof *a);

	a->engine = e;
	a->parcel = p;
	p->handed_ms = engine_now_ms();
	p->connect_ms = p->transfer_ms = 0;
	lane_hand_out(p->lane, p);
	e->active++;
	e->remote += p->lane->remote;
	return a;
}

/* No attempt that a server knows of, or one whose result nobody knows: it
 * does not count as one. */
static void
lost(struct engine *e, struct parcel *p, enum ipc_status status)
{
	const char *reason = status == IPC_REFUSED ?
	    "too much is under way here" :
	    "a process of ours ended during the attempt";
	struct log_line l;

	log_start(&l, LOG_LEVEL_WARNING, "lost");
	log_text(&l, "id", p->message->name);
	log_text(&l, "destination", p->lane->name);
	log_number(&l, "recipients", p->count);
	log_text(&l, "reason", reason);
	log_send(&l);
	attempt_over(p, e, true);
	results_put_off(e, p, true, "4.3.0", reason);
}

static const struct deliver_result *
result_for(const struct deliver_send_answer *answer, uint64_t id,
    uint32_t hint)
{
	if (hint < answer->results_count && answer->results[hint].id == id)
		return &answer->results[hint];
	for (uint32_t i = 0; i < answer->results_count; i++) {
		if (answer->results[i].id == id)
			return &answer->results[i];
	}
	return NULL;
}

static void
on_sent(void *arg, enum ipc_status status,
    const struct deliver_send_answer *answer)
{
	struct asked *asked = arg;
	struct engine *e = asked->engine;
	struct parcel *p = asked->parcel;
	bool reached = false;
	struct rcpt *r;
	uint32_t i = 0;

	free(asked);
	if (status != IPC_OK) {
		lost(e, p, status);
		return;
	}
	p->connect_ms = answer->connect_ms;
	p->transfer_ms = answer->transfer_ms;
	p->noted = answer->mx6_tried != 0;
	if (p->noted)
		pushback_note(&p->lane->pushback, &e->pushback,
		    answer->mx6_pushed_back != 0, engine_now());
	STAILQ_FOREACH(r, &p->rcpts, link) {
		const struct deliver_result *told = result_for(answer, r->id,
		    i++);

		if (told == NULL) {
			result_set(e, p, r, OUTCOME_DEFERRED, "4.3.0",
			    "the attempt had no result");
			continue;
		}
		result_of(e, p, r, told);
		if (told->code[0] != '\0' ||
		    told->outcome != OUTCOME_DEFERRED)
			reached = true;
	}
	attempt_over(p, e, reached);
	results_end(e, p);
}

static uint8_t
family_for(struct engine *e, struct parcel *p)
{
	const struct rcpt *r = STAILQ_FIRST(&p->rcpts);

	if (r->pushed_back)
		return DELIVER_IPV4_ONLY;
	/* MX6.md, Sender, rule 8. */
	if (r->forwarded && !p->message->authenticated)
		return DELIVER_IPV4_UNLESS_NONE;
	if (pushback_choose(&p->lane->pushback, &e->pushback, engine_now()))
		return DELIVER_IPV4_FIRST;
	return DELIVER_ANY;
}

static void
ask_deliver(struct engine *e, struct parcel *p)
{
	struct message *m = p->message;
	const struct rcpt *first = STAILQ_FIRST(&p->rcpts), *r;
	struct deliver_rcpt *rcpts;
	struct deliver_send_ask ask = {
		.message = m->name,
		.sender = m->sender,
		.domain = first->kind == TARGET_LMTP ? first->path :
		    p->lane->name,
		.lmtp = first->kind == TARGET_LMTP,
		.eightbit = m->eightbit,
		.utf8 = m->utf8,
		.rcpts_count = p->count,
		.offset = m->spool_start,
		.size_bytes = m->size_bytes,
	};
	uint32_t i = 0;

	if (!fetch_body(e, p, &ask.file))
		return;
	if (ask.file == -1)
		ask.body = (struct ipc_bytes){ m->body, m->size_bytes };
	ask.family = ask.lmtp ? DELIVER_ANY : family_for(e, p);
	rcpts = xcalloc(p->count, sizeof *rcpts);
	STAILQ_FOREACH(r, &p->rcpts, link)
		rcpts[i++] = (struct deliver_rcpt){ r->id, r->address };
	ask.rcpts = rcpts;
	deliver_send(e->deliver, &ask, 0, on_sent, asked_new(e, p));
	free(rcpts);
	if (ask.file != -1)
		close(ask.file);
}

static void
on_stored(void *arg, enum ipc_status status,
    const struct local_store_answer *answer)
{
	struct asked *asked = arg;
	struct engine *e = asked->engine;
	struct parcel *p = asked->parcel;
	struct rcpt *r = STAILQ_FIRST(&p->rcpts);

	free(asked);
	if (status != IPC_OK) {
		lost(e, p, status);
		return;
	}
	p->transfer_ms = (uint32_t)(engine_now_ms() - p->handed_ms);
	attempt_over(p, e, true);
	result_set(e, p, r, answer->outcome <= OUTCOME_DEFERRED ?
	    answer->outcome : OUTCOME_DEFERRED, "", answer->text);
	results_end(e, p);
}

static void
ask_local(struct engine *e, struct parcel *p)
{
	struct message *m = p->message;
	const struct rcpt *r = STAILQ_FIRST(&p->rcpts);
	struct local_store_ask ask = {
		.message = m->name,
		.sender = m->sender,
		.recipient = r->address,
		.user = r->user,
		.path = r->path,
		.quarantine = m->quarantine,
		.offset = m->spool_start,
		.size_bytes = m->size_bytes,
	};

	if (!fetch_body(e, p, &ask.file))
		return;
	if (ask.file == -1)
		ask.body = (struct ipc_bytes){ m->body, m->size_bytes };
	local_store(e->local, &ask, 0, on_stored, asked_new(e, p));
	if (ask.file != -1)
		close(ask.file);
}

/* false if one cannot be delivered to: none may be left out. */
static bool
take_targets(struct parcel *p, const struct policy_recipient_answer *answer)
{
	const char *original = STAILQ_FIRST(&p->rcpts)->original;
	char destination[DESTINATION_SIZE];

	for (uint32_t i = 0; i < answer->targets_count; i++) {
		const struct policy_target *t = &answer->targets[i];
		struct rcpt r = {
			.kind = t->kind,
			.forwarded = t->kind == TARGET_REMOTE &&
			    strcasecmp(t->address, original) != 0,
			.original = original,
			.address = t->address,
			.user = t->user,
			.path = t->path,
		};
		struct rcpt *copy;

		if (!rcpt_destination(&r, destination))
			return false;
		copy = rcpt_copy(&r);
		STAILQ_INSERT_TAIL(&p->targets, copy, link);
	}
	return answer->targets_count > 0;
}

static void
on_routed(void *arg, enum ipc_status status,
    const struct policy_recipient_answer *answer)
{
	struct asked *asked = arg;
	struct engine *e = asked->engine;
	struct parcel *p = asked->parcel;

	free(asked);
	if (status != IPC_OK) {
		lost(e, p, status);
		return;
	}
	attempt_over(p, e, true);
	switch ((enum recipient_status)answer->status) {
	case RECIPIENT_OK:
		if (!take_targets(p, answer))
			break;
		p->routed = true;
		TAILQ_INSERT_TAIL(&e->ended, p, link);
		return;
	case RECIPIENT_UNKNOWN:
	case RECIPIENT_NO_RELAY:
		results_all(e, p, OUTCOME_FAILED, "5.1.1",
		    "no such recipient here");
		return;
	case RECIPIENT_LOOP:
		results_all(e, p, OUTCOME_FAILED, "5.4.6",
		    "aliases lead in a circle");
		return;
	case RECIPIENT_TROUBLE:
		break;
	}
	results_all(e, p, OUTCOME_DEFERRED, "4.3.0",
	    "the tables of recipients cannot be read");
}

/* Where a bounce goes: its recipient may be one of ours. */
static void
ask_policy(struct engine *e, struct parcel *p)
{
	struct policy_recipient_ask ask = {
		.address = STAILQ_FIRST(&p->rcpts)->address,
		.relay = 1,
	};

	policy_recipient(e->policy, &ask, ROUTE_WAIT_MS, on_routed,
	    asked_new(e, p));
}

static void (*const asks[])(struct engine *, struct parcel *) = {
	[TARGET_REMOTE] = ask_deliver,
	[TARGET_MAILDIR] = ask_local,
	[TARGET_LMTP] = ask_deliver,
	[RCPT_UNROUTED] = ask_policy,
};

void
ask_carrier(struct engine *e, struct parcel *p)
{
	asks[STAILQ_FIRST(&p->rcpts)->kind](e, p);
}
