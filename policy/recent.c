/* SPDX-License-Identifier: ISC */
/*
 * A hash table with chains and a list in the order of use.  Strangers choose
 * keys, but no chain is longer than the bound on all entries.
 */

#include "policy/recent.h"

#include <stdbool.h>
#include <sys/queue.h>

#include "util/xalloc.h"

struct entry {
	LIST_ENTRY(entry)	 chain;
	TAILQ_ENTRY(entry)	 used;
	void			*value;
	uint64_t		 until_ms;
	size_t			 n;
	uint8_t			 key[];
};

LIST_HEAD(chain, entry);

struct recent {
	TAILQ_HEAD(used, entry)	 used;		/* the last used one first */
	struct chain		*chains;
	size_t			 chain_count;	/* a power of two */
	size_t			 count;
	size_t			 most;
	void			(*free_value)(void *);
};

void
recent_addr_key(const struct netaddr *addr,
    uint8_t ret_key[static RECENT_ADDR_SIZE])
{
	ret_key[0] = addr->family;
	memcpy(ret_key + 1, addr->bytes, RECENT_ADDR_SIZE - 1);
}

struct recent *
recent_new(size_t most, void (*free_value)(void *value))
{
	struct recent *r = xcalloc(1, sizeof *r);

	TAILQ_INIT(&r->used);
	r->most = most;
	r->free_value = free_value;
	for (r->chain_count = 1; r->chain_count < most; r->chain_count *= 2)
		;
	r->chains = xcalloc(r->chain_count, sizeof *r->chains);
	return r;
}

static void
drop(struct recent *r, struct entry *e)
{
	LIST_REMOVE(e, chain);
	TAILQ_REMOVE(&r->used, e, used);
	r->count--;
	r->free_value(e->value);
	free(e);
}

void
recent_clear(struct recent *r)
{
	while (!TAILQ_EMPTY(&r->used))
		drop(r, TAILQ_FIRST(&r->used));
}

struct recent *
recent_free(struct recent *r)
{
	if (r != NULL) {
		recent_clear(r);
		free(r->chains);
		free(r);
	}
	return NULL;
}

size_t
recent_count(const struct recent *r)
{
	return r->count;
}

static struct chain *
chain_of(struct recent *r, const uint8_t *key, size_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);	/* FNV-1a */

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ key[i]) * UINT64_C(0x100000001b3);
	return &r->chains[(hash ^ hash >> 32) & (r->chain_count - 1)];
}

static struct entry *
find(struct chain *chain, const void *key, size_t n)
{
	struct entry *e;

	LIST_FOREACH(e, chain, chain)
		if (e->n == n && memcmp(e->key, key, n) == 0)
			return e;
	return NULL;
}

void *
recent_get(struct recent *r, const void *key, size_t n, uint64_t now_ms)
{
	struct entry *e = find(chain_of(r, key, n), key, n);

	if (e == NULL)
		return NULL;
	if (e->until_ms <= now_ms) {
		drop(r, e);
		return NULL;
	}
	if (e != TAILQ_FIRST(&r->used)) {
		TAILQ_REMOVE(&r->used, e, used);
		TAILQ_INSERT_HEAD(&r->used, e, used);
	}
	return e->value;
}

void
recent_put(struct recent *r, const void *key, size_t n, void *value,
    uint64_t until_ms)
{
	struct chain *chain = chain_of(r, key, n);
	struct entry *e = find(chain, key, n);

	if (e != NULL)
		drop(r, e);
	else if (r->count == r->most)
		drop(r, TAILQ_LAST(&r->used, used));
	e = xmalloc(sizeof *e + n);
	e->value = value;
	e->until_ms = until_ms;
	e->n = n;
	memcpy(e->key, key, n);
	LIST_INSERT_HEAD(chain, e, chain);
	TAILQ_INSERT_HEAD(&r->used, e, used);
	r->count++;
}

void
recent_drop(struct recent *r, const void *key, size_t n)
{
	struct entry *e = find(chain_of(r, key, n), key, n);

	if (e != NULL)
		drop(r, e);
}

void
recent_each(const struct recent *r, uint64_t now_ms,
    void (*use)(void *arg, const void *value), void *arg)
{
	const struct entry *e;

	TAILQ_FOREACH(e, &r->used, used)
		if (e->until_ms > now_ms)
			use(arg, e->value);
}
