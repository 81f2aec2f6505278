/* SPDX-License-Identifier: ISC */
#ifndef POLICY_GUESSES_H
#define POLICY_GUESSES_H

/*
 * Who tries out what is in addressbooks: books that did not know the author of
 * mail that was pushed back, counted per sender network (/48, or /24 over
 * IPv4) within an hour.  It is for the operator alone: nothing that a sender
 * sees depends on it.  Bounded in memory; time comes in as an argument.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUESSES_NETWORK_SIZE	64	/* of its text, with the NUL */

struct guesses;

struct guesses_row {
	char		network[GUESSES_NETWORK_SIZE];
	uint64_t	messages;
	uint64_t	misses;		/* books */
	uint64_t	first_at;	/* unix seconds; of this hour */
	uint64_t	last_at;
};

struct guesses *guesses_new(void);
struct guesses *guesses_free(struct guesses *guesses);
/*
 * A message from this network met so many books that did not know it.  true:
 * this made it `most` (0: never) or more within an hour, for the first time
 * in that hour; *ret_row is then to be logged.
 */
bool guesses_note(struct guesses *guesses, const char *network,
    uint64_t misses, uint64_t most, uint64_t now, struct guesses_row *ret_row);
/* The networks of the last hour, the last seen first. */
void guesses_each(struct guesses *guesses, uint64_t now,
    void (*use)(void *arg, const struct guesses_row *row), void *arg);

#endif
