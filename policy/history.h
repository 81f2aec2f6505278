/* SPDX-License-Identifier: ISC */
#ifndef POLICY_HISTORY_H
#define POLICY_HISTORY_H

/*
 * The way into history.db, for every policy process: rows wait a moment and
 * are written, or given to the first process, in batches.  No verdict waits
 * for it.  What cannot be written is kept up to a bound and then dropped,
 * with a line in the log.
 */

#include "policy/guesses.h"
#include "policy/history_store.h"
#include "util/child.h"

struct history;

/* false after logging why: the first process could not open the database. */
struct history *history_new(struct child *child);
/* The texts are copied. */
void history_add(struct history *history, const struct history_row *row);
/* The database; NULL in all processes but the first. */
struct history_store *history_store(struct history *history);
/* What all processes saw of those who try out addressbooks; NULL likewise. */
struct guesses *history_guesses(struct history *history);
/* Writes what waits. */
void history_flush(struct history *history);
/* How mail of a domain fared over IPv4; done may be called at once.  Nothing
 * known is all zeroes. */
void history_domain_record(struct history *history, const char *domain,
    void (*done)(void *arg, const struct history_counts *counts), void *arg);
/* In the first process: writes rows, whosever they are, now. */
void history_write(struct history *history, const struct history_row *rows,
    size_t count);

#endif
