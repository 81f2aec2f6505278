/* SPDX-License-Identifier: ISC */
#ifndef POLICY_AUTH_WORDS_H
#define POLICY_AUTH_WORDS_H

/* The values of policy/auth.h as the words that fields and records use.
 * spf_result_word is in policy/spf.h. */

#include "policy/auth.h"

/* "pass", "policy": RFC 8601 2.7.1. */
const char *dkim_result_word(enum dkim_result result);
/* "pass", "temperror": RFC 9989's registry. */
const char *dmarc_result_word(enum dmarc_result result);
/* "none", "quarantine", "reject". */
const char *dmarc_policy_word(enum dmarc_policy policy);

#endif
