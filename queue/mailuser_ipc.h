/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_MAILUSER_IPC_H
#define QUEUE_MAILUSER_IPC_H

/* The calls of queue/mailuser.msg as C: see util/ipc_expand.h. */

#define IPC_NAME mailuser
#define IPC_FILE "queue/mailuser.msg"
#include "util/ipc_expand.h"

#endif
