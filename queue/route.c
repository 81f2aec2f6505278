/* SPDX-License-Identifier: ISC */
/*
 *	route_find --kept--> done
 *	    |                 ^
 *	    v                 | the plan is finished: all waiters
 *	  plan_make --asks--> lookups --last answer--> plan_make ...
 */

#include "queue/route.h"

#include <stdlib.h>
#include <string.h>

#include "queue/link.h"
#include "resolver/resolver_client.h"
#include "util/number.h"
#include "util/xalloc.h"

#define KEEP_MS		3000
#define TABLE_SIZE	512	/* plans kept; a newer one takes the place */
#define PUSHED_SIZE	256
#define ROUNDS_MAX	8	/* of questions; three are enough */

struct waiter {
	struct waiter	*next;
	route_done	*done;
	void		*arg;
};

struct route {
	unsigned		 refs;
	char			*domain;
	uint32_t		 hash;
	bool			 lmtp;
	bool			 explain;
	enum deliver_family	 demand;
	struct plan		*plan;		/* NULL while it is made */
	uint64_t		 until_ms;
	struct plan_answers	 answers;
	size_t			 pending;	/* lookups */
	int			 rounds;
	struct waiter		*waiters;
};

struct lookup {
	struct route	*route;
	enum dns_type	 type;
	char		 name[DOMAIN_SIZE];
};

static uv_loop_t *the_loop;
static struct ipc_peer *the_resolver;
static const struct config *the_config;
static const struct setup *the_setup;
static struct route *table[TABLE_SIZE];
static struct {
	uint32_t	 hash;
	char		*domain;
	char		*host;
} pushed[PUSHED_SIZE];

void
route_init(uv_loop_t *loop, struct ipc_peer *resolver)
{
	the_loop = loop;
	the_resolver = resolver;
}

void
route_configure(const struct config *config, const struct setup *setup)
{
	the_config = config;
	the_setup = setup;
	for (size_t i = 0; i < TABLE_SIZE; i++) {
		if (table[i] != NULL)
			route_drop(table[i]);
		table[i] = NULL;
	}
}

static uint32_t
hash_of(const struct route_ask *ask)
{
	return link_hash(ask->domain) * 8 + (uint32_t)ask->demand * 2 +
	    ask->lmtp;
}

static bool
fits(const struct route *r, const struct route_ask *ask, uint32_t hash)
{
	return r != NULL && r->hash == hash && r->demand == ask->demand &&
	    r->lmtp == ask->lmtp && strcmp(r->domain, ask->domain) == 0 &&
	    (r->plan == NULL || r->until_ms > uv_now(the_loop));
}

static struct route *
create(const struct route_ask *ask, uint32_t hash, bool explain)
{
	struct route *r = xcalloc(1, sizeof *r);

	r->refs = 1;
	r->domain = xstrdup(ask->domain);
	r->hash = hash;
	r->lmtp = ask->lmtp;
	r->demand = ask->demand;
	r->explain = explain;
	plan_answers_init(&r->answers);
	return r;
}

void
route_drop(struct route *r)
{
	if (--r->refs > 0)
		return;
	plan_free(r->plan);
	plan_answers_done(&r->answers);
	free(r->domain);
	free(r);
}

const struct plan *
route_plan(const struct route *route)
{
	return route->plan;
}

/* ---- push-backs remembered ---- */

void
route_pushed_back(const char *domain, const char *host)
{
	uint32_t hash = link_hash(domain);
	size_t at = hash % PUSHED_SIZE;

	free(pushed[at].domain);
	free(pushed[at].host);
	pushed[at].hash = hash;
	pushed[at].domain = xstrdup(domain);
	pushed[at].host = xstrdup(host);
}

static const char *
pushing_host(const char *domain)
{
	uint32_t hash = link_hash(domain);
	size_t at = hash % PUSHED_SIZE;

	if (pushed[at].domain == NULL || pushed[at].hash != hash ||
	    strcmp(pushed[at].domain, domain) != 0)
		return NULL;
	return pushed[at].host;
}

