/* SPDX-License-Identifier: ISC */
#ifndef POLICY_GATHER_H
#define POLICY_GATHER_H

/*
 * Addressbooks that gather themselves: what a local user sends to an address
 * makes that address known to the user: a recipient as the user gave it, never
 * one that an alias leads on to.  gather_decide is the pure decision;
 * the gatherer keeps what was decided for a moment and writes it to the lists
 * in one transaction, so that no message waits for a disk.  What it holds is
 * lost in a crash: a user who writes again makes good for it.  Time comes in
 * as an argument.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/lists.h"

/* What is known of an accepted message. */
struct gather_message {
	const char	*sender;	/* MAIL FROM, "" for the null sender */
	const char	*from;		/* RFC5322.From, one mailbox; else "" */
	bool		 named_network;	/* the client is in gather-networks */
	bool		 auto_submitted;
	bool		 list;
	bool		 forwarded;	/* passed on by somebody on the way */
};

enum gather_answer {
	GATHER_YES,
	GATHER_NOT_NAMED,	/* the network is not in gather-networks */
	GATHER_NULL_SENDER,
	GATHER_OTHER_FROM,	/* From is not the sender */
	GATHER_AUTOMATIC,	/* Auto-Submitted, list or forwarded mail */
	GATHER_NOT_A_MAILBOX,	/* the sender is none of ours */
};

/* May recipients of this message enter the sender's book, if it is a mailbox
 * of ours (a row of the table mailbox)? */
enum gather_answer gather_decide(const struct gather_message *message);
/* May this recipient?  Not one in the sender's own domain, nor in another
 * domain of ours (domain_is_ours), nor an address literal. */
bool gather_recipient(const char *sender, const char *recipient,
    bool domain_is_ours);

struct gatherer;

/* lists stay the caller's. */
struct gatherer *gatherer_new(struct lists *lists);
struct gatherer *gatherer_free(struct gatherer *gatherer);	/* unwritten */
/* The mailbox has sent a message to this address (both canonical). */
void gatherer_add(struct gatherer *gatherer, const char *mailbox,
    const char *recipient, int64_t now);
/*
 * A message was accepted: adds those of its recipients that may enter the
 * sender's book.  What keeps all of them out, if anything; the lists are
 * asked last.
 */
enum gather_answer gatherer_take(struct gatherer *gatherer,
    const struct gather_message *message, const char *const *recipients,
    size_t count, int64_t now);
/*
 * The same for a message that a filter has still to see: its recipients are
 * held under the message's id until gatherer_settle says what became of it,
 * or for an hour.  Bounded in number; the oldest go first.
 */
enum gather_answer gatherer_hold(struct gatherer *gatherer, const char *id,
    const struct gather_message *message, const char *const *recipients,
    size_t count, int64_t now);
/* Of an id that is not held nothing is done. */
void gatherer_settle(struct gatherer *gatherer, const char *id, bool accepted,
    int64_t now);
/*
 * To be called about once a second: writes what has waited long enough, new
 * entries after a second, counts after a minute, and forgets what is older
 * than max_age_days (0: never).  LISTS_TROUBLE: kept, tried again later.
 */
enum lists_status gatherer_tick(struct gatherer *gatherer, int64_t now,
    unsigned max_age_days);
/* At the end: writes all. */
enum lists_status gatherer_flush(struct gatherer *gatherer);

#endif
