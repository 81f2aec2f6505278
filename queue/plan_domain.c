/* SPDX-License-Identifier: ISC */
/*
 * A mail domain: the SRV record of MX6, then MX as an ordinary MTA (MX6.md,
 * Sender, 1 and 2).  What the answers leave nothing of is told apart with
 * care here: a wrong "permanent" bounces mail, and a wrong "later" keeps it
 * for days.
 */

#include <stdio.h>
#include <string.h>

#include "queue/plan_work.h"

static bool
wants_mx6(const struct plan_ask *ask)
{
	const struct config_route *route = ask->route;

	if (!ask->config->mx6 || !ask->config->ipv4)
		return false;
	return route == NULL || (route->mx6 && route->via[0] == '\0' &&
	    route->family == FAMILY_ANY);
}

static bool
port_allowed(const struct plan_ask *ask, uint32_t port)
{
	if (port == 0 || port > UINT16_MAX)
		return false;
	return port == ask->config->delivery_port ||
	    strcmp(ask->config->mx6_ports, "any") == 0;
}

/* Why a record of the SRV answer is of no use; NULL if it is. */
static const char *
srv_fault(const struct plan_ask *ask, const struct plan_record *r)
{
	if (r->name[0] == '\0')
		return "a target of . means: no such service (RFC 2782)";
	if (strlen(r->name) > DOMAIN_MAX)
		return "the name is too long";
	if (!port_allowed(ask, r->port))
		return "the port is not the one for mail (mx6-ports)";
	return NULL;
}

static void
collect_srv(struct plan_work *w)
{
	const struct plan_answer *answer = w->srv_answer;

	if (answer == NULL)
		return;
	plan_note_lookup(w, answer, "MX6 service of the domain");
	for (size_t i = 0; i < answer->count; i++) {
		const struct plan_record *r = &answer->records[i];
		struct plan_host h = {
			.name = r->name,
			.port = (uint16_t)r->port,
			.group = r->preference,
			.weight = r->weight,
		};
		const char *fault = srv_fault(w->ask, r);

		if (fault != NULL)
			plan_note_host(w, &h, fault);
		else
			plan_hosts_add(&w->srv, &h);
	}
	plan_hosts_order_srv(&w->srv, w->ask->pick, w->ask->pick_arg);
}

/* RFC 5321 5.1: without an MX record the domain is its own host. */
static void
collect_implicit(struct plan_work *w)
{
	struct plan_host h = {
		.name = w->mx_answer->name,
		.port = (uint16_t)w->ask->config->delivery_port,
	};

	w->implicit_mx = true;
	plan_hosts_add(&w->mx, &h);
}

static void
collect_mx(struct plan_work *w)
{
	const struct plan_answer *answer = w->mx_answer;

	plan_note_lookup(w, answer, "mail servers of the domain");
	if (answer->status == DNS_NODATA)
		collect_implicit(w);
	for (size_t i = 0; i < answer->count; i++) {
		const struct plan_record *r = &answer->records[i];
		struct plan_host h = {
			.name = r->name,
			.port = (uint16_t)w->ask->config->delivery_port,
			.group = r->preference,
		};

		if (r->name[0] == '\0')
			plan_note_host(w, &h, "null MX (RFC 7505)");
		else if (strlen(r->name) <= DOMAIN_MAX)
			plan_hosts_add(&w->mx, &h);
	}
	w->null_mx = answer->status == DNS_OK && w->mx.count == 0;
	plan_hosts_order_mx(&w->mx, w->ask->pick, w->ask->pick_arg);
}

static void
cut_self(struct plan_work *w, struct plan_hosts *hosts)
{
	struct plan_host self = { 0 };

	if (plan_hosts_cut(hosts, w->ask->self, &self) == 0)
		return;
	w->self_seen = true;
	plan_note_host(w, &self,
	    "this is ourselves: its priority and worse ones are dropped");
}

/* The name of a host whose lookup failed; with a_only, only A counts. */
static const char *
failed_host(const struct plan_hosts *hosts, bool a_only)
{
	for (size_t i = 0; i < hosts->count; i++) {
		const struct plan_host *h = &hosts->items[i];

		if (h->a->status >= DNS_FAILED ||
		    (!a_only && h->aaaa->status >= DNS_FAILED))
			return h->name;
	}
	return NULL;
}

