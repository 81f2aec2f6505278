/* SPDX-License-Identifier: ISC */
#ifndef POLICY_HISTORY_IPC_H
#define POLICY_HISTORY_IPC_H

/* The calls of policy/history.msg as C: see util/ipc_expand.h. */

#define IPC_NAME history
#define IPC_FILE "policy/history.msg"
#include "util/ipc_expand.h"

#endif
