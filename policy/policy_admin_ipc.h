/* SPDX-License-Identifier: ISC */
#ifndef POLICY_POLICY_ADMIN_IPC_H
#define POLICY_POLICY_ADMIN_IPC_H

/* The calls of policy/policy_admin.msg as C: see util/ipc_expand.h. */

#define IPC_NAME policy_admin
#define IPC_FILE "policy/policy_admin.msg"
#include "util/ipc_expand.h"

#endif
