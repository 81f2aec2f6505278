/* SPDX-License-Identifier: ISC */
#ifndef POLICY_EXAMINE_H
#define POLICY_EXAMINE_H

/*
 * What a message says of itself, and what DNS says to that: From, DKIM,
 * DMARC, its kind.  Without I/O but for the body, which is read through a
 * function:
 *
 *	e = examine_new(&message, text, n)	the header section at least
 *	examine_dns(e, answers, need)		again until it needs nothing
 *	examine_answer(e)			once it does not
 *	examine_free(e)
 */

#include "policy/answers.h"
#include "policy/auth_ipc.h"
#include "policy/dkim.h"
#include "util/config.h"

struct examine;

struct examine_message {
	struct config *const		*config;	/* a reload changes it */
	const struct auth_message_ask	*ask;	/* texts stay until the end */
	uint64_t			 now;	/* unix seconds */
	/* Up to n octets of the message from `at` on; 0 at its end or on an
	 * error.  NULL: text is all of it. */
	size_t (*read)(void *arg, uint64_t at, void *to, size_t n);
	void				*arg;
};

/* text must stay until the end. */
struct examine *examine_new(const struct examine_message *message,
    const char *text, size_t n);
struct examine *examine_free(struct examine *e);
/* false: the questions in need come first.  need NULL: as if DNS failed. */
bool examine_dns(struct examine *e, const struct answers *answers,
    struct questions *need);
/* Valid until examine_free. */
const struct auth_message_answer *examine_answer(struct examine *e);

#endif
