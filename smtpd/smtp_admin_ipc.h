/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SMTP_ADMIN_IPC_H
#define SMTPD_SMTP_ADMIN_IPC_H

/* The calls of smtpd/smtp_admin.msg as C: see util/ipc_expand.h. */

#define IPC_NAME smtp_admin
#define IPC_FILE "smtpd/smtp_admin.msg"
#include "util/ipc_expand.h"

#endif
