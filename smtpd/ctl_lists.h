/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CTL_LISTS_H
#define SMTPD_CTL_LISTS_H

/* What the commands that work on the lists share. */

#include "policy/lists.h"
#include "smtpd/ctl.h"

/* The database that the configuration names; NULL after saying why. */
struct lists *ctl_lists_open(struct ctl *ctl);
/* Tells the daemon, if there is one, that the lists have changed. */
void ctl_lists_tell(struct ctl *ctl);

#endif