/* ---- making a plan ---- */

static void plan_on(struct route *r);

static void
take_answer(struct route *r, const struct lookup *lookup,
    const struct resolver_lookup_answer *answer)
{
	enum dns_status status = answer->status <= DNS_BOGUS ?
	    (enum dns_status)answer->status : DNS_FAILED;
	struct plan_answer *a = plan_answers_add(&r->answers, lookup->type,
	    lookup->name, status, answer->why);

	for (uint32_t i = 0; i < answer->records_count; i++) {
		const struct resolver_record *from = &answer->records[i];
		struct plan_record record = {
			.preference = from->preference,
			.weight = from->weight,
			.port = from->port,
			.name = (char *)(uintptr_t)from->name,
			.addr = from->addr,
		};

		plan_answer_add(a, &record);
	}
}

static void
on_answer(void *arg, const struct resolver_lookup_answer *answer)
{
	struct lookup *lookup = arg;
	struct route *r = lookup->route;

	take_answer(r, lookup, answer);
	free(lookup);
	if (--r->pending == 0)
		plan_on(r);
}

static void
ask_all(struct route *r, const struct plan *plan)
{
	r->pending = plan->question_count;
	for (size_t i = 0; i < plan->question_count; i++) {
		const struct plan_question *q = &plan->questions[i];
		struct lookup *lookup = xcalloc(1, sizeof *lookup);
		uint64_t timeout_s = q->type == DNS_SRV ?
		    the_config->mx6_lookup_timeout : the_config->dns_timeout;

		lookup->route = r;
		lookup->type = q->type;
		strcpy_bounded(lookup->name, sizeof lookup->name, q->name);
		resolver_client_lookup(the_resolver, q->type, q->name,
		    (uint32_t)timeout_s * 1000, on_answer, lookup);
	}
}

static void
finish(struct route *r)
{
	struct waiter *w = r->waiters, *next;

	r->until_ms = uv_now(the_loop) + KEEP_MS;
	r->waiters = NULL;
	plan_answers_done(&r->answers);
	for (; w != NULL; w = next) {
		next = w->next;
		r->refs++;
		w->done(w->arg, r);
		free(w);
	}
	route_drop(r);		/* the one that making it held */
}

static uint32_t
pick(void *arg, uint32_t below)
{
	(void)arg;
	return arc4random_uniform(below);
}

static void
plan_on(struct route *r)
{
	struct plan_ask ask = {
		.domain = r->domain,
		.lmtp = r->lmtp,
		.demand = r->demand,
		.pushed_by = pushing_host(r->domain),
		.config = the_config,
		.route = r->lmtp ? NULL :
		    config_route_for(the_config, r->domain),
		.self = &the_setup->self,
		.pick = pick,
		.explain = r->explain,
	};
	struct plan *plan = plan_make(&ask, &r->answers);

	if (plan->status == PLAN_ASK && r->rounds++ < ROUNDS_MAX) {
		ask_all(r, plan);
		plan_free(plan);
		return;
	}
	r->plan = plan;
	finish(r);
}

static void
add_waiter(struct route *r, route_done *done, void *arg)
{
	struct waiter *w = xcalloc(1, sizeof *w);

	w->done = done;
	w->arg = arg;
	w->next = r->waiters;
	r->waiters = w;
}

void
route_find(const struct route_ask *ask, route_done *done, void *arg)
{
	uint32_t hash = hash_of(ask);
	struct route **place = &table[hash % TABLE_SIZE];
	struct route *r = *place;

	if (fits(r, ask, hash)) {
		if (r->plan == NULL) {
			add_waiter(r, done, arg);
			return;
		}
		r->refs++;
		done(arg, r);
		return;
	}
	if (r != NULL)
		route_drop(r);
	*place = r = create(ask, hash, false);
	r->refs++;
	add_waiter(r, done, arg);
	plan_on(r);
}

void
route_explain(const struct route_ask *ask, route_done *done, void *arg)
{
	struct route *r = create(ask, hash_of(ask), true);

	add_waiter(r, done, arg);
	plan_on(r);
}
