/* SPDX-License-Identifier: ISC */
#ifndef POLICY_FILTER_IPC_H
#define POLICY_FILTER_IPC_H

/* The calls of policy/filter.msg as C: see util/ipc_expand.h. */

#define IPC_NAME filter
#define IPC_FILE "policy/filter.msg"
#include "util/ipc_expand.h"

#endif
