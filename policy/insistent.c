/* SPDX-License-Identifier: ISC */
#include "policy/insistent.h"

#include "policy/recent.h"
#include "util/xalloc.h"

#define NETWORKS_MAX	4096
#define WINDOW_MS	(60 * 60 * UINT64_C(1000))

struct network {
	uint64_t	pushed_back;
	uint64_t	away_until_ms;	/* 0: welcome */
};

struct insistent {
	struct recent	*networks;	/* struct network, by /64 */
};

struct insistent *
insistent_new(void)
{
	struct insistent *i = xcalloc(1, sizeof *i);

	i->networks = recent_new(NETWORKS_MAX, free);
	return i;
}

struct insistent *
insistent_free(struct insistent *i)
{
	if (i != NULL)
		recent_free(i->networks);
	free(i);
	return NULL;
}

static struct network *
find(struct insistent *i, const struct netaddr *peer, uint64_t now_ms,
    uint8_t ret_key[static RECENT_ADDR_SIZE])
{
	struct netblock block = netblock_of(peer,
	    netaddr_is_ipv6(peer) ? 64 : 32);

	recent_addr_key(&block.addr, ret_key);
	return recent_get(i->networks, ret_key, RECENT_ADDR_SIZE, now_ms);
}

static struct network *
add(struct insistent *i, const uint8_t key[static RECENT_ADDR_SIZE],
    uint64_t now_ms)
{
	struct network *n = xcalloc(1, sizeof *n);

	recent_put(i->networks, key, RECENT_ADDR_SIZE, n, now_ms + WINDOW_MS);
	return n;
}

/* Anew, so that the hour of its push-backs does not end it. */
static void
turn_away(struct insistent *i, const uint8_t key[static RECENT_ADDR_SIZE],
    uint64_t for_ms, uint64_t now_ms)
{
	add(i, key, now_ms)->away_until_ms = now_ms + for_ms;
}

void
insistent_note(struct insistent *i, const struct netaddr *peer,
    bool pushed_back, uint64_t after, uint64_t for_s, uint64_t now_ms)
{
	uint8_t key[RECENT_ADDR_SIZE];
	struct network *n = find(i, peer, now_ms, key);

	if (n == NULL && (!pushed_back || after == 0))
		return;
	if (n == NULL)
		n = add(i, key, now_ms);
	if (!pushed_back) {
		*n = (struct network){ .pushed_back = 0 };
		return;
	}
	if (for_s > INSISTENT_SECONDS_MAX)
		for_s = INSISTENT_SECONDS_MAX;
	if (++n->pushed_back >= after && after != 0)
		turn_away(i, key, for_s * 1000, now_ms);
}

uint64_t
insistent_away_ms(struct insistent *i, const struct netaddr *peer,
    uint64_t now_ms)
{
	uint8_t key[RECENT_ADDR_SIZE];
	const struct network *n = find(i, peer, now_ms, key);

	return n != NULL && now_ms < n->away_until_ms ?
	    n->away_until_ms - now_ms : 0;
}

bool
insistent_turned_away(struct insistent *i, const struct netaddr *peer,
    uint64_t now_ms)
{
	return insistent_away_ms(i, peer, now_ms) > 0;
}

void
insistent_learn(struct insistent *i, const struct netaddr *peer,
    uint64_t away_ms, uint64_t now_ms)
{
	uint8_t key[RECENT_ADDR_SIZE];
	const struct network *n = find(i, peer, now_ms, key);

	if (away_ms == 0 || away_ms > INSISTENT_SECONDS_MAX * UINT64_C(1000))
		return;
	if (n == NULL || n->away_until_ms < now_ms + away_ms)
		turn_away(i, key, away_ms, now_ms);
}
