/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CONTROL_STATUS_H
#define SMTPD_CONTROL_STATUS_H

/* The answer to `mx6ctl status`: processes, listeners, the last reload. */

#include "util/config.h"

/* Both are asked at each status, so that a reload is seen. */
void control_status_init(struct config *const *config,
    const char *config_path);
/* What is shown of the last reload; "" after a good one. */
void control_status_reloaded(const char *error);

#endif
