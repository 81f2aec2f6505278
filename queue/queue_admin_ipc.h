/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_QUEUE_ADMIN_IPC_H
#define QUEUE_QUEUE_ADMIN_IPC_H

/* The calls of queue/queue_admin.msg as C: see util/ipc_expand.h. */

#define IPC_NAME queue_admin
#define IPC_FILE "queue/queue_admin.msg"
#include "util/ipc_expand.h"

#endif
