/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_DELIVER_ADMIN_IPC_H
#define QUEUE_DELIVER_ADMIN_IPC_H

/* The calls of queue/deliver_admin.msg as C: see util/ipc_expand.h. */

#define IPC_NAME deliver_admin
#define IPC_FILE "queue/deliver_admin.msg"
#include "util/ipc_expand.h"

#endif
