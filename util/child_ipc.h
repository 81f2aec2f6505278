/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CHILD_IPC_H
#define UTIL_CHILD_IPC_H

/* The calls of util/child.msg as C: see util/ipc_expand.h. */

#define IPC_NAME child
#define IPC_FILE "util/child.msg"
#include "util/ipc_expand.h"

#endif