/* What failed, if that may be why there is no candidate. */
static const char *
failed_lookup(const struct plan_work *w)
{
	enum deliver_family demand = w->ask->demand;
	bool a_only = demand == DELIVER_IPV4_ONLY;
	const char *host;

	if (w->mx_answer->status >= DNS_FAILED)
		return w->mx_answer->name;
	if ((a_only || demand == DELIVER_IPV4_UNLESS_NONE) &&
	    w->srv_answer != NULL &&
	    w->srv_answer->status >= DNS_FAILED)
		return w->srv_answer->name;
	if ((host = failed_host(&w->srv, a_only)) != NULL)
		return host;
	return failed_host(&w->mx, a_only);
}

static bool
any_address(const struct plan_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		if (plan_host_has(&hosts->items[i], NETADDR_IPV4) ||
		    plan_host_has(&hosts->items[i], NETADDR_IPV6))
			return true;
	return false;
}

/* A permanent fault of the MX side, in the words of its own RFC. */
static void
fail_mx(struct plan_work *w)
{
	const char *domain = w->ask->domain;

	if (w->null_mx)
		plan_end(w, PLAN_FAIL, "5.1.10",
		    "%s accepts no mail (null MX, RFC 7505)", domain);
	else if (w->mx_answer->status == DNS_NXDOMAIN)
		plan_end(w, PLAN_FAIL, "5.1.2", "no such domain: %s", domain);
	else if (w->implicit_mx)
		plan_end(w, PLAN_FAIL, "5.1.2",
		    "%s has neither an MX record nor an address", domain);
	else
		plan_end(w, PLAN_FAIL, "5.4.4",
		    "no MX host of %s has an address", domain);
}

/* No candidate at all: for how long? */
static void
end_without(struct plan_work *w)
{
	const char *domain = w->ask->domain, *failed = failed_lookup(w);
	bool only_ipv4 = w->ask->demand == DELIVER_IPV4_ONLY;

	if (failed != NULL)
		plan_end(w, PLAN_DEFER, "4.4.3", "lookup of %s failed",
		    failed);
	else if (only_ipv4 && !w->ipv4)
		plan_end(w, PLAN_DEFER, "4.4.4", "%s pushed back to IPv4, "
		    "which is switched off here", domain);
	else if (w->self_seen && w->srv.count == 0 && w->mx.count == 0)
		plan_end(w, PLAN_FAIL, "5.4.6",
		    "mail for %s loops back to this host", domain);
	else if (only_ipv4)
		plan_end(w, PLAN_FAIL, "5.4.4", "%s asked to fall back to "
		    "IPv4, but none of its hosts has an IPv4 address", domain);
	else if (any_address(&w->srv) || any_address(&w->mx))
		plan_end(w, PLAN_DEFER, "4.4.4", "%s has no address in an "
		    "address family that may be used here", domain);
	else
		fail_mx(w);
}

static void
look_up(struct plan_work *w)
{
	char name[DOMAIN_SIZE];
	int n = snprintf(name, sizeof name, "_mx6._tcp.%s", w->ask->domain);

	if (!wants_mx6(w->ask))
		plan_note(w, "note", w->ask->domain, "no MX6 lookup",
		    "switched off, a route says so, or no IPv4 here");
	else if (n > DOMAIN_MAX)
		plan_note(w, "note", w->ask->domain, "no MX6 lookup",
		    "the name would be too long");
	else
		w->srv_answer = plan_need(w, DNS_SRV, name);
	w->mx_answer = plan_need(w, DNS_MX, w->ask->domain);
}

void
plan_domain(struct plan_work *w)
{
	look_up(w);
	if (w->plan->question_count > 0)
		return;
	collect_srv(w);
	collect_mx(w);
	plan_need_addresses(w, &w->srv);
	plan_need_addresses(w, &w->mx);
	if (w->plan->question_count > 0)
		return;
	cut_self(w, &w->srv);
	cut_self(w, &w->mx);
	w->plan->by_srv = w->srv.count > 0;
	plan_order(w);
	if (w->plan->candidate_count == 0)
		end_without(w);
}
