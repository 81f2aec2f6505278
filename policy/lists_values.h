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

/* Of the lists of good signs.  "" is the default where there is one. */
lists_value value_yes;		/* yes, no; no */
lists_value value_auth;		/* aligned, spf, ...; aligned */
lists_value value_sender;	/* name@domain, or a domain */
lists_value value_green_source;	/* user, suggested; user */
lists_value value_source;	/* user, import, gathered; user */
lists_value value_count;	/* a number; 0 */
lists_value value_time;		/* 2026-11-24T08:00:00Z or a day; may be "" */
lists_value value_green_kind;	/* network, asn, ... */
lists_value value_whois;	/* unknown, good, hidden, bad; unknown */
lists_value value_asn;		/* 64500, AS64500; 0 */
lists_value value_record;	/* v=spf1 ... */
/* The value of a greenlist row of this kind. */
const char *value_green(const char *kind, const char *text,
    char out[static LISTS_VALUE_SIZE]);

#endif
