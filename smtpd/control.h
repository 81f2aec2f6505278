/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CONTROL_H
#define SMTPD_CONTROL_H

/*
 * The control socket: mx6ctl's way in (smtpd/control.msg).  Its file's mode
 * (0600) is what decides who may; a message that cannot be read closes that
 * connection and nothing else.
 */

#include <stdbool.h>
#include <uv.h>

struct control_events {
	/* Reads the configuration again; NULL or what is wrong with it. */
	const char *(*reload)(void);
};

/* Binds path, replacing a socket that nobody answers on. */
bool control_open(uv_loop_t *loop, const char *path,
    const struct control_events *events);
void control_close(void);	/* removes the socket */

#endif
