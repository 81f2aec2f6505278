/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_DELIVER_IPC_H
#define QUEUE_DELIVER_IPC_H

/* The calls of queue/deliver.msg as C: see util/ipc_expand.h. */

#define IPC_NAME deliver
#define IPC_FILE "queue/deliver.msg"
#include "util/ipc_expand.h"

#endif
