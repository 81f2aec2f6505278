/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_SERVE_H
#define QUEUE_SERVE_H

/* The engine that the serve_* functions of this process speak for. */

#include "queue/engine.h"

struct engine *serving_engine(void);
void serving_set_engine(struct engine *e);

/* The services of queue/queue.msg (arrive.c) and queue_admin.msg (admin.c). */
const struct ipc_service *arrive_service(void);
const struct ipc_service *admin_service(void);

/* admin_act.c: the act call of queue_admin.msg. */
struct queue_admin_act_ask;
void admin_act(struct ipc_call *call, const struct queue_admin_act_ask *ask);

#endif
