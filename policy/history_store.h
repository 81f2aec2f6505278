/* SPDX-License-Identifier: ISC */
#ifndef POLICY_HISTORY_STORE_H
#define POLICY_HISTORY_STORE_H

/*
 * history.db: verdicts with their reasons, the memory of push-backs, and how
 * authenticated domains fared.  Written in batches by the first policy
 * process alone (WAL, one connection); a crash may lose the last second.
 * What strangers can add is bounded in rows, in all and for each network.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/history_ipc.h"

#define HISTORY_FILE	"history.db"

struct history_store;

struct history_limits {
	uint64_t	pushback_keep_s;
	uint64_t	shadow_keep_s;	/* verdicts of all kinds */
	uint64_t	rows;		/* of each table */
	uint64_t	rows_per_network; /* of pushback */
};

struct history_counts {
	uint64_t	accepted;
	uint64_t	spam;
	uint64_t	refused;
};

/* One push-back. */
struct history_pushback {
	const char	*message, *sender, *recipients, *author_domain;
	const char	*network, *closed_by, *closed_from;
	uint64_t	 at, closed_at;
	bool		 authenticated, same_helo;
};

/* All push-backs of a sender from a network. */
struct history_sender {
	const char	*sender, *network;
	uint64_t	 pushed_back, returned, same_helo;
	uint64_t	 lost;		/* did not return within a day */
	uint64_t	 delay_s;	/* mean, of those that did */
	uint64_t	 last_at;
};

/* A domain that could go on the greenlist. */
struct history_suggestion {
	const char	*domain;
	uint64_t	 pushed_back, first_at, last_at;
	uint64_t	 lost;		/* more than a day ago */
	struct history_counts counts;	/* over IPv4 */
	uint64_t	 in_books;
	bool		 applied;	/* by rule, within a year */
};

/* NULL on an error, with why[n] in words. */
struct history_store *history_store_open(const char *path, char *why,
    size_t n);
struct history_store *history_store_close(struct history_store *store);
/* The database's own words. */
const char *history_store_why(const struct history_store *store);

/* All rows in one transaction; false if none was stored. */
bool history_store_write(struct history_store *store,
    const struct history_row *rows, size_t count,
    const struct history_limits *limits);
/* Forgets a bounded number of what is too old or too much; true: there may be
 * more. */
bool history_store_prune(struct history_store *store, uint64_t now,
    const struct history_limits *limits);

void history_store_domain(struct history_store *store, const char *domain,
    struct history_counts *ret_counts);

/* Lookups for people.  Texts are valid during the call of `use`. */

/* The last verdict on a message. */
bool history_store_find(struct history_store *store, const char *message,
    void (*use)(void *arg, const struct history_row *row), void *arg);
/* Newest first; filter is part of a sender, recipient or domain. */
void history_store_pushbacks(struct history_store *store, const char *filter,
    uint64_t limit, void (*use)(void *arg,
    const struct history_pushback *row), void *arg);
void history_store_senders(struct history_store *store, uint64_t now,
    uint64_t limit, void (*use)(void *arg, const struct history_sender *row),
    void *arg);
/* Authenticated domains, pushed back at least three times over a day or
 * more, that never came back, with a sign from elsewhere that they are good:
 * mail over IPv4 of which none was spam or refused, or somebody's book. */
void history_store_suggest(struct history_store *store, uint64_t now,
    uint64_t limit, void (*use)(void *arg,
    const struct history_suggestion *row), void *arg);

/* ---- suggestions that were followed (policy/suggest.h) ---- */

bool history_store_note_applied(struct history_store *store,
    const char *domain, uint64_t now);
/* How many since then. */
uint64_t history_store_applied_since(struct history_store *store,
    uint64_t since);

#endif
