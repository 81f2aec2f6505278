/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_DELIVER_ADMIN_H
#define QUEUE_DELIVER_ADMIN_H

/* The service of queue/deliver_admin.msg, for mx6ctl. */

#include "queue/deliver_admin_ipc.h"

const struct ipc_service *deliver_admin(void);

#endif
