/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SUPERVISE_H
#define SMTPD_SUPERVISE_H

/*
 * Starting the children, wiring them to each other, and starting them again.
 *
 *	DOWN --spawn--> STARTING --configure answered--> READY --exit--> DOWN
 *	  ^                 |                                              |
 *	  +----back-off-----+----------------------------------------------+
 *
 * When a process becomes READY, it gets a channel for each edge of the table
 * in procs.c whose other end is READY too, and so does that end.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "smtpd/procs.h"

enum process_state {
	PROCESS_DOWN,
	PROCESS_STARTING,
	PROCESS_READY,
};

struct process {
	const struct process_row	*row;
	uint32_t			 index;
	uint32_t			 count;		/* of its kind */
	enum process_state		 state;
	pid_t				 pid;
	uint64_t			 started_at;	/* unix seconds */
	uint32_t			 restarts;
	uint32_t			 backoff_ms;
	struct ipc_peer			*peer;		/* child.msg */
	uv_process_t			*handle;
	uv_timer_t			*timer;
};

/* What every child is given; kept by the parent for those it starts again. */
struct supply {
	char	*text;			/* the configuration */
	size_t	 text_size;
	char	*certificate, *key, *zone;
	size_t	 certificate_size, key_size, zone_size;
	int	 shared_fd;
	bool	 privileged;
};

struct supervisor_events {
	/* A process became READY, its channels are on their way. */
	void (*ready)(struct process *p);
	/* All are READY for the first time. */
	void (*all_ready)(void);
	/* One could not even start the first time; it has logged why. */
	void (*hopeless)(const struct process *p);
	/* After supervise_stop: no process is left. */
	void (*all_gone)(void);
};

/* spawn_init comes first. */
void supervise_start(uv_loop_t *loop, const struct config *config,
    struct supply *supply,
    const struct supervisor_events *events);
/* Sends the supply's new text to all; `restart_resolver` where only a new
 * process can take it. */
void supervise_reload(bool restart_resolver);
/* Asks all to finish within the time, then kills. */
void supervise_stop(uint32_t within_ms);
/* NULL beyond the last. */
struct process *supervise_at(size_t i);
struct process *supervise_find(const char *name, uint32_t index);
/* Logs a call of child.msg that failed: what p was not given or told. */
void supervise_told(const struct process *p, enum ipc_status status,
    const char *what);

#endif
