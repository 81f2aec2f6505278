/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_QUEUE_WORDS_H
#define QUEUE_QUEUE_WORDS_H

/* The words of the .msg files of this folder. */

enum queue_status {
	QUEUE_OK,		/* on disk */
	QUEUE_FULL,		/* 452 4.3.1: no room */
	QUEUE_TROUBLE,		/* 451 4.3.0: could not be written */
};

enum queue_state {
	STATE_ANY,		/* only as a filter */
	STATE_WAITING,		/* until due_at */
	STATE_ACTIVE,		/* handed to deliver or local */
	STATE_HELD,		/* by the operator */
	STATE_DAMAGED,		/* set aside: could not be read back */
};

enum queue_action {
	ACTION_RETRY = 1,	/* due now */
	ACTION_HOLD,
	ACTION_RELEASE,
	ACTION_REMOVE,		/* without a bounce */
};

enum deliver_outcome {
	OUTCOME_DELIVERED,
	OUTCOME_FAILED,		/* permanent: bounce */
	OUTCOME_DEFERRED,	/* try later */
	OUTCOME_PUSHED_BACK,	/* MX6: hand out again at once, IPv4 only */
	OUTCOME_UNCERTAIN,	/* lost after the final dot: try later, not now */
};

/* How a result was reached. */
enum deliver_via {
	VIA_NONE,
	VIA_MX6_IPV6,		/* an address of the SRV record */
	VIA_MX6_IPV4,
	VIA_MX_IPV6,
	VIA_MX_IPV4,
	VIA_ROUTE,		/* a configured route */
	VIA_LMTP,
};

/* What the queue demands of an attempt. */
enum deliver_family {
	DELIVER_ANY,		/* all of MX6.md's sender */
	DELIVER_IPV4_ONLY,	/* pushed back before: IPv4 is authoritative */
	DELIVER_IPV4_FIRST,	/* it pushes back too often: no SRV over IPv6 now */
	DELIVER_IPV4_UNLESS_NONE, /* forwarded: IPv6 only where there is no IPv4 */
};

/* The text of a message in a spool file begins here, so that the fields that
 * the verdict adds are written right before it and nothing is moved. */
#define SPOOL_ROOM	(64 * 1024)
/* Or somewhat later, where fields of its header section were taken out. */
#define SPOOL_START_MAX	(1024 * 1024)

#endif
