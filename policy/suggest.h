/* SPDX-License-Identifier: ISC */
#ifndef POLICY_SUGGEST_H
#define POLICY_SUGGEST_H

/*
 * Suggestions for the greenlist, followed without a person.  Never to have
 * come back is no merit, for spammers do not retry either: so only for an
 * authenticated From domain of which something good is known from elsewhere,
 * a history over IPv4 that would be `history-good` and holds nothing bad, or
 * a place in the book of another recipient.  What the rule adds only brings
 * mail to the content filter; it is marked, expires, and is bounded a day.
 */

#include "policy/history_store.h"
#include "policy/lists.h"

struct suggest_settings {
	uint64_t	good_messages;	/* as history-good-messages */
	uint64_t	good_percent;	/* as history-good-percent */
	uint64_t	per_day;	/* domains */
	uint64_t	keep_s;		/* until the row expires */
};

enum suggest_answer {
	SUGGEST_YES,
	SUGGEST_TOO_FEW,	/* less than three that are lost for a day */
	SUGGEST_NO_GOOD_SIGN,
	SUGGEST_BAD_SIGN,	/* spam or refusals over IPv4 */
	SUGGEST_BEFORE,		/* a rule has added it within a year */
};

/* row: as the history suggests, so authenticated and never returned. */
enum suggest_answer suggest_decide(const struct history_suggestion *row,
    const struct suggest_settings *settings);

/*
 * Adds what may be added, in order of push-backs, and tells `added` of each;
 * domains that are greenlisted already are passed over.  LISTS_TROUBLE: one
 * of the databases failed, and nothing is lost but time.
 */
enum lists_status suggest_apply(struct history_store *history,
    struct lists *lists, const struct suggest_settings *settings,
    uint64_t now, void (*added)(void *arg,
    const struct history_suggestion *row), void *arg);

#endif
