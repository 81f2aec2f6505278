/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_LOCAL_WORKER_H
#define QUEUE_LOCAL_WORKER_H

/*
 * The other mode of mx6d-local: a process that the parent started as the
 * owner of mailboxes, serving queue/mailuser.msg on descriptor 3.
 *
 *	start --open--> LOCKED (landlock on one directory, seccomp) --store-->
 *	any --channel closed--> exit
 */

/* Returns the exit status. */
int local_worker_main(void);

#endif
