/* SPDX-License-Identifier: ISC */
/* One table of words for each enum. */

#include "policy/auth_words.h"

static const char *const dkim_words[] = {
	[DKIM_RESULT_NONE] = "none",
	[DKIM_RESULT_PASS] = "pass",
	[DKIM_RESULT_FAIL] = "fail",
	[DKIM_RESULT_POLICY] = "policy",
	[DKIM_RESULT_NEUTRAL] = "neutral",
	[DKIM_RESULT_TEMPERROR] = "temperror",
	[DKIM_RESULT_PERMERROR] = "permerror",
};

static const char *const dmarc_words[] = {
	[DMARC_RESULT_NONE] = "none",
	[DMARC_RESULT_PASS] = "pass",
	[DMARC_RESULT_FAIL] = "fail",
	[DMARC_RESULT_TEMPERROR] = "temperror",
	[DMARC_RESULT_PERMERROR] = "permerror",
};

static const char *const policy_words[] = {
	[DMARC_POLICY_NONE] = "none",
	[DMARC_POLICY_QUARANTINE] = "quarantine",
	[DMARC_POLICY_REJECT] = "reject",
};

const char *
dkim_result_word(enum dkim_result result)
{
	return dkim_words[result];
}

const char *
dmarc_result_word(enum dmarc_result result)
{
	return dmarc_words[result];
}

const char *
dmarc_policy_word(enum dmarc_policy policy)
{
	return policy_words[policy];
}
