/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_WIRING_H
#define SMTPD_WIRING_H

#include "smtpd/supervise.h"

/*
 * The channels of a process that has just become READY: one for each edge of
 * the table in procs.c whose other end is READY too.  Both ends are told; where
 * descriptors run short, again every second.
 */
void wiring_connect(uv_loop_t *loop, struct process *fresh);

#endif
