/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_RESOLVER_IPC_H
#define RESOLVER_RESOLVER_IPC_H

/* The calls of resolver/resolver.msg as C: see util/ipc_expand.h. */

#define IPC_NAME resolver
#define IPC_FILE "resolver/resolver.msg"
#include "util/ipc_expand.h"

#endif
