/* SPDX-License-Identifier: ISC */
/* Resting links, last used first: what is not needed grows old and leaves. */

#include "queue/pool.h"

#define DEAD_FOR_MS	60000
#define DEAD_MAX	64

TAILQ_HEAD(place_list, link_place);

static struct place_list resting = TAILQ_HEAD_INITIALIZER(resting);
static size_t resting_count;

static struct {
	struct netaddr	addr;
	uint64_t	until_ms;
} dead[DEAD_MAX];
static size_t dead_next;

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
}

void
pool_note_dead(const struct netaddr *addr, uint64_t now_ms)
{
	dead[dead_next].addr = *addr;
	dead[dead_next].until_ms = now_ms + DEAD_FOR_MS;
	dead_next = (dead_next + 1) % DEAD_MAX;
}

bool
pool_is_dead(const struct netaddr *addr, uint64_t now_ms)
{
	for (size_t i = 0; i < DEAD_MAX; i++)
		if (dead[i].until_ms > now_ms &&
		    dead[i].addr.port == addr->port &&
		    netaddr_equal(&dead[i].addr, addr))
			return true;
	return false;
}
