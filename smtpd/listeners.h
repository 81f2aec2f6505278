/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_LISTENERS_H
#define SMTPD_LISTENERS_H

/*
 * The listening sockets.  The parent binds them and keeps them open for
 * ever, so that a restart of mx6d-smtp refuses nobody; every mx6d-smtp
 * accepts on all of them.
 */

#include "smtpd/supervise.h"

struct listener {
	struct netaddr		addr;
	enum listener_role	role;		/* in force */
	enum listener_role	configured;
	int			fd;
};

/* Opens what config names and is not open, closes what it no longer names
 * and tells the processes.  On an error nothing has changed, why says what to
 * do, and errno is the system's. */
bool listeners_apply(const struct config *config, char *why, size_t why_size);
/* All sockets to a process that has just become ready. */
void listeners_give(struct process *smtp);
/* A new role for the listener on address ("192.0.2.1:25" or without the
 * port, which is then that of the only one on it). */
bool listeners_switch(const char *address, enum listener_role role, char *why,
    size_t why_size);
const struct listener *listeners_at(size_t i);	/* NULL beyond the last */

#endif
