/* SPDX-License-Identifier: ISC */
#include "policy/guesses.h"

#include <string.h>

#include "policy/recent.h"
#include "util/xalloc.h"

#define NETWORKS_MAX	4096
#define WINDOW_S	3600

struct guesses {
	struct recent	*networks;	/* struct guesses_row by text */
};

struct guesses *
guesses_new(void)
{
	struct guesses *g = xcalloc(1, sizeof *g);

	g->networks = recent_new(NETWORKS_MAX, free);
	return g;
}

struct guesses *
guesses_free(struct guesses *g)
{
	if (g != NULL)
		recent_free(g->networks);
	free(g);
	return NULL;
}

/* The row of a network, made if there is none of the last hour. */
static struct guesses_row *
row_of(struct guesses *g, const char *network, uint64_t now)
{
	size_t n = strnlen(network, GUESSES_NETWORK_SIZE - 1);
	struct guesses_row *row = recent_get(g->networks, network, n,
	    now * 1000);

	if (row != NULL)
		return row;
	row = xcalloc(1, sizeof *row);
	memcpy(row->network, network, n);
	row->first_at = now;
	recent_put(g->networks, network, n, row, (now + WINDOW_S) * 1000);
	return row;
}

bool
guesses_note(struct guesses *g, const char *network, uint64_t misses,
    uint64_t most, uint64_t now, struct guesses_row *ret_row)
{
	struct guesses_row *row;
	bool before;

	if (misses == 0)
		return false;
	row = row_of(g, network, now);
	before = row->misses >= most;
	row->messages++;
	row->misses += misses;
	row->last_at = now;
	if (most == 0 || before || row->misses < most)
		return false;
	*ret_row = *row;
	return true;
}

struct each {
	void	(*use)(void *arg, const struct guesses_row *row);
	void	*arg;
};

static void
use_row(void *arg, const void *value)
{
	const struct each *each = arg;

	each->use(each->arg, value);
}

void
guesses_each(struct guesses *g, uint64_t now,
    void (*use)(void *arg, const struct guesses_row *row), void *arg)
{
	struct each each = { use, arg };

	recent_each(g->networks, now * 1000, use_row, &each);
}
