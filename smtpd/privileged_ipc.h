/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_PRIVILEGED_IPC_H
#define SMTPD_PRIVILEGED_IPC_H

/* The calls of smtpd/privileged.msg as C: see util/ipc_expand.h. */

#define IPC_NAME privileged
#define IPC_FILE "smtpd/privileged.msg"
#include "util/ipc_expand.h"

#endif
