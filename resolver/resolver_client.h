/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_RESOLVER_CLIENT_H
#define RESOLVER_RESOLVER_CLIENT_H

/*
 * How policy and deliver ask DNS.  A question always ends in one answer with
 * a status: a resolver that died is asked once more after its restart, and
 * what goes wrong with the call itself is DNS_FAILED like any other failure.
 */

#include <stdint.h>

#include "resolver/dns.h"
#include "resolver/resolver_ipc.h"

/* The answer is valid until this returns. */
typedef void resolver_client_done(void *arg,
    const struct resolver_lookup_answer *answer);

/*
 * name: A-labels, lower case, no final dot.  After timeout_ms the answer is
 * DNS_FAILED.  done is never called before this returns, and exactly once.
 */
void resolver_client_lookup(struct ipc_peer *peer, enum dns_type type,
    const char *name, uint32_t timeout_ms, resolver_client_done *done,
    void *arg);

/* "MX", "NXDOMAIN": for logs and people; "?" if unknown. */
const char *resolver_client_type_name(enum dns_type type);
const char *resolver_client_status_name(enum dns_status status);

#endif
