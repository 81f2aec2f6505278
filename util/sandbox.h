/* SPDX-License-Identifier: ISC */
#ifndef UTIL_SANDBOX_H
#define UTIL_SANDBOX_H

/*
 * All that takes rights away: chroot, users, no_new_privs, limits, landlock
 * and seccomp.  What a kind of process may still do is one row of the table
 * in sandbox.c, and nothing else in the project knows system call names.
 */

#include <stdbool.h>

enum sandbox_kind {
	SANDBOX_SMTP,		/* accepts, reads and writes sockets it has */
	SANDBOX_POLICY,		/* files below its own directory */
	SANDBOX_RESOLVER,	/* sockets to port 53 */
	SANDBOX_QUEUE,		/* files below its own directory */
	SANDBOX_DELIVER,	/* outgoing connections */
	SANDBOX_LOCAL,		/* only descriptors it is given */
	SANDBOX_MAILUSER,	/* files as one user, no sockets */
	SANDBOX_AUTH,		/* nothing but the channels it has */
	SANDBOX_FILTER,		/* only descriptors it is given */
};

/*
 * First half, as root or not: with `privileged`, chroot to root_directory
 * and become user; always no_new_privs, not dumpable, limits.  Then "/" is
 * root_directory if privileged; without privileges the process only changes
 * to that directory, and landlock alone keeps it there.
 */
bool sandbox_enter(enum sandbox_kind kind, const char *root_directory,
    const char *user, bool privileged);
/* Second half, when everything is open: landlock and seccomp.  A system call
 * outside the list kills the process. */
bool sandbox_lock(enum sandbox_kind kind);

#endif
