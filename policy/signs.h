/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SIGNS_H
#define POLICY_SIGNS_H

/*
 * All that the lists say about one message.  The same lookups run in the same
 * order whether they hit or miss, so that neither the reply nor its time
 * tells a sender who is in somebody's book; and books are opened only for a
 * sender that is authenticated.
 */

#include "policy/asked.h"
#include "policy/history_store.h"
#include "policy/known.h"
#include "policy/lists_signs.h"
#include "policy/verdict.h"
#include "util/buf.h"

/* Books that are opened for one message; what is beyond is not known. */
#define SIGNS_BOOKS_MAX	2000

struct signs_ask {
	struct lists			*lists;
	struct known			*known;
	const struct config		*config;
	const struct verdict_message	*message;
	const struct iprev		*iprev;
	const struct asked		*asked;	/* of providers */
	const struct history_counts	*record; /* of the authenticated domain */
	const char *const		*rcpts;
	size_t				 rcpt_count;
	uint64_t			 now_ms;
	int64_t				 now;	/* unix seconds */
};

struct signs {
	struct list_answers	 answers;
	enum list_answer	*books;		/* one a recipient */
	size_t			 opened, misses;	/* books */
};

/* reasons gets a line "fact<TAB>row" for each row that was found. */
void signs_look_up(const struct signs_ask *ask, struct signs *ret_signs,
    struct buf *reasons);
void signs_done(struct signs *signs);

#endif
