/* SPDX-License-Identifier: ISC */
#include "queue/destinations.h"

#include <assert.h>

static uint32_t
window_mask(const struct pushback_rule *rule)
{
	assert(rule->window <= PUSHBACK_WINDOW_MAX);
	return (1u << rule->window) - 1;
}

void
pushback_note(struct pushback_memory *m, const struct pushback_rule *rule,
    bool pushed_back, uint64_t now)
{
	bool was_first = pushback_ipv4_first(m, rule);

	m->bits = (m->bits << 1 | pushed_back) & window_mask(rule);
	if (m->tried < rule->window)
		m->tried++;
	else
		m->tried = rule->window;
	if (!pushback_ipv4_first(m, rule))
		m->probe_at = 0;
	else if (!was_first)
		m->probe_at = now + rule->probe_s;
}

uint32_t
pushback_count(const struct pushback_memory *m,
    const struct pushback_rule *rule)
{
	return (uint32_t)__builtin_popcount(m->bits & window_mask(rule));
}

bool
pushback_ipv4_first(const struct pushback_memory *m,
    const struct pushback_rule *rule)
{
	return pushback_count(m, rule) >= rule->limit;
}

bool
pushback_choose(struct pushback_memory *m, const struct pushback_rule *rule,
    uint64_t now)
{
	if (!pushback_ipv4_first(m, rule))
		return false;
	if (now < m->probe_at)
		return true;
	m->probe_at = now + rule->probe_s;
	return false;
}
