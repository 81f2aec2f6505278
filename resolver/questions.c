/* SPDX-License-Identifier: ISC */
#include "resolver/questions.h"

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

struct waiter {
	STAILQ_ENTRY(waiter)	 next;
	uint64_t		 until_ms;
	void			*who;
};

STAILQ_HEAD(waiter_list, waiter);

struct question {
	RB_ENTRY(question)	 in_tree;
	TAILQ_ENTRY(question)	 in_line;	/* while not active */
	struct waiter_list	 waiters;
	enum dns_type		 type;
	bool			 active;
	uint64_t		 over_ms;	/* active: at most until then */
	void			*job;
	const char		*name;		/* behind the struct */
};

RB_HEAD(question_tree, question);
TAILQ_HEAD(question_line, question);

struct questions {
	const struct questions_hooks	*hooks;
	void				*arg;
	struct questions_limits		 limits;
	struct cache			*cache;
	struct question_tree		 tree;
	struct question_line		 line;
	size_t				 active;
	size_t				 waiters;
	bool				 starting;
};

static int
compare(const struct question *a, const struct question *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return strcmp(a->name, b->name);
}

RB_GENERATE_INTERNAL(question_tree, question, in_tree, compare,
    __attribute__((unused)) static)

struct questions *
questions_new(const struct questions_hooks *hooks, void *arg,
    const struct questions_limits *limits, struct cache *cache)
{
	struct questions *q = xcalloc(1, sizeof *q);

	q->hooks = hooks;
	q->arg = arg;
	q->limits = *limits;
	q->cache = cache;
	RB_INIT(&q->tree);
	TAILQ_INIT(&q->line);
	return q;
}

static void
remove_question(struct questions *q, struct question *n)
{
	RB_REMOVE(question_tree, &q->tree, n);
	if (n->active)
		q->active--;
	else
		TAILQ_REMOVE(&q->line, n, in_line);
}

/* Takes the first waiter off; the caller replies. */
static void *
pop_waiter(struct questions *q, struct question *n)
{
	struct waiter *w = STAILQ_FIRST(&n->waiters);
	void *who = w->who;

	STAILQ_REMOVE_HEAD(&n->waiters, next);
	free(w);
	q->waiters--;
	return who;
}

struct questions *
questions_free(struct questions *q)
{
	struct question *n, *following;

	if (q == NULL)
		return NULL;
	RB_FOREACH_SAFE(n, question_tree, &q->tree, following) {
		remove_question(q, n);
		while (!STAILQ_EMPTY(&n->waiters))
			pop_waiter(q, n);
		free(n);
	}
	free(q);
	return NULL;
}

static void
refuse(struct questions *q, void *waiter, const char *why)
{
	struct answer_facts facts = { 0 };
	struct answer *a = answer_none(DNS_FAILED, why, &facts);

	q->hooks->reply(q->arg, waiter, a, a->ttl_s);
	answer_free(a);
}

/* Starts what stands in line while there is room.  A look-up that ends at
 * once comes back through questions_answer, which then leaves this to us. */
static void
start_more(struct questions *q, uint64_t now_ms)
{
	if (q->starting)
		return;
	q->starting = true;
	while (q->active < q->limits.active_max && !TAILQ_EMPTY(&q->line)) {
		struct question *n = TAILQ_FIRST(&q->line);
		struct answer_facts facts = { 0 };
		struct answer *a;

		TAILQ_REMOVE(&q->line, n, in_line);
		n->active = true;
		n->over_ms = now_ms + q->limits.active_ms;
		q->active++;
		if (q->hooks->start(q->arg, n, n->type, n->name, &n->job))
			continue;
		a = answer_none(DNS_FAILED, "cannot be looked up", &facts);
		questions_answer(q, n, a, now_ms);
		answer_free(a);
	}
	q->starting = false;
}

static struct question *
find_or_add(struct questions *q, enum dns_type type, const char *name)
{
	struct question key = { .type = type, .name = name };
	struct question *n = RB_FIND(question_tree, &q->tree, &key);
	size_t size = strlen(name) + 1;

	if (n != NULL)
		return n;
	n = xcalloc(1, sizeof *n + size);
	memcpy(n + 1, name, size);
	n->name = (const char *)(n + 1);
	n->type = type;
	STAILQ_INIT(&n->waiters);
	RB_INSERT(question_tree, &q->tree, n);
	TAILQ_INSERT_TAIL(&q->line, n, in_line);
	return n;
}

void
questions_ask(struct questions *q, enum dns_type type, const char *name,
    uint32_t timeout_ms, void *waiter, uint64_t now_ms)
{
	uint32_t ttl_s;
	struct answer *cached = q->cache == NULL ? NULL :
	    cache_get(q->cache, type, name, now_ms, &ttl_s);
	struct question *n;
	struct waiter *w;

	if (cached != NULL) {
		q->hooks->reply(q->arg, waiter, cached, ttl_s);
		return;
	}
	if (q->waiters >= q->limits.waiters_max) {
		refuse(q, waiter, "too many questions at once");
		return;
	}
	n = find_or_add(q, type, name);
	w = xcalloc(1, sizeof *w);
	w->who = waiter;
	w->until_ms = now_ms + timeout_ms;
	STAILQ_INSERT_TAIL(&n->waiters, w, next);
	q->waiters++;
	start_more(q, now_ms);
}

void
questions_answer(struct questions *q, struct question *n,
    struct answer *answer, uint64_t now_ms)
{
	remove_question(q, n);
	if (q->cache != NULL)
		cache_put(q->cache, n->type, n->name, answer, now_ms);
	while (!STAILQ_EMPTY(&n->waiters))
		q->hooks->reply(q->arg, pop_waiter(q, n), answer,
		    answer->ttl_s);
	free(n);
	start_more(q, now_ms);
}

const char *
questions_name(const struct question *n)
{
	return n->name;
}

static void
expire_waiters(struct questions *q, struct question *n, uint64_t now_ms)
{
	struct waiter *w, *following;

	STAILQ_FOREACH_SAFE(w, &n->waiters, next, following) {
		void *who = w->who;

		if (w->until_ms > now_ms)
			continue;
		STAILQ_REMOVE(&n->waiters, w, waiter, next);
		free(w);
		q->waiters--;
		refuse(q, who, "no answer in time");
	}
}

/* Whoever waits for it still has waited long enough. */
static void
expire_question(struct questions *q, struct question *n)
{
	if (n->active && n->job != NULL)
		q->hooks->cancel(q->arg, n->job);
	remove_question(q, n);
	while (!STAILQ_EMPTY(&n->waiters))
		refuse(q, pop_waiter(q, n), "no answer in time");
	free(n);
}

bool
questions_expire(struct questions *q, uint64_t now_ms)
{
	struct question *n, *following;

	RB_FOREACH_SAFE(n, question_tree, &q->tree, following) {
		expire_waiters(q, n, now_ms);
		if (STAILQ_EMPTY(&n->waiters) ||
		    (n->active && n->over_ms <= now_ms))
			expire_question(q, n);
	}
	start_more(q, now_ms);
	return q->waiters > 0;
}

size_t
questions_waiters(const struct questions *q)
{
	return q->waiters;
}
