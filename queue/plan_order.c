/* SPDX-License-Identifier: ISC */
/*
 * From hosts in order to addresses in order.  What the queue demands of an
 * attempt is one row of the table: which pieces of the whole follow each
 * other, and when the pieces after the bar are added.
 *
 *	demand		pieces
 *	any		SRV (IPv6, IPv4 in each priority)  MX (the same)
 *	ipv4 only	IPv4 of the pushing host  SRV IPv4  MX IPv4
 *	ipv4 first	SRV IPv4  MX IPv4  MX IPv6 | SRV IPv6 if no IPv4 exists
 *	unless none	SRV IPv4  MX IPv4 | SRV  MX if no IPv4 exists
 */

#include <string.h>

#include "queue/plan_work.h"
#include "util/xalloc.h"

static bool
family_usable(const struct plan_work *w, enum netaddr_family family)
{
	return family == NETADDR_IPV6 ? w->ipv6 : w->ipv4;
}

static bool
is_there(const struct plan *p, const struct netaddr *addr)
{
	for (size_t i = 0; i < p->candidate_count; i++)
		if (netaddr_compare(&p->candidates[i].addr, addr) == 0 &&
		    p->candidates[i].addr.port == addr->port)
			return true;
	return false;
}

void
plan_add_candidate(struct plan_work *w, const struct plan_candidate *candidate)
{
	struct plan *p = w->plan;

	if (candidate->addr.family != NETADDR_NONE &&
	    is_there(p, &candidate->addr))
		return;
	p->candidates = xreallocarray(p->candidates, p->candidate_count + 1,
	    sizeof *p->candidates);
	p->candidates[p->candidate_count] = *candidate;
	p->candidates[p->candidate_count].host = xstrdup(candidate->host);
	p->candidate_count++;
}

static const char *
reason(enum deliver_via via, enum deliver_family demand)
{
	switch (via) {
	case VIA_MX6_IPV6:
		return "IPv6 address of an MX6 target";
	case VIA_MX6_IPV4:
		return demand == DELIVER_IPV4_ONLY ?
		    "IPv4 address of an MX6 target, after a push-back" :
		    "IPv4 address of an MX6 target";
	case VIA_MX_IPV6:
		return "IPv6 address of an MX host";
	case VIA_MX_IPV4:
		return demand == DELIVER_IPV4_ONLY ?
		    "IPv4 address of an MX host, after a push-back" :
		    "IPv4 address of an MX host";
	case VIA_ROUTE:
		return "the configuration has a route for this destination";
	case VIA_LMTP:
		return "the configuration names this LMTP server";
	case VIA_NONE:
		break;
	}
	return "";
}

/* An address that the SRV record names may push back, however it was found
 * (MX6 sender 3.). */
static bool
srv_names(const struct plan_work *w, const struct netaddr *addr,
    uint16_t port)
{
	for (size_t i = 0; i < w->srv.count; i++) {
		const struct plan_host *host = &w->srv.items[i];
		const struct netaddr *own;
		size_t cursor = 0;

		while ((own = plan_host_next(host, NETADDR_IPV6, &cursor)) !=
		    NULL)
			if (host->port == port && netaddr_equal(own, addr))
				return true;
	}
	return false;
}

static void
add_family(struct plan_work *w, const struct plan_host *host,
    enum netaddr_family family, enum deliver_via via)
{
	const struct netaddr *addr;
	size_t cursor = 0;

	if (!family_usable(w, family))
		return;
	while ((addr = plan_host_next(host, family, &cursor)) != NULL) {
		enum deliver_via found = via == VIA_MX_IPV6 &&
		    srv_names(w, addr, host->port) ? VIA_MX6_IPV6 : via;
		struct plan_candidate c = {
			.host = (char *)(uintptr_t)host->name,
			.addr = *addr,
			.via = found,
			.fallback_meant = found == VIA_MX6_IPV6,
			.group = host->group,
			.why = reason(found, w->ask->demand),
		};

		c.addr.port = host->port;
		plan_add_candidate(w, &c);
	}
}

static void
add_all(struct plan_work *w, const struct plan_hosts *hosts,
    enum netaddr_family family, enum deliver_via via)
{
	for (size_t i = 0; i < hosts->count; i++)
		add_family(w, &hosts->items[i], family, via);
}

