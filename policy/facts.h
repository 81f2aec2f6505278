/* SPDX-License-Identifier: ISC */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

/*
 * Named facts about one message: the words that rules are made of.  A fact
 * holds, does not hold, or is not known (DNS trouble, a list that could not
 * be read); what is not known satisfies neither `x` nor `not-x`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fact {
#define FACT(symbol, name, meaning)	FACT_##symbol,
#include "policy/facts.def"
#undef FACT
	FACT_COUNT,
};

/* Sets of facts are masks of these. */
#define FACT_MASK(fact)	(UINT64_C(1) << (fact))

struct facts {
	uint64_t	held;
	uint64_t	unknown;	/* never a bit that is in held */
};

#define FACTS_TEXT_SIZE	512	/* all names with commas fit */

void facts_set(struct facts *facts, enum fact fact, bool holds);
void facts_set_unknown(struct facts *facts, enum fact fact);
bool facts_hold(const struct facts *facts, enum fact fact);

const char *fact_name(enum fact fact);
/* FACT_COUNT if there is no such name. */
enum fact fact_by_name(const char *name);
/* The fact whose name is most like this one; NULL if none is. */
const char *fact_nearest(const char *name);
/* "a,b,c", in the order of facts.def; "" for none. */
const char *facts_format(uint64_t mask, char text[static FACTS_TEXT_SIZE]);

#endif
