/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CONTROL_IPC_H
#define SMTPD_CONTROL_IPC_H

/* The calls of smtpd/control.msg as C: see util/ipc_expand.h. */

#define IPC_NAME control
#define IPC_FILE "smtpd/control.msg"
#include "util/ipc_expand.h"

#endif
