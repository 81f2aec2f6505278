/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CTL_H
#define SMTPD_CTL_H

/*
 * What the commands of mx6ctl share: the exit codes, the command line that
 * matched, and the way to the daemon.  A command is one function; it prints
 * its result through smtpd/ctl_report.h and its errors through ctl_error.
 */

#include <stdbool.h>
#include <stdint.h>

#include "smtpd/ctl_syntax.h"
#include "util/config.h"
#include "util/ipc.h"

enum ctl_exit {
	CTL_DONE = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
	CTL_NOT_RUNNING = 3,
	CTL_NOTHING = 4,	/* nothing matched */
};

#define CTL_TIMEOUT_MS		15000
#define CTL_DEFAULT_CONFIG	"/etc/mx6d/mx6d.conf"

struct ctl {
	bool			 json;
	const char		*socket;	/* NULL: the configuration's */
	const char		*config_path;
	struct config		*config;	/* NULL until it is asked for */
	int			 control_fd;	/* -1 until it is asked for */
	int			 what;		/* the command's own variant */
	struct ctl_values	 values;
};

/* A line on standard error that says what is wrong and what to do. */
void ctl_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The configuration; NULL after saying why. */
const struct config *ctl_config(struct ctl *ctl);
/* The channel to the parent.  Not CTL_DONE: said already. */
enum ctl_exit ctl_control(struct ctl *ctl, int *ret_fd);
/* The same, but without a word if there is no daemon to speak to. */
bool ctl_control_quietly(struct ctl *ctl, int *ret_fd);
/* A channel to a process for its *_admin calls ("queue", 0).  The caller
 * closes it. */
enum ctl_exit ctl_connect(struct ctl *ctl, const char *process, uint32_t index,
    int *ret_fd);
/* CTL_DONE if status is IPC_OK; else says what became of the call. */
enum ctl_exit ctl_answered(enum ipc_status status);
/* The same where the answer is an error text, "" for none. */
enum ctl_exit ctl_answered_error(enum ipc_status status, const char *error);

/* The commands.  ctl->what tells apart those that share a function. */
enum ctl_exit ctl_status(struct ctl *ctl);
enum ctl_exit ctl_queue_list(struct ctl *ctl);
enum ctl_exit ctl_queue_show(struct ctl *ctl);
enum ctl_exit ctl_queue_act(struct ctl *ctl);	/* what: enum queue_action */
enum ctl_exit ctl_destinations(struct ctl *ctl);
enum ctl_exit ctl_list_add(struct ctl *ctl);	/* what: enum lists_table */
enum ctl_exit ctl_list_remove(struct ctl *ctl);
enum ctl_exit ctl_list_show(struct ctl *ctl);
enum ctl_exit ctl_list_import(struct ctl *ctl);
enum ctl_exit ctl_list_export(struct ctl *ctl);
enum ctl_exit ctl_book_import(struct ctl *ctl);
enum ctl_exit ctl_route(struct ctl *ctl);
enum ctl_exit ctl_trace(struct ctl *ctl);
enum ctl_exit ctl_pushback_list(struct ctl *ctl);
enum ctl_exit ctl_pushback_senders(struct ctl *ctl);
enum ctl_exit ctl_pushback_guesses(struct ctl *ctl);
enum ctl_exit ctl_greenlist_suggest(struct ctl *ctl);
enum ctl_exit ctl_explain(struct ctl *ctl);
enum ctl_exit ctl_simulate(struct ctl *ctl);
enum ctl_exit ctl_log_level(struct ctl *ctl);
enum ctl_exit ctl_listener(struct ctl *ctl);
enum ctl_exit ctl_reload(struct ctl *ctl);

#endif
