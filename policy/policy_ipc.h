/* SPDX-License-Identifier: ISC */
#ifndef POLICY_POLICY_IPC_H
#define POLICY_POLICY_IPC_H

/* The calls of policy/policy.msg as C: see util/ipc_expand.h. */

#define IPC_NAME policy
#define IPC_FILE "policy/policy.msg"
#include "util/ipc_expand.h"

#endif
