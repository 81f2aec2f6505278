/* SPDX-License-Identifier: ISC */
#ifndef POLICY_AUTH_IPC_H
#define POLICY_AUTH_IPC_H

/* The calls of policy/auth.msg as C: see util/ipc_expand.h. */

#define IPC_NAME auth
#define IPC_FILE "policy/auth.msg"
#include "util/ipc_expand.h"

#endif
