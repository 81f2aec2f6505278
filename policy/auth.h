/* SPDX-License-Identifier: ISC */
#ifndef POLICY_AUTH_H
#define POLICY_AUTH_H

/* The words of policy/auth.msg. */

enum spf_result {		/* RFC 7208 2.6 */
	SPF_RESULT_NONE,
	SPF_RESULT_NEUTRAL,
	SPF_RESULT_PASS,
	SPF_RESULT_FAIL,
	SPF_RESULT_SOFTFAIL,
	SPF_RESULT_TEMPERROR,
	SPF_RESULT_PERMERROR,
};

enum dkim_result {		/* RFC 8601 2.7.1 */
	DKIM_RESULT_NONE,
	DKIM_RESULT_PASS,
	DKIM_RESULT_FAIL,
	DKIM_RESULT_POLICY,	/* good, but not by our settings: l=, weak key */
	DKIM_RESULT_NEUTRAL,
	DKIM_RESULT_TEMPERROR,
	DKIM_RESULT_PERMERROR,
};

enum dmarc_result {		/* RFC 9989, RFC 8601 registry */
	DMARC_RESULT_NONE,	/* no record */
	DMARC_RESULT_PASS,
	DMARC_RESULT_FAIL,
	DMARC_RESULT_TEMPERROR,
	DMARC_RESULT_PERMERROR,
};

enum dmarc_policy {
	DMARC_POLICY_NONE,
	DMARC_POLICY_QUARANTINE,
	DMARC_POLICY_REJECT,
};

/* What the From field is; only FROM_ONE can be authenticated. */
enum from_status {
	FROM_ONE,		/* one field, one mailbox */
	FROM_MISSING,
	FROM_SEVERAL_FIELDS,
	FROM_SEVERAL_MAILBOXES,
	FROM_GROUP,
	FROM_MALFORMED,
};

#endif
