/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SPAWN_H
#define SMTPD_SPAWN_H

/*
 * Running one of our programs: with our standard three descriptors, its
 * channel as descriptor 3, no environment.
 */

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

/* directory holds mx6d-smtp and the others; it must stay. */
void spawn_init(uv_loop_t *loop, const char *directory);
/* A child of the table.  0, or libuv's error; the handle is the caller's to
 * close in either case. */
int spawn_child(uv_process_t *handle, const char *program, int fd,
    uv_exit_cb on_exit);
/* A program under uid and gid; with as_ourselves under our own.  false and
 * errno on an error. */
bool spawn_user(const char *program, const char *argument, int fd, uid_t uid,
    gid_t gid, bool as_ourselves);
/* How many of these are alive. */
unsigned spawn_users_alive(void);
/* Called whenever one of them has ended. */
void spawn_on_user_gone(void (*gone)(void));

#endif
