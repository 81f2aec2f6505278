/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_LIMITS_H
#define SMTPD_LIMITS_H

/*
 * How many connections there are: in all, from each address, from each IPv6
 * /64; over all mx6d-smtp processes.  They share one mapping that the parent
 * made; each writes only its own row, so a process that died leaves a row
 * that its successor simply clears.
 *
 *	| key | row of process 0 | row of process 1 | ...
 *	row:  | connections | counter 0 | counter 1 | ... |
 *
 * An address adds to two counters, found by a hash with a random key, and is
 * taken to have the smaller sum of the two: strangers that share one counter
 * with it hardly ever share both.
 */

#include <stddef.h>
#include <stdint.h>

#include "util/config.h"
#include "util/netaddr.h"

#define LIMITS_PROCESSES	64

struct limits;

enum limits_answer {
	LIMITS_OK,
	LIMITS_ALL,		/* connections-max is reached */
	LIMITS_ADDRESS,		/* connections-per-address */
	LIMITS_NETWORK,		/* connections-per-network */
};

/* What the parent's memfd must hold; zeros at first. */
size_t limits_shared_size(void);
/* process: index of this process, of `count`.  NULL and errno if fd cannot be
 * mapped. */
struct limits *limits_open(int fd, uint32_t process, uint32_t count);
struct limits *limits_close(struct limits *l);
/* Counts a connection, unless a limit is reached. */
enum limits_answer limits_enter(struct limits *l, const struct netaddr *peer,
    const struct config *config);
/* For each limits_enter that was LIMITS_OK. */
void limits_leave(struct limits *l, const struct netaddr *peer);
const char *limits_answer_name(enum limits_answer answer);

#endif
