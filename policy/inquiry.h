/* SPDX-License-Identifier: ISC */
#ifndef POLICY_INQUIRY_H
#define POLICY_INQUIRY_H

/*
 * Asks DNS what a pure evaluation lacks: all of it at once, then the
 * evaluation runs again, until it lacks nothing.  Answers are kept for a
 * while, so the common case asks nobody.
 *
 *	inquirer_ask -> step -> "these questions" -> ask_one ... answered
 *	                 ^------------------------------------------'
 */

#include <uv.h>

#include "policy/answers.h"
#include "util/ipc.h"

struct inquirer;

/*
 * As the evaluations of policy/answers.h: false, and the questions in need
 * come first.  With true the matter is closed and arg not used any more.
 * need NULL: no more can be asked; the answer must be that DNS failed.
 */
typedef bool inquiry_step(void *arg, const struct answers *answers,
    struct questions *need);

struct inquirer *inquirer_new(uv_loop_t *loop, struct ipc_peer *resolver);
/* Calls step at once, and again as answers come.  After wait_ms the answers
 * that are missing are failures. */
void inquirer_ask(struct inquirer *inquirer, uint32_t wait_ms,
    inquiry_step *step, void *arg);

#endif
