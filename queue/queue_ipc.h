/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_QUEUE_IPC_H
#define QUEUE_QUEUE_IPC_H

/* The calls of queue/queue.msg as C: see util/ipc_expand.h. */

#define IPC_NAME queue
#define IPC_FILE "queue/queue.msg"
#include "util/ipc_expand.h"

#endif
