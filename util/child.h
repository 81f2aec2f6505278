/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CHILD_H
#define UTIL_CHILD_H

/*
 * The life of a child of mx6d, the same for all of them:
 *
 *	exec	descriptor 3 is the channel to the parent
 *	first	the `configure` call of util/child.msg, read as the parent's user
 *	prepare	what needs files or root: certificates, CA bundle, libunbound
 *	lock	chroot, user, no_new_privs, limits (util/sandbox.h)
 *	start	databases below the chroot are opened, timers set
 *	filter	landlock and seccomp are in force from here
 *	run	libuv loop: channels come in, calls are served
 *	stop	the parent's `stop` call, or the parent is gone
 */

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "util/config.h"
#include "util/ipc.h"
#include "util/sandbox.h"

enum process_kind {
	PROCESS_PARENT,
	PROCESS_SMTP,
	PROCESS_POLICY,
	PROCESS_RESOLVER,
	PROCESS_QUEUE,
	PROCESS_DELIVER,
	PROCESS_LOCAL,
	PROCESS_AUTH,
	PROCESS_FILTER,
	PROCESS_OPERATOR,	/* mx6ctl */
	PROCESS_KINDS,
};

/* What the parent passed with the configuration; -1 where nothing came.
 * Descriptors are closed after prepare, except shared. */
struct child_files {
	int	certificate;
	int	key;
	int	zone;
	int	shared;
};

struct child {
	uv_loop_t	*loop;
	struct config	*config;	/* replaced by a reload */
	uint32_t	 index;		/* 0 to count - 1 */
	uint32_t	 count;
};

struct child_spec {
	const char			*name;	/* "queue": log lines, mx6d-NAME */
	enum process_kind		 kind;
	enum sandbox_kind		 sandbox;
	/* Services offered to each kind of process; NULL where none. */
	const struct ipc_service	*serves[PROCESS_KINDS];
	/* Kinds that this program asks; it gets a peer for each of them. */
	bool				 asks[PROCESS_KINDS];

	/* Any of these may be NULL.  prepare and start return false after
	 * they have logged why; the process then ends with status 1. */
	bool (*prepare)(struct child *, const struct child_files *);
	bool (*start)(struct child *);
	/* A new configuration is in child->config; `old` is freed afterwards.
	 * files as in prepare (certificate and key may be new). */
	void (*reload)(struct child *, const struct config *old,
	    const struct child_files *);
	void (*listener)(struct child *, const char *address,
	    enum listener_role role, int socket_fd, bool close_it);
	void (*lists_changed)(struct child *);
	/* Take nothing new; call child_exit when done, which is called in any
	 * case when the parent's time is over.  NULL: exit at once. */
	void (*stop)(struct child *);
};

/* Runs the child; returns its exit status. */
int child_main(int argc, char **argv, const struct child_spec *spec);
/* The peer for processes of a kind: of the one that this process was given
 * (policy and smtp processes are paired by number). */
struct ipc_peer *child_peer(enum process_kind kind);
/* Ends the loop; child_main then returns. */
void child_exit(struct child *child);

#endif
