/* SPDX-License-Identifier: ISC */
#include "smtpd/ctl_judged.h"

#include <string.h>

/* Behind those for each recipient stands that for the message. */
static const char *
last_line(const char *reply)
{
	const char *lf = strrchr(reply, '\n');

	return lf == NULL ? reply : lf + 1;
}

bool
ctl_judged_read(const struct smtp_admin_judge_answer *answer,
    struct ctl_judged *j)
{
	const struct smtp_admin_step *last;

	if (answer->status != DRY_DONE || answer->steps_count == 0 ||
	    answer->filter > DRY_CONTENT)
		return false;
	last = &answer->steps[answer->steps_count - 1];
	*j = (struct ctl_judged){ .command = last->command,
	    .reply = last->reply, .filter = (enum dry_filter)answer->filter,
	    .accepted = last_line(last->reply)[0] == '2' &&
		strncmp(last->command, "BDAT ", 5) == 0 };
	ipc_reader_init(&j->reader, answer->explained.data,
	    answer->explained.size, NULL, 0);
	if (answer->explained.size == 0)
		return true;
	read_policy_admin_explain_answer(&j->reader, &j->explained);
	if (ipc_reader_finished(&j->reader) && j->explained.rows_count == 1) {
		j->verdict = &j->explained.rows[0];
		return true;
	}
	ipc_reader_done(&j->reader);
	return false;
}

void
ctl_judged_done(struct ctl_judged *j)
{
	ipc_reader_done(&j->reader);
}

const char *
ctl_judged_why(uint32_t status)
{
	return status == DRY_BUSY ?
	    "other messages are being judged for mx6ctl; try again" :
	    "not a question for mx6d: an empty or too large message, too many "
	    "recipients, or control characters";
}
