/* SPDX-License-Identifier: ISC */
#ifndef POLICY_LISTS_VALUES_H
#define POLICY_LISTS_VALUES_H

/*
 * The columns of the lists as people write them, each brought to the one
 * form that is stored and looked up.  Each function returns NULL, or what
 * would be right; out is untouched then.
 */

#include "policy/lists.h"

typedef const char *lists_value(const char *text,
    char out[static LISTS_VALUE_SIZE]);

lists_value value_network;	/* 192.0.2.0/24, 2001:db8::/32, an address */
lists_value value_note;		/* printable text, may be empty */
lists_value value_domain;
lists_value value_transport;	/* "", maildir, relay, or an LMTP server */
lists_value value_mailbox;	/* local@domain, lower case */
lists_value value_alias;	/* the same, or @domain */
lists_value value_target;	/* any address, or @domain */
lists_value value_user;		/* a system user's name, may be empty */
lists_value value_path;		/* absolute or relative, may be empty */
lists_value value_lmtp;		/* unix:/path or host:port, may be empty */

#endif
