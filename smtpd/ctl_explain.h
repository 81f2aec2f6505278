/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CTL_EXPLAIN_H
#define SMTPD_CTL_EXPLAIN_H

/* A verdict and its reasons, for mx6ctl's eyes. */

#include "policy/policy_admin_ipc.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"

void ctl_explain_show(struct report *r, const struct policy_admin_verdict *v);
/* `explain --ip`: of a message that nobody sent. */
enum ctl_exit ctl_explain_dry(struct ctl *ctl);

#endif
