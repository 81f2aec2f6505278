/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_LOCAL_IPC_H
#define QUEUE_LOCAL_IPC_H

/* The calls of queue/local.msg as C: see util/ipc_expand.h. */

#define IPC_NAME local
#define IPC_FILE "queue/local.msg"
#include "util/ipc_expand.h"

#endif
