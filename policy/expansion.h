/* SPDX-License-Identifier: ISC */
#ifndef POLICY_EXPANSION_H
#define POLICY_EXPANSION_H

/*
 * What the expansion of a recipient (recipients.c) has found so far, and why
 * it cannot go on.  `seen` is all that was expanded: what several aliases name
 * is delivered to once, and the work is bounded by the number of different
 * addresses.
 */

#include "policy/recipients.h"

struct expansion {
	struct lists				*lists;
	const struct recipients_settings	*settings;
	struct targets		 targets;
	void					*seen;	/* tree of texts */
	size_t					 seen_count;
	enum recipient_status			 status;
	char				*why;	/* [LISTS_WHY_SIZE] */
};

extern const char expansion_too_large[];

/* The first failure is the one that counts.  Always false. */
bool expansion_fail(struct expansion *expansion, enum recipient_status status,
    const char *why);
/* Whether a lookup found its row; trouble ends the expansion. */
bool expansion_found(struct expansion *expansion, enum lists_status status);
/* text is new: it was not expanded or delivered to before. */
bool expansion_first_time(struct expansion *expansion, const char *text);
void expansion_add_target(struct expansion *expansion, enum target_kind kind,
    const char *address);
void expansion_add_mailbox(struct expansion *expansion,
    const struct lists_mailbox *mailbox, const char *transport);
/* Its targets are the caller's. */
void expansion_done(struct expansion *expansion);

#endif
