/* SPDX-License-Identifier: ISC */
/* Resting links, last used first: what is not needed grows old and leaves. */

#include "queue/pool.h"

#include <string.h>

#define DEAD_FOR_MS	60000
#define DOUBTED_FOR_MS	3600000
#define NOTED_MAX	64

TAILQ_HEAD(place_list, link_place);

static struct place_list resting = TAILQ_HEAD_INITIALIZER(resting);
static size_t resting_count;

static struct noted {
	size_t			 next;	/* to be forgotten */
	struct {
		struct netaddr	 addr;
		uint64_t	 until_ms;
	} items[NOTED_MAX];
} dead, doubted;

static struct link *
find(const struct link_key *key)
{
	uint32_t hash = link_hash(key->domain);
	struct link_place *p;

	TAILQ_FOREACH(p, &resting, next)
		if (link_key_hash(p->link) == hash &&
		    link_key_equal(link_key(p->link), key))
			return p->link;
	return NULL;
}

bool
pool_has(const struct link_key *key)
{
	return resting_count > 0 && find(key) != NULL;
}

static void
forget(struct link *l)
{
	TAILQ_REMOVE(&resting, link_place(l), next);
	resting_count--;
}

struct link *
pool_take(const struct link_key *key)
{
	struct link *l = resting_count == 0 ? NULL : find(key);

	if (l != NULL)
		forget(l);
	return l;
}

static void
on_ended(void *arg, struct link *l)
{
	(void)arg;
	forget(l);
}

void
pool_put(struct link *l, const struct setup *setup)
{
	if (setup->connection_idle_ms == 0 ||
	    link_messages(l) >= setup->connection_messages) {
		link_quit(l);
		return;
	}
	if (resting_count == POOL_LINKS_MAX) {
		struct link *oldest =
		    TAILQ_LAST(&resting, place_list)->link;

		forget(oldest);
		link_quit(oldest);
	}
	TAILQ_INSERT_HEAD(&resting, link_place(l), next);
	resting_count++;
	link_rest(l, setup->connection_idle_ms, on_ended, NULL);
}

void
pool_close(void)
{
	struct link_place *p;

	while ((p = TAILQ_FIRST(&resting)) != NULL) {
		forget(p->link);
		link_quit(p->link);
	}
	memset(&dead, 0, sizeof dead);
	memset(&doubted, 0, sizeof doubted);
}

static void
note(struct noted *n, const struct netaddr *addr, uint64_t until_ms)
{
	n->items[n->next].addr = *addr;
	n->items[n->next].until_ms = until_ms;
	n->next = (n->next + 1) % NOTED_MAX;
}

static bool
is_noted(const struct noted *n, const struct netaddr *addr, uint64_t now_ms)
{
	for (size_t i = 0; i < NOTED_MAX; i++)
		if (n->items[i].until_ms > now_ms &&
		    n->items[i].addr.port == addr->port &&
		    netaddr_equal(&n->items[i].addr, addr))
			return true;
	return false;
}

void
pool_note_dead(const struct netaddr *addr, uint64_t now_ms)
{
	note(&dead, addr, now_ms + DEAD_FOR_MS);
}

bool
pool_is_dead(const struct netaddr *addr, uint64_t now_ms)
{
	return is_noted(&dead, addr, now_ms);
}

void
pool_note_doubted(const struct netaddr *addr, uint64_t now_ms)
{
	note(&doubted, addr, now_ms + DOUBTED_FOR_MS);
}

bool
pool_is_doubted(const struct netaddr *addr, uint64_t now_ms)
{
	return is_noted(&doubted, addr, now_ms);
}
