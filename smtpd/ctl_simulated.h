/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CTL_SIMULATED_H
#define SMTPD_CTL_SIMULATED_H

#include "smtpd/ctl.h"
#include "smtpd/simulated.h"

/* The result of mx6ctl simulate, as text or JSON. */
void ctl_simulated_show(const struct ctl *ctl, const struct simulated *s);

#endif
