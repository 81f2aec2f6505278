/* SPDX-License-Identifier: ISC */
/*
 * A red-black tree to find entries, so that no choice of names by a stranger
 * makes it slow, and a list in the order of last use to forget them.
 */
#include "resolver/cache.h"

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define TTL_LEAST_S	2
#define TTL_MOST_S	3600
#define DENIAL_MOST_S	300

struct entry {
	RB_ENTRY(entry)		 in_tree;
	TAILQ_ENTRY(entry)	 in_list;	/* used longest ago first */
	enum dns_type		 type;
	uint64_t		 until_ms;
	size_t			 size_bytes;
	struct answer		*answer;
	const char		*name;		/* behind the struct */
};

RB_HEAD(entry_tree, entry);
TAILQ_HEAD(entry_list, entry);

struct cache {
	struct entry_tree	tree;
	struct entry_list	list;
	size_t			entries;
	size_t			entries_max;
	size_t			bytes;
	size_t			bytes_max;
};

static int
compare(const struct entry *a, const struct entry *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return strcmp(a->name, b->name);
}

RB_GENERATE_INTERNAL(entry_tree, entry, in_tree, compare,
    __attribute__((unused)) static)

struct cache *
cache_new(size_t entries_max, size_t bytes_max)
{
	struct cache *c = xcalloc(1, sizeof *c);

	RB_INIT(&c->tree);
	TAILQ_INIT(&c->list);
	c->entries_max = entries_max;
	c->bytes_max = bytes_max;
	return c;
}

static void
forget(struct cache *c, struct entry *e)
{
	RB_REMOVE(entry_tree, &c->tree, e);
	TAILQ_REMOVE(&c->list, e, in_list);
	c->entries--;
	c->bytes -= e->size_bytes;
	answer_free(e->answer);
	free(e);
}

void
cache_clear(struct cache *c)
{
	while (!TAILQ_EMPTY(&c->list))
		forget(c, TAILQ_FIRST(&c->list));
}

struct cache *
cache_free(struct cache *c)
{
	if (c != NULL)
		cache_clear(c);
	free(c);
	return NULL;
}

static struct entry *
find(struct cache *c, enum dns_type type, const char *name)
{
	struct entry key = { .type = type, .name = name };

	return RB_FIND(entry_tree, &c->tree, &key);
}

static uint32_t
bounded_ttl(const struct answer *a)
{
	uint32_t most = a->status == DNS_OK ? TTL_MOST_S : DENIAL_MOST_S;

	return a->ttl_s < TTL_LEAST_S ? TTL_LEAST_S :
	    a->ttl_s > most ? most : a->ttl_s;
}

void
cache_put(struct cache *c, enum dns_type type, const char *name,
    struct answer *answer, uint64_t now_ms)
{
	struct entry *e = find(c, type, name);
	size_t name_size = strlen(name) + 1;

	if (e != NULL)
		forget(c, e);
	e = xcalloc(1, sizeof *e + name_size);
	memcpy(e + 1, name, name_size);
	e->name = (const char *)(e + 1);
	e->type = type;
	e->until_ms = now_ms + bounded_ttl(answer) * UINT64_C(1000);
	e->size_bytes = sizeof *e + name_size + answer->size_bytes;
	e->answer = answer_ref(answer);
	RB_INSERT(entry_tree, &c->tree, e);
	TAILQ_INSERT_TAIL(&c->list, e, in_list);
	c->entries++;
	c->bytes += e->size_bytes;
	while (c->entries > c->entries_max || c->bytes > c->bytes_max)
		forget(c, TAILQ_FIRST(&c->list));
}

struct answer *
cache_get(struct cache *c, enum dns_type type, const char *name,
    uint64_t now_ms, uint32_t *ret_ttl_s)
{
	struct entry *e = find(c, type, name);

	if (e == NULL)
		return NULL;
	if (e->until_ms <= now_ms) {
		forget(c, e);
		return NULL;
	}
	TAILQ_REMOVE(&c->list, e, in_list);
	TAILQ_INSERT_TAIL(&c->list, e, in_list);
	*ret_ttl_s = (uint32_t)((e->until_ms - now_ms + 999) / 1000);
	return e->answer;
}

size_t
cache_entries(const struct cache *c)
{
	return c->entries;
}

size_t
cache_bytes(const struct cache *c)
{
	return c->bytes;
}
