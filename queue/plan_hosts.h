/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_PLAN_HOSTS_H
#define QUEUE_PLAN_HOSTS_H

/*
 * The hosts that one SRV or MX answer names, in the order to try them, and
 * their addresses.  A part of queue/plan.c.
 */

#include "queue/plan.h"

struct plan_host {
	const char			*name;	/* in the answer that named it */
	uint16_t			 port;
	uint32_t			 group;	/* priority or preference */
	uint32_t			 weight;
	const struct plan_answer	*a;
	const struct plan_answer	*aaaa;
};

struct plan_hosts {
	struct plan_host	items[PLAN_RECORDS_MAX];
	size_t			count;
};

typedef uint32_t plan_pick(void *arg, uint32_t below);

/* Adds a host; PLAN_RECORDS_MAX at most. */
void plan_hosts_add(struct plan_hosts *hosts, const struct plan_host *host);
/* By priority, within one by weighted chance (RFC 2782); then at most
 * PLAN_HOSTS_MAX are kept. */
void plan_hosts_order_srv(struct plan_hosts *hosts, plan_pick *pick, void *arg);
/* By preference, within one by equal chance (RFC 5321 5.1). */
void plan_hosts_order_mx(struct plan_hosts *hosts, plan_pick *pick, void *arg);

/* The next address of a family: *cursor is 0 at first.  NULL at the end.
 * A mapped address in an AAAA record is IPv4; unspecified ones are left out. */
const struct netaddr *plan_host_next(const struct plan_host *host,
    enum netaddr_family family, size_t *cursor);
bool plan_host_has(const struct plan_host *host, enum netaddr_family family);
/* Is this host ourselves? */
bool plan_host_is_self(const struct plan_host *host,
    const struct plan_self *self);
bool plan_addr_is_self(const struct netaddr *addr, uint16_t port,
    const struct plan_self *self);
/* The first host that is ourselves, and all of its group and worse ones, are
 * dropped (RFC 5321 5.1).  The number dropped; *ret_self is that host. */
size_t plan_hosts_cut(struct plan_hosts *hosts, const struct plan_self *self,
    struct plan_host *ret_self);

#endif
