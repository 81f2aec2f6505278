/* SPDX-License-Identifier: ISC */
/*
 * Hosts in order: groups of equal priority or preference follow each other,
 * the order within a group is chance.
 */

#include "queue/plan_hosts.h"

#include <string.h>

void
plan_hosts_add(struct plan_hosts *hosts, const struct plan_host *host)
{
	if (hosts->count < PLAN_RECORDS_MAX)
		hosts->items[hosts->count++] = *host;
}

/* Insertion sort: short lists, and equal ones keep their order. */
static void
sort_by_group(struct plan_hosts *hosts)
{
	for (size_t i = 1; i < hosts->count; i++) {
		struct plan_host h = hosts->items[i];
		size_t j = i;

		for (; j > 0 && hosts->items[j - 1].group > h.group; j--)
			hosts->items[j] = hosts->items[j - 1];
		hosts->items[j] = h;
	}
}

/* items[from] becomes items[to], those between move up. */
static void
move_to_front(struct plan_host *items, size_t to, size_t from)
{
	struct plan_host h = items[from];

	memmove(&items[to + 1], &items[to], (from - to) * sizeof *items);
	items[to] = h;
}

static size_t
group_end(const struct plan_hosts *hosts, size_t first)
{
	size_t end = first;

	while (end < hosts->count &&
	    hosts->items[end].group == hosts->items[first].group)
		end++;
	return end;
}

/*
 * RFC 2782: those of weight 0 come first; a number from 0 to the sum of the
 * weights picks the first whose running sum is not below it; the rest again.
 */
static void
order_by_weight(struct plan_host *items, size_t n, plan_pick *pick, void *arg)
{
	for (size_t i = 0, zeros = 0; i < n; i++)
		if (items[i].weight == 0)
			move_to_front(items, zeros++, i);
	for (size_t i = 0; i + 1 < n; i++) {
		uint32_t sum = 0, running = 0, chosen;
		size_t at = i;

		for (size_t j = i; j < n; j++)
			sum += items[j].weight;	/* 64 of 16 bits each */
		chosen = pick(arg, sum + 1);
		for (; at + 1 < n; at++) {
			running += items[at].weight;
			if (running >= chosen)
				break;
		}
		move_to_front(items, i, at);
	}
}

static void
shuffle(struct plan_host *items, size_t n, plan_pick *pick, void *arg)
{
	for (size_t i = 0; i + 1 < n; i++)
		move_to_front(items, i, i + pick(arg, (uint32_t)(n - i)));
}

static void
order_groups(struct plan_hosts *hosts, plan_pick *pick, void *arg,
    void (*order)(struct plan_host *, size_t, plan_pick *, void *))
{
	sort_by_group(hosts);
	for (size_t i = 0, end; i < hosts->count; i = end) {
		end = group_end(hosts, i);
		order(&hosts->items[i], end - i, pick, arg);
	}
	if (hosts->count > PLAN_HOSTS_MAX)
		hosts->count = PLAN_HOSTS_MAX;
}

void
plan_hosts_order_srv(struct plan_hosts *hosts, plan_pick *pick, void *arg)
{
	order_groups(hosts, pick, arg, order_by_weight);
}

void
plan_hosts_order_mx(struct plan_hosts *hosts, plan_pick *pick, void *arg)
{
	order_groups(hosts, pick, arg, shuffle);
}

static bool
is_unspecified(const struct netaddr *addr)
{
	static const uint8_t zeros[sizeof addr->bytes];

	return memcmp(addr->bytes, zeros, sizeof zeros) == 0;
}

static size_t
record_count(const struct plan_answer *answer)
{
	if (answer == NULL)
		return 0;
	return answer->count < PLAN_ADDRS_MAX ? answer->count : PLAN_ADDRS_MAX;
}

/* The cursor runs through the A records, then through the AAAA records, of
 * each at most PLAN_ADDRS_MAX. */
const struct netaddr *
plan_host_next(const struct plan_host *host, enum netaddr_family family,
    size_t *cursor)
{
	size_t a_count = record_count(host->a);
	size_t total = a_count + record_count(host->aaaa);

	while (*cursor < total) {
		size_t at = (*cursor)++;
		const struct netaddr *addr = at < a_count ?
		    &host->a->records[at].addr :
		    &host->aaaa->records[at - a_count].addr;

		if (addr->family == family && !is_unspecified(addr))
			return addr;
	}
	return NULL;
}

bool
plan_host_has(const struct plan_host *host, enum netaddr_family family)
{
	size_t cursor = 0;

	return plan_host_next(host, family, &cursor) != NULL;
}

bool
plan_addr_is_self(const struct netaddr *addr, uint16_t port,
    const struct plan_self *self)
{
	for (size_t i = 0; i < self->addr_count; i++) {
		const struct netaddr *own = &self->addrs[i];

		if ((own->port == 0 || own->port == port) &&
		    netaddr_equal(own, addr))
			return true;
	}
	return false;
}

bool
plan_host_is_self(const struct plan_host *host, const struct plan_self *self)
{
	static const enum netaddr_family families[] = {
		NETADDR_IPV4, NETADDR_IPV6,
	};
	const struct netaddr *addr;

	for (size_t i = 0; i < self->name_count; i++)
		if (strcmp(self->names[i], host->name) == 0)
			return true;
	for (size_t i = 0; i < 2; i++) {
		size_t cursor = 0;

		while ((addr = plan_host_next(host, families[i],
		    &cursor)) != NULL)
			if (plan_addr_is_self(addr, host->port, self))
				return true;
	}
	return false;
}

size_t
plan_hosts_cut(struct plan_hosts *hosts, const struct plan_self *self,
    struct plan_host *ret_self)
{
	for (size_t i = 0; i < hosts->count; i++) {
		size_t first = i, dropped;

		if (!plan_host_is_self(&hosts->items[i], self))
			continue;
		*ret_self = hosts->items[i];
		while (first > 0 &&
		    hosts->items[first - 1].group == ret_self->group)
			first--;
		dropped = hosts->count - first;
		hosts->count = first;
		return dropped;
	}
	return 0;
}
