/* SPDX-License-Identifier: ISC */
/*
 * Destinations that are written down: a route's host, an LMTP server, an
 * address literal.  No MX and no SRV; at most the addresses of one name.
 */

#include <stdlib.h>
#include <string.h>

#include "queue/plan_work.h"
#include "util/number.h"
#include "util/xalloc.h"

static void
add_addr(struct plan_work *w, const char *host, const struct netaddr *addr,
    enum deliver_via via, const char *why)
{
	struct plan_candidate c = {
		.host = (char *)(uintptr_t)host,
		.addr = *addr,
		.via = via,
		.why = why,
	};

	if (addr->family == NETADDR_NONE ||
	    (addr->family == NETADDR_IPV6 ? w->ipv6 : w->ipv4))
		plan_add_candidate(w, &c);
	else
		plan_end(w, PLAN_DEFER, "4.4.4",
		    "%s is in an address family that may not be used here",
		    host);
}

/* "host" or "host:port"; false if it is neither. */
static bool
split_place(const char *place, uint16_t default_port,
    char ret_host[static DOMAIN_SIZE], uint16_t *ret_port)
{
	const char *colon = strrchr(place, ':');
	size_t n = colon == NULL ? strlen(place) : (size_t)(colon - place);
	uint64_t port = default_port;

	if (colon != NULL && !number_parse(colon + 1, 1, UINT16_MAX, &port))
		return false;
	*ret_port = (uint16_t)port;
	return domain_parse(place, n, false, ret_host);
}

static void
end_without(struct plan_work *w, const struct plan_host *host)
{
	if (host->a->status >= DNS_FAILED || host->aaaa->status >= DNS_FAILED)
		plan_end(w, PLAN_DEFER, "4.4.3", "lookup of %s failed",
		    host->name);
	else
		/* The operator wrote the name: mail waits for the cure. */
		plan_end(w, PLAN_DEFER, "4.4.4",
		    "%s, named in the configuration, has no usable address",
		    host->name);
}

static void
place_host(struct plan_work *w, const char *place, uint16_t port,
    enum deliver_via via)
{
	char name[DOMAIN_SIZE];
	struct plan_host host = { .name = name };
	const struct plan_answer *a, *aaaa;

	if (!split_place(place, port, name, &host.port)) {
		plan_end(w, PLAN_DEFER, "4.3.5",
		    "%s is not host, host:port or [address]:port", place);
		return;
	}
	aaaa = plan_need(w, DNS_AAAA, name);
	a = plan_need(w, DNS_A, name);
	if (a == NULL || aaaa == NULL)
		return;
	plan_note_lookup(w, aaaa, "address of the configured host");
	plan_note_lookup(w, a, "address of the configured host");
	host.a = a;
	host.aaaa = aaaa;
	plan_order_host(w, &host, via);
	if (w->plan->candidate_count == 0)
		end_without(w, &host);
}

/* "192.0.2.1", "[192.0.2.1]:25", "[2001:db8::1]:25" and the like. */
static bool
parse_addr(const char *place, uint16_t port, struct netaddr *ret_addr)
{
	const char *close = strchr(place, ']');
	char *plain;
	bool ok;

	if (netaddr_parse_port(place, port, ret_addr))
		return true;
	if (place[0] != '[' || close == NULL || strchr(place, '.') == NULL)
		return false;
	plain = xasprintf("%.*s%s", (int)(close - place - 1), place + 1,
	    close + 1);
	ok = netaddr_parse_port(plain, port, ret_addr);
	free(plain);
	return ok;
}

void
plan_place(struct plan_work *w, const char *place, enum deliver_via via)
{
	uint16_t port = (uint16_t)w->ask->config->delivery_port;
	const char *why = via == VIA_LMTP ?
	    "the configuration names this LMTP server" :
	    "the configuration has a route for this destination";
	struct netaddr addr = { 0 };

	if (strncmp(place, "unix:", 5) == 0)
		add_addr(w, place, &addr, via, why);
	else if (parse_addr(place, port, &addr))
		add_addr(w, place, &addr, via, why);
	else
		place_host(w, place, port, via);
}

/* RFC 5321 4.1.3: "[192.0.2.1]" or "[IPv6:2001:db8::1]". */
static bool
parse_literal(const char *text, struct netaddr *ret_addr)
{
	size_t n = strlen(text);
	size_t skip = strncasecmp(text, "[IPv6:", 6) == 0 ? 6 : 1;
	char *plain;
	bool ok;

	if (n < skip + 1 || text[n - 1] != ']')
		return false;
	plain = xstrndup(text + skip, n - skip - 1);
	ok = netaddr_parse(plain, ret_addr);
	free(plain);
	return ok;
}

void
plan_literal(struct plan_work *w)
{
	const char *domain = w->ask->domain;
	struct netaddr addr = { 0 };

	if (!parse_literal(domain, &addr)) {
		plan_end(w, PLAN_FAIL, "5.1.3",
		    "%s is not an address that mail can be sent to", domain);
		return;
	}
	addr.port = (uint16_t)w->ask->config->delivery_port;
	if (plan_addr_is_self(&addr, addr.port, w->ask->self))
		plan_end(w, PLAN_FAIL, "5.4.6",
		    "mail for %s loops back to this host", domain);
	else
		add_addr(w, domain, &addr, addr.family == NETADDR_IPV6 ?
		    VIA_MX_IPV6 : VIA_MX_IPV4, "an address literal");
}
