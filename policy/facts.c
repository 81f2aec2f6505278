/* SPDX-License-Identifier: ISC */
/* The table of facts, and how their names are read and written. */

#include "policy/facts.h"

#include <assert.h>

#include "util/number.h"
#include "util/suggest.h"

static const char *const names[FACT_COUNT] = {
#define FACT(symbol, name, meaning)	name,
#include "policy/facts.def"
#undef FACT
};

static_assert(FACT_COUNT <= 64, "a set of facts is one 64-bit mask");

void
facts_set(struct facts *facts, enum fact fact, bool holds)
{
	facts->unknown &= ~FACT_MASK(fact);
	if (holds)
		facts->held |= FACT_MASK(fact);
	else
		facts->held &= ~FACT_MASK(fact);
}

void
facts_set_unknown(struct facts *facts, enum fact fact)
{
	facts->held &= ~FACT_MASK(fact);
	facts->unknown |= FACT_MASK(fact);
}

bool
facts_hold(const struct facts *facts, enum fact fact)
{
	return (facts->held & FACT_MASK(fact)) != 0;
}

const char *
fact_name(enum fact fact)
{
	return names[fact];
}

enum fact
fact_by_name(const char *name)
{
	for (unsigned i = 0; i < FACT_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return (enum fact)i;
	return FACT_COUNT;
}

const char *
fact_nearest(const char *name)
{
	return suggest_near(name, names, FACT_COUNT);
}

const char *
facts_format(uint64_t mask, char text[static FACTS_TEXT_SIZE])
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < FACT_COUNT; i++) {
		if ((mask & FACT_MASK(i)) == 0)
			continue;
		if (used > 0)
			text[used++] = ',';
		strcpy_bounded(text + used, FACTS_TEXT_SIZE - used,
		    names[i]);
		used += strlen(names[i]);
	}
	return text;
}
