/* SPDX-License-Identifier: ISC */
#include "smtpd/limits.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "util/xalloc.h"

#define COUNTERS	8192	/* a power of two */
#define KEY_WORDS	2

struct row {
	_Atomic uint32_t	connections;
	_Atomic uint32_t	counters[COUNTERS];
};

struct shared {
	_Atomic uint64_t	key[KEY_WORDS];
	struct row		rows[LIMITS_PROCESSES];
};

struct limits {
	struct shared	*shared;
	struct row	*own;
	uint64_t	 key[KEY_WORDS];
	uint32_t	 count;
};

size_t
limits_shared_size(void)
{
	return sizeof(struct shared);
}

/* The first process to come draws the key for all. */
static uint64_t
draw(_Atomic uint64_t *word)
{
	uint64_t none = 0, fresh;

	if (getrandom(&fresh, sizeof fresh, 0) != sizeof fresh || fresh == 0)
		fresh = 0x9e3779b97f4a7c15;
	if (atomic_compare_exchange_strong(word, &none, fresh))
		return fresh;
	return none;
}

struct limits *
limits_open(int fd, uint32_t process, uint32_t count)
{
	struct limits *l;
	void *shared;

	assert(process < LIMITS_PROCESSES && count <= LIMITS_PROCESSES);
	shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED)
		return NULL;
	l = xcalloc(1, sizeof *l);
	l->shared = shared;
	l->own = &l->shared->rows[process];
	l->count = count;
	for (size_t i = 0; i < KEY_WORDS; i++)
		l->key[i] = draw(&l->shared->key[i]);
	/* Only what a predecessor left is touched: the rest stays unmapped. */
	if (atomic_load(&l->own->connections) != 0)
		memset((void *)l->own, 0, sizeof *l->own);
	return l;
}

struct limits *
limits_close(struct limits *l)
{
	if (l != NULL)
		munmap(l->shared, sizeof *l->shared);
	free(l);
	return NULL;
}

/* Mixes as MurmurHash3's finalizer does; the key makes it unguessable
 * enough for counters that only limit. */
static uint64_t
mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccd;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53;
	return x ^ x >> 33;
}

struct slots {
	uint32_t	at[2];
};

/* The two counters of the first `size` bytes of an address. */
static struct slots
slots_of(const struct limits *l, const struct netaddr *peer, size_t size)
{
	uint64_t words[2] = { 0, 0 }, h;

	memcpy(words, peer->bytes, size);
	h = mix(l->key[0] ^ words[0]);
	h = mix(h ^ words[1] ^ l->key[1]);
	h = mix(h ^ size << 8 ^ peer->family);
	return (struct slots){ { (uint32_t)(h % COUNTERS),
	    (uint32_t)((h >> 32) % COUNTERS) } };
}

static struct slots
slots_of_address(const struct limits *l, const struct netaddr *peer)
{
	return slots_of(l, peer, netaddr_is_ipv6(peer) ? 16 : 4);
}

static struct slots
slots_of_network(const struct limits *l, const struct netaddr *peer)
{
	return slots_of(l, peer, 8);
}

static uint64_t
sum(const struct limits *l, const struct slots *slots)
{
	uint64_t sums[2] = { 0, 0 };

	for (uint32_t i = 0; i < l->count; i++)
		for (size_t k = 0; k < 2; k++)
			sums[k] += atomic_load_explicit(
			    &l->shared->rows[i].counters[slots->at[k]],
			    memory_order_relaxed);
	return sums[0] < sums[1] ? sums[0] : sums[1];
}

static uint64_t
sum_all(const struct limits *l)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < l->count; i++)
		total += atomic_load_explicit(
		    &l->shared->rows[i].connections, memory_order_relaxed);
	return total;
}

/* Both slots of one hash may fall together; then one is counted. */
static void
change(struct limits *l, const struct slots *slots, uint32_t by)
{
	atomic_fetch_add_explicit(&l->own->counters[slots->at[0]], by,
	    memory_order_relaxed);
	if (slots->at[1] != slots->at[0])
		atomic_fetch_add_explicit(&l->own->counters[slots->at[1]], by,
		    memory_order_relaxed);
}

static void
change_all(struct limits *l, const struct netaddr *peer, uint32_t by)
{
	struct slots slots = slots_of_address(l, peer);

	atomic_fetch_add_explicit(&l->own->connections, by,
	    memory_order_relaxed);
	change(l, &slots, by);
	if (netaddr_is_ipv6(peer)) {
		slots = slots_of_network(l, peer);
		change(l, &slots, by);
	}
}

enum limits_answer
limits_enter(struct limits *l, const struct netaddr *peer,
    const struct config *config)
{
	struct slots slots = slots_of_address(l, peer);

	if (sum_all(l) >= config->connections_max)
		return LIMITS_ALL;
	if (sum(l, &slots) >= config->connections_per_address)
		return LIMITS_ADDRESS;
	if (netaddr_is_ipv6(peer)) {
		slots = slots_of_network(l, peer);
		if (sum(l, &slots) >= config->connections_per_network)
			return LIMITS_NETWORK;
	}
	change_all(l, peer, 1);
	return LIMITS_OK;
}

void
limits_leave(struct limits *l, const struct netaddr *peer)
{
	change_all(l, peer, UINT32_MAX);	/* minus one */
}

const char *
limits_answer_name(enum limits_answer answer)
{
	switch (answer) {
	case LIMITS_OK:
		return "ok";
	case LIMITS_ALL:
		return "connections-max";
	case LIMITS_ADDRESS:
		return "connections-per-address";
	case LIMITS_NETWORK:
		return "connections-per-network";
	}
	return "?";
}
