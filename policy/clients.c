/* SPDX-License-Identifier: ISC */
/*
 * One inquiry a client: iprev_of says what it lacks, all of that is asked at
 * once, and it is called again; twice at most (PTR, then the addresses).
 *
 *	clients_ask -> next_round -> ask_one ... answered (the last one)
 *	                  ^---------------------------'	'--> finish
 */

#include "policy/clients.h"

#include "policy/iprev.h"
#include "policy/recent.h"
#include "resolver/resolver_client.h"
#include "util/number.h"
#include "util/xalloc.h"

#define CLIENTS_MAX		4096	/* kept */
#define INQUIRIES_MAX		1000	/* under way; more get no answer */
#define KEPT_LEAST_S		60
#define KEPT_MOST_S		3600
#define KEPT_TROUBLE_S		30

struct clients {
	uv_loop_t	*loop;
	struct ipc_peer	*resolver;
	struct recent	*known;		/* struct answers by address */
	size_t		 inquiries;
};

struct inquiry {
	struct clients	*clients;
	struct netaddr	 peer;
	struct answers	*answers;
	uint64_t	 deadline_ms;
	size_t		 waiting;	/* questions without an answer */
	void		(*done)(void *, const struct answers *);
	void		*arg;
};

struct one_question {
	struct inquiry	*inquiry;
	struct question	 question;
};

static void next_round(struct inquiry *inquiry);

static void
free_answers(void *value)
{
	answers_done(value);
	free(value);
}

struct clients *
clients_new(uv_loop_t *loop, struct ipc_peer *resolver)
{
	struct clients *c = xcalloc(1, sizeof *c);

	c->loop = loop;
	c->resolver = resolver;
	c->known = recent_new(CLIENTS_MAX, free_answers);
	return c;
}

const struct answers *
clients_known(struct clients *c, const struct netaddr *peer)
{
	uint8_t key[RECENT_ADDR_SIZE];

	recent_addr_key(peer, key);
	return recent_get(c->known, key, sizeof key, uv_now(c->loop));
}

static void
finish(struct inquiry *q)
{
	struct clients *c = q->clients;
	uint32_t kept_s = answers_ttl(q->answers, KEPT_MOST_S);
	uint8_t key[RECENT_ADDR_SIZE];

	if (answers_troubled(q->answers))
		kept_s = KEPT_TROUBLE_S;
	else if (kept_s < KEPT_LEAST_S)
		kept_s = KEPT_LEAST_S;
	c->inquiries--;
	recent_addr_key(&q->peer, key);
	recent_put(c->known, key, sizeof key, q->answers,
	    uv_now(c->loop) + kept_s * UINT64_C(1000));
	q->done(q->arg, q->answers);
	free(q);
}

static void
answered(void *arg, const struct resolver_lookup_answer *reply)
{
	struct one_question *one = arg;
	struct inquiry *q = one->inquiry;
	struct dns_answer *answer = answers_add(q->answers,
	    one->question.type, one->question.name,
	    (enum dns_status)reply->status, reply->ttl_s);

	for (uint32_t i = 0; answer != NULL && i < reply->records_count; i++) {
		const struct resolver_record *r = &reply->records[i];

		if (answer->type == DNS_PTR)
			dns_answer_add_name(answer, r->name);
		else if (r->addr.family != NETADDR_NONE)
			dns_answer_add_addr(answer, &r->addr);
	}
	free(one);
	if (--q->waiting == 0)
		next_round(q);
}

static void
ask_one(struct inquiry *q, const struct question *question)
{
	uint64_t now_ms = uv_now(q->clients->loop);
	struct one_question *one;

	if (now_ms >= q->deadline_ms) {
		answers_add(q->answers, question->type, question->name,
		    DNS_FAILED, 0);
		return;
	}
	one = xmalloc(sizeof *one);
	one->inquiry = q;
	one->question = *question;
	q->waiting++;
	resolver_client_lookup(q->clients->resolver, question->type,
	    question->name, (uint32_t)(q->deadline_ms - now_ms), answered,
	    one);
}

static void
next_round(struct inquiry *q)
{
	struct questions need;
	struct iprev iprev;

	do {
		need.count = 0;
		if (iprev_of(&q->peer, q->answers, &need, &iprev)) {
			finish(q);
			return;
		}
		for (size_t i = 0; i < need.count; i++)
			ask_one(q, &need.items[i]);
	} while (q->waiting == 0);
}

void
clients_ask(struct clients *c, const struct netaddr *peer,
    void (*done)(void *arg, const struct answers *answers), void *arg)
{
	struct inquiry *q = xcalloc(1, sizeof *q);
	uint64_t wait_ms = c->inquiries < INQUIRIES_MAX ? CLIENTS_WAIT_MS : 0;

	q->clients = c;
	q->peer = *peer;
	q->answers = xcalloc(1, sizeof *q->answers);
	q->deadline_ms = uv_now(c->loop) + wait_ms;
	q->done = done;
	q->arg = arg;
	c->inquiries++;
	next_round(q);
}
