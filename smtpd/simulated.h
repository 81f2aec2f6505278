/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SIMULATED_H
#define SMTPD_SIMULATED_H

/* What became of stored messages that were judged once more, in numbers. */

#include "smtpd/ctl_judged.h"
#include "smtpd/stored.h"
#include "smtpd/tally.h"

struct simulated {
	uint64_t	messages;	/* in all */
	uint64_t	unread[STORED_FAULTS];	/* could not be judged, by why */
	uint64_t	unanswered;	/* by mx6d, in time */
	uint64_t	ipv4;		/* had come from an IPv4 client */
	/* The judged ones. */
	uint64_t	accepted;
	uint64_t	filtered;	/* accepted if the content filter finds
					 * them clean */
	uint64_t	pushed_back;
	uint64_t	refused;	/* by a rule, or in the dialogue */
	/* Push-backs that an old message may owe to its age. */
	uint64_t	keys_gone;	/* a signature whose key is not published */
	uint64_t	trouble;	/* DNS did not answer */
	/* Keys with a tab have two columns. */
	struct tally	unread_names;	/* name, why */
	struct tally	rules;		/* outcome, rule */
	struct tally	refusals;	/* command, reply */
	struct tally	lacking;	/* rule, facts: of push-backs */
	struct tally	help;		/* commands that would have spared
					 * a push-back */
};

void simulated_fault(struct simulated *s, const char *name,
    enum stored_fault fault);
void simulated_add(struct simulated *s, const struct stored *stored,
    const struct ctl_judged *judged);
uint64_t simulated_judged(const struct simulated *s);
void simulated_done(struct simulated *s);

#endif