/* Within one priority all IPv6 addresses before all IPv4 ones. */
static void
add_groups(struct plan_work *w, const struct plan_hosts *hosts,
    enum deliver_via ipv6_via, enum deliver_via ipv4_via)
{
	for (size_t i = 0, end; i < hosts->count; i = end) {
		for (end = i; end < hosts->count && hosts->items[end].group ==
		    hosts->items[i].group; end++)
			add_family(w, &hosts->items[end], NETADDR_IPV6,
			    ipv6_via);
		for (size_t j = i; j < end; j++)
			add_family(w, &hosts->items[j], NETADDR_IPV4,
			    ipv4_via);
	}
}

static void
add_everything(struct plan_work *w)
{
	add_groups(w, &w->srv, VIA_MX6_IPV6, VIA_MX6_IPV4);
	add_groups(w, &w->mx, VIA_MX_IPV6, VIA_MX_IPV4);
}

/* MX6 sender 3.: the same target, the other targets, the MX hosts. */
static void
add_ipv4(struct plan_work *w)
{
	const char *first = w->ask->pushed_by;

	for (size_t i = 0; first != NULL && i < w->srv.count; i++)
		if (strcmp(w->srv.items[i].name, first) == 0)
			add_family(w, &w->srv.items[i], NETADDR_IPV4,
			    VIA_MX6_IPV4);
	add_all(w, &w->srv, NETADDR_IPV4, VIA_MX6_IPV4);
	add_all(w, &w->mx, NETADDR_IPV4, VIA_MX_IPV4);
}

/* A lookup that failed may hide an IPv4 address. */
static bool
ipv4_is_unknown(const struct plan_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (hosts->items[i].a->status >= DNS_FAILED)
			return true;
	return false;
}

static bool
no_ipv4_exists(const struct plan_work *w)
{
	return w->plan->candidate_count == 0 &&
	    w->mx_answer->status < DNS_FAILED && (w->srv_answer == NULL ||
	    w->srv_answer->status < DNS_FAILED) &&
	    !ipv4_is_unknown(&w->srv) && !ipv4_is_unknown(&w->mx);
}

void
plan_order(struct plan_work *w)
{
	switch (w->ask->demand) {
	case DELIVER_ANY:
		add_everything(w);
		break;
	case DELIVER_IPV4_ONLY:
		add_ipv4(w);
		break;
	case DELIVER_IPV4_FIRST:
		add_ipv4(w);
		if (no_ipv4_exists(w))
			add_everything(w);
		else
			add_all(w, &w->mx, NETADDR_IPV6, VIA_MX_IPV6);
		break;
	case DELIVER_IPV4_UNLESS_NONE:
		add_ipv4(w);
		if (!w->ipv4 || no_ipv4_exists(w))
			add_everything(w);
		break;
	}
}

void
plan_order_host(struct plan_work *w, const struct plan_host *host,
    enum deliver_via via)
{
	enum deliver_family demand = w->ask->demand;

	if (demand == DELIVER_ANY)
		add_family(w, host, NETADDR_IPV6, via);
	add_family(w, host, NETADDR_IPV4, via);
	if (demand == DELIVER_IPV4_FIRST || (w->plan->candidate_count == 0 &&
	    (!w->ipv4 || host->a->status < DNS_FAILED)))
		add_family(w, host, NETADDR_IPV6, via);
}

static size_t
first_ipv4(const struct plan *p)
{
	size_t i = 0;

	while (i < p->candidate_count &&
	    p->candidates[i].addr.family != NETADDR_IPV4)
		i++;
	return i;
}

/* MX6 sender 7.: an attempt never ends without IPv4 where that exists. */
void
plan_order_limit(struct plan_work *w)
{
	struct plan *p = w->plan;
	size_t most = w->ask->config->addresses_max;
	size_t ipv4 = first_ipv4(p);

	if (p->candidate_count <= most)
		return;
	if (ipv4 >= most && ipv4 < p->candidate_count) {
		struct plan_candidate c = p->candidates[ipv4];

		p->candidates[ipv4] = p->candidates[most - 1];
		p->candidates[most - 1] = c;
	}
	while (p->candidate_count > most) {
		struct plan_candidate *c =
		    &p->candidates[--p->candidate_count];
		char text[NETADDR_TEXT_SIZE];

		plan_note(w, "skip", netaddr_format_port(&c->addr, text),
		    c->host, "beyond addresses-max");
		free(c->host);
	}
}
