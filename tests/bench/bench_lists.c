/* SPDX-License-Identifier: ISC */
/*
 * What a lookup in large lists costs, run by hand:
 *
 *	bench_lists DIRECTORY ROWS LOOKUPS
 *
 * Fills a new lists.db in DIRECTORY with 1000 rows, then up to ROWS, of an
 * addressbook (spread over 1000 mailboxes) and of whitelisted networks, and
 * looks up LOOKUPS of them in a random order, each in a transaction of its
 * own.  SQLite has its default cache of 2 MB, so pages of a large table come
 * from the kernel's.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "policy/lists_signs.h"
#include "util/buf.h"
#include "util/number.h"
#include "util/xalloc.h"

#define FEW		1000
#define MAILBOXES	1000
#define BATCH		10000	/* rows in one import */
#define TEXT_MAX	(BATCH * 128)

static struct lists *lists;
static uint64_t random_state = 1;

static uint64_t
random_below(uint64_t most)
{
	random_state = random_state * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (random_state >> 33) % most;
}

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- filling ---- */

static void
problem(void *arg, uint64_t line, const char *why)
{
	(void)arg;
	errx(1, "line %" PRIu64 ": %s", line, why);
}

static void
add_book_row(struct buf *text, uint64_t i)
{
	buf_addf(text, "user%" PRIu64 "@example.org,friend%" PRIu64
	    "@d%" PRIu64 ".example\n", i % MAILBOXES, i, i % 10007);
}

/* Three lengths, as lists have: /48, /64 and /128. */
static void
add_network_row(struct buf *text, uint64_t i)
{
	static const char *const forms[] = {
		"2001:%x:%x::/48\n", "2002:%x:%x::/64\n", "2003:%x:%x::1\n" };

	buf_addf(text, forms[i % 3], (unsigned)(i >> 16), (unsigned)i & 0xffff);
}

static void
fill(enum lists_table table, void (*add_row)(struct buf *, uint64_t),
    uint64_t from, uint64_t to)
{
	struct lists_imported imported;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	for (uint64_t i = from; i < to; i++) {
		add_row(&text, i);
		if ((i + 1) % BATCH != 0 && i + 1 != to)
			continue;
		if (lists_import(lists, table, buf_cstr(&text),
		    buf_len(&text), false, problem, NULL, &imported) !=
		    LISTS_OK)
			errx(1, "%s", lists_why(lists));
		buf_clear(&text);
	}
	buf_done(&text);
}

/* ---- looking up ---- */

static bool
book(uint64_t i, bool hit)
{
	struct lists_known_sender known;
	char mailbox[64], from[64];

	snprintf(mailbox, sizeof mailbox, "user%" PRIu64 "@example.org",
	    i % MAILBOXES);
	snprintf(from, sizeof from, "%s%" PRIu64 "@d%" PRIu64 ".example",
	    hit ? "friend" : "stranger", i, i % 10007);
	return lists_addressbook(lists, mailbox, from, 0, &known) == LISTS_OK;
}

static bool
network(uint64_t i, bool hit)
{
	static const char *const forms[] = { "2001:%x:%x::25",
	    "2002:%x:%x::25", "2003:%x:%x::1", "2a01:%x:%x::25" };
	struct netaddr addr;
	char text[64];

	snprintf(text, sizeof text, forms[hit ? i % 3 : 3],
	    (unsigned)(i >> 16), (unsigned)i & 0xffff);
	if (!netaddr_parse(text, &addr))
		errx(1, "%s", text);
	return lists_whitelisted(lists, &addr) == LISTS_OK;
}

static void
measure(const char *what, bool (*look_up)(uint64_t i, bool hit), bool hit,
    uint64_t rows, uint64_t lookups)
{
	double start = now_s(), took;

	for (uint64_t i = 0; i < lookups; i++)
		if (look_up(random_below(rows), hit) != hit)
			errx(1, "%s: a lookup went wrong", what);
	took = now_s() - start;
	printf("%-12s %-5s %8" PRIu64 " rows  %8.0f lookups/s  %5.1f us\n",
	    what, hit ? "hit" : "miss", rows, (double)lookups / took,
	    took * 1e6 / (double)lookups);
}

static void
measure_all(uint64_t rows, uint64_t lookups)
{
	lists_changed(lists);
	measure("addressbook", book, true, rows, lookups);
	measure("addressbook", book, false, rows, lookups);
	measure("whitelist", network, true, rows, lookups);
	measure("whitelist", network, false, rows, lookups);
}

int
main(int argc, char **argv)
{
	char why[LISTS_WHY_SIZE];
	uint64_t rows, lookups;
	double start;
	char *path;

	if (argc != 4 || !number_parse(argv[2], FEW, 100000000, &rows) ||
	    !number_parse(argv[3], 1, 1000000000, &lookups))
		errx(1, "usage: bench_lists DIRECTORY ROWS LOOKUPS");
	path = xasprintf("%s/lists.db", argv[1]);
	if (access(path, F_OK) == 0)
		errx(1, "%s is there already", path);
	lists = lists_open(path, 1000, why);
	if (lists == NULL)
		errx(1, "%s", why);
	fill(LISTS_ADDRESSBOOK, add_book_row, 0, FEW);
	fill(LISTS_WHITELIST, add_network_row, 0, FEW);
	measure_all(FEW, lookups);
	start = now_s();
	fill(LISTS_ADDRESSBOOK, add_book_row, FEW, rows);
	fill(LISTS_WHITELIST, add_network_row, FEW, rows);
	printf("filled in %.1f s\n", now_s() - start);
	measure_all(rows, lookups);
	lists_close(lists);
	free(path);
	return 0;
}
