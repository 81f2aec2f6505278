/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_SETUP_H
#define QUEUE_SETUP_H

/*
 * What mx6d-deliver works with, out of one configuration: our name, our
 * addresses, time-outs, TLS.  A reload makes a new one; sessions hold on to
 * the one they began with.
 */

#include <stdbool.h>
#include <stdint.h>

#include "queue/client.h"
#include "queue/plan.h"
#include "util/config.h"
#include "util/conn.h"
#include "util/netaddr.h"

struct setup {
	unsigned		 refs;
	char			*hostname;
	struct client_settings	 client;
	char			**codes;	/* of client.fallback_codes */
	struct plan_self	 self;
	const char		*self_name;	/* for self.names */
	char			 own_name[DOMAIN_SIZE];	/* hostname, canonical */
	struct netaddr		*self_addrs;
	struct netaddr		 source_ipv4;	/* family none: any */
	struct netaddr		 source_ipv6;
	uint32_t		 timeout_connect_ms;
	uint64_t		 connection_idle_ms;
	uint32_t		 connection_messages;
};

/* One reference is the caller's. */
struct setup *setup_new(const struct config *config);
struct setup *setup_hold(struct setup *setup);
struct setup *setup_drop(struct setup *setup);	/* returns NULL */

/* Once, while files may be opened: the addresses of this machine, and TLS;
 * ca_file is read only if verify.  false after logging why. */
bool setup_prepare(const char *ca_file, bool verify);
/* NULL if verified sessions were not prepared for. */
struct conn_tls *setup_tls(bool verify);
/* Does any setting demand verified TLS? */
bool setup_verifies(const struct config *config);

#endif
