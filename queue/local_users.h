/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_LOCAL_USERS_H
#define QUEUE_LOCAL_USERS_H

/*
 * The processes that store mail, one for each owner and directory:
 *
 *	IN LINE --place free, parent asked--> STARTING --channel--> RUNNING
 *	RUNNING --idle for 10 s, or its place is wanted--> gone
 *	STARTING, RUNNING --refused, died--> gone, its calls answered
 *
 * Calls made before RUNNING wait in the ipc_peer.
 */

#include <uv.h>

#include "queue/local_ipc.h"

/* parent: where privileged.msg is served. */
void local_users_init(uv_loop_t *loop, struct ipc_peer *parent);
/* Takes over a call of local.msg and answers it; ask as serve_local_store
 * got it. */
void local_users_store(struct ipc_call *call,
    const struct local_store_ask *ask);

#endif
