/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_PRIVILEGED_H
#define SMTPD_PRIVILEGED_H

/*
 * What root does for the children (smtpd/privileged.msg): two calls, both
 * answered with a descriptor and nothing else.
 *
 *	call		who	checked
 *	mail_user	local	the user exists, is neither root nor the
 *			owner of the queue or the lists, not too many
 *	lmtp_socket	deliver	the configuration names the path
 */

#include <sys/types.h>
#include <uv.h>

#include "util/child.h"

/* config is asked at each call, so that a reload takes effect. */
void privileged_init(struct config *const *config, bool privileged);
/* asker: local or deliver, and its process, which is killed if what it says
 * cannot be read. */
void privileged_serve(uv_loop_t *loop, int fd, enum process_kind asker,
    pid_t pid);

#endif
