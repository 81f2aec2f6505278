/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CTL_JUDGED_H
#define SMTPD_CTL_JUDGED_H

/* What mx6d-smtp answered of a message that nobody sent. */

#include <stdbool.h>

#include "policy/policy_admin_ipc.h"
#include "smtpd/smtp_admin_ipc.h"
#include "smtpd/smtp_words.h"

/* Longer than all that a message may wait for. */
#define CTL_JUDGE_MS	200000

struct ctl_judged {
	const char	*command;	/* the last that was said */
	const char	*reply;		/* to it, lines parted by LF */
	bool		 accepted;	/* the message, by that reply */
	enum dry_filter	 filter;
	/* NULL: it was refused before it was judged. */
	const struct policy_admin_verdict *verdict;
	struct policy_admin_explain_answer explained;
	struct ipc_reader reader;
};

/* As long as answer is there.  false: it is no answer of ours. */
bool ctl_judged_read(const struct smtp_admin_judge_answer *answer,
    struct ctl_judged *ret_judged);
void ctl_judged_done(struct ctl_judged *judged);
/* The words of a status that is not DRY_DONE. */
const char *ctl_judged_why(uint32_t status);

#endif
