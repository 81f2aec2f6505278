/* SPDX-License-Identifier: ISC */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

/* The words of policy/policy.msg. */

enum policy_iprev {		/* RFC 8601 3.  and 2.7.3 */
	IPREV_NONE,		/* no PTR record */
	IPREV_PASS,
	IPREV_FAIL,		/* the names do not lead back */
	IPREV_TEMPERROR,
};

enum target_kind {
	TARGET_REMOTE,
	TARGET_MAILDIR,
	TARGET_LMTP,
};

enum recipient_status {
	RECIPIENT_OK,
	RECIPIENT_UNKNOWN,	/* 550 5.1.1 */
	RECIPIENT_NO_RELAY,	/* 550 5.7.1: not our domain, not a client of ours */
	RECIPIENT_TROUBLE,	/* 451 4.3.0: the tables cannot be read */
	RECIPIENT_LOOP,		/* 550 5.4.6: aliases lead in a circle */
};

enum verdict_action {
	VERDICT_ACCEPT,
	VERDICT_FILTER,		/* accepted if the content filter finds it clean */
	VERDICT_FALLBACK,	/* push back, in the words of the listener's role */
	VERDICT_REJECT,
	VERDICT_DEFER,
	VERDICT_QUARANTINE,	/* accepted, marked, into the Junk folder */
};

#endif
