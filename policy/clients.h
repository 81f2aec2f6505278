/* SPDX-License-Identifier: ISC */
#ifndef POLICY_CLIENTS_H
#define POLICY_CLIENTS_H

/*
 * What DNS says of clients, asked for when they connect and kept for a
 * while.  A client whose name servers are slow is not waited for: after
 * CLIENTS_WAIT_MS the answers that are missing are failures.
 */

#include <uv.h>

#include "policy/answers.h"
#include "util/ipc.h"

#define CLIENTS_WAIT_MS 3000

struct clients;

struct clients *clients_new(uv_loop_t *loop, struct ipc_peer *resolver);
/* All answers that facts_of needs for this client; NULL if they must be
 * asked for.  Valid until the next call here. */
const struct answers *clients_known(struct clients *clients,
    const struct netaddr *peer);
/* Calls done once, later or at once; answers are valid until it returns. */
void clients_ask(struct clients *clients, const struct netaddr *peer,
    void (*done)(void *arg, const struct answers *answers), void *arg);

#endif
