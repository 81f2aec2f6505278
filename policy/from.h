/* SPDX-License-Identifier: ISC */
#ifndef POLICY_FROM_H
#define POLICY_FROM_H

/*
 * The author of a message (RFC 5322 3.6.2, RFC 6532 for UTF-8), where there
 * is exactly one: one From field with one mailbox.  Stricter than a reader of
 * mail, on purpose: what two readers might read differently is malformed,
 * and nothing malformed is ever authenticated.
 */

#include "policy/auth.h"
#include "policy/header.h"
#include "util/mailaddr.h"

#define FROM_VALUE_MAX	8192	/* octets of the field */

/* *ret_from is set if the answer is FROM_ONE.  *ret_why, if not NULL, is a
 * static text for people, "" for FROM_ONE. */
enum from_status from_extract(const struct header *header,
    struct mailaddr *ret_from, const char **ret_why);
/* The same of one field's value. */
enum from_status from_parse(const char *value, size_t n,
    struct mailaddr *ret_from, const char **ret_why);

#endif
