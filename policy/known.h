/* SPDX-License-Identifier: ISC */
#ifndef POLICY_KNOWN_H
#define POLICY_KNOWN_H

/*
 * The lists behind caches: what they said a moment ago, as long as nobody has
 * edited them.  Trouble with the lists is logged here and never kept.  Time
 * comes in as an argument.
 */

#include "policy/lists.h"
#include "policy/recipients.h"
#include "policy/verdict.h"

struct known;

struct known_recipient {
	enum recipient_status	status;
	struct targets		targets;
};

/* lists stay the caller's. */
struct known *known_new(struct lists *lists);
struct known *known_free(struct known *known);
/* Notices edits, by mx6ctl or by hand; looks at most four times a second, so
 * it may be called before each question. */
void known_check(struct known *known, uint64_t now_ms);
/* Somebody says that there was an edit, or settings have changed. */
void known_forget(struct known *known);

/* The table of last-resort SPF records has a row. */
bool known_has_best_guesses(struct known *known, uint64_t now_ms);
enum list_answer known_whitelisted(struct known *known,
    const struct netaddr *peer, uint64_t now_ms);
/* As recipients_find; valid until the next call here. */
const struct known_recipient *known_recipient(struct known *known,
    const struct recipients_settings *settings, const char *address,
    bool relay, uint64_t now_ms);

#endif
