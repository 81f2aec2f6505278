/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_DESTINATIONS_H
#define QUEUE_DESTINATIONS_H

/*
 * What is remembered of a destination's push-backs (MX6.md, Sender, rule 9):
 * a destination that keeps pushing back is not worth the double delivery, so
 * it gets IPv4 at once, with one probe over IPv6 an hour.
 *
 *	bits	...0 1 1 1 0 1	the last attempts over MX6, newest lowest;
 *				1: pushed back
 */

#include <stdbool.h>
#include <stdint.h>

#define PUSHBACK_WINDOW_MAX 25

struct pushback_rule {
	uint32_t	window;		/* attempts remembered, 1 to 25 */
	uint32_t	limit;		/* push-backs among them from which ... */
	uint32_t	probe_s;	/* seconds between probes */
};

struct pushback_memory {
	uint32_t	bits;
	uint32_t	tried;		/* how many bits count, at most window */
	uint64_t	probe_at;	/* unix seconds of the next probe; 0: none */
};

/* Notes the result of an attempt over MX6's IPv6. */
void pushback_note(struct pushback_memory *m, const struct pushback_rule *rule,
    bool pushed_back, uint64_t now);
uint32_t pushback_count(const struct pushback_memory *m,
    const struct pushback_rule *rule);
bool pushback_ipv4_first(const struct pushback_memory *m,
    const struct pushback_rule *rule);
/* true: this delivery goes over IPv4 first.  Otherwise it may use IPv6; if
 * that is a probe, the next one is an hour later. */
bool pushback_choose(struct pushback_memory *m,
    const struct pushback_rule *rule, uint64_t now);

#endif
