/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_MESSAGE_H
#define QUEUE_MESSAGE_H

/*
 * A message of the queue while it is in memory: on its way in, handed out,
 * or about to be.  Everything else is on disk only (queue/store.h).
 *
 *	message ---< parcel ---< rcpt
 *
 * A parcel is the unit of delivery: recipients of one message that share a
 * destination.  A message lives as long as a parcel or an answer needs it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <bsd/sys/tree.h>

#include "util/netaddr.h"

/*
 * Recipients are numbered below their message, so that those of one message
 * are a range of row numbers and need no index:
 *
 *	recipient id = message id << MESSAGE_RCPT_BITS | n
 */
#define MESSAGE_RCPT_BITS	20
#define MESSAGE_RCPTS_MAX	(1u << MESSAGE_RCPT_BITS)

/* Beside enum target_kind: an address whose targets policy must name first
 * (the recipient of a bounce). */
#define RCPT_UNROUTED		15

/* The destination of all RCPT_UNROUTED recipients. */
#define DESTINATION_UNROUTED	"unrouted:"

/* Length of a destination key with its NUL: the longest domain or path. */
#define DESTINATION_SIZE	1200

struct message {
	uint64_t	 id;		/* row number; 0 before it has one */
	const char	*name;		/* what logs and people call it */
	const char	*session;
	const char	*sender;	/* "" for the null sender */
	const char	*helo;
	struct netaddr	 peer;
	uint32_t	 role;		/* enum listener_role */
	uint64_t	 arrived_ms;	/* unix time in ms: MAIL FROM */
	uint64_t	 ended_ms;	/* end of data */
	uint64_t	 queued_ms;	/* handed to the store */
	uint64_t	 expires_at;	/* unix seconds */
	uint64_t	 warn_at;	/* unix seconds; 0: never, or done */
	bool		 eightbit;
	bool		 utf8;
	bool		 quarantine;
	bool		 authenticated;
	uint64_t	 size_bytes;
	uint64_t	 check;		/* message_check of an inline body */
	uint64_t	 spool_id;	/* 0: the body is inline */
	uint64_t	 spool_start;	/* offset of the body in that file */
	const uint8_t	*body;		/* inline, if in memory: free(3) */
	/* Not stored. */
	unsigned	 refs;
	unsigned	 parcels;	/* in memory now */
	unsigned	 ending;	/* of these, in the transaction under way */
	bool		 failed_some;	/* STATE_FAILED rows wait for a bounce */
	bool		 known;		/* in queue/taken.h's tree */
	RB_ENTRY(message) by_id;
};

/* How the last attempt at a recipient ended; texts in one block. */
struct result {
	uint64_t	 at;		/* unix seconds */
	uint64_t	 due_at;	/* deferred: next attempt */
	uint32_t	 outcome;	/* enum deliver_outcome */
	uint32_t	 via;		/* enum deliver_via */
	bool		 expired;
	bool		 put_off;	/* no attempt was made */
	const char	*status;	/* "4.4.1" */
	const char	*code;		/* "450", "" without a reply */
	const char	*reply;		/* "450 4.2.0 text", or "" */
	const char	*reason;	/* in our words, or "" */
	const char	*remote;	/* "mx.example.org[192.0.2.1]", or "" */
};

struct rcpt {
	STAILQ_ENTRY(rcpt) link;
	uint64_t	 id;
	uint8_t		 kind;		/* enum target_kind, RCPT_UNROUTED */
	bool		 forwarded;
	bool		 pushed_back;
	bool		 withdrawn;	/* by the operator, while in memory */
	uint32_t	 attempts;
	struct result	*result;	/* not stored; owned */
	RB_ENTRY(rcpt)	 by_id;		/* queue/taken.h */
	bool		 known;
	struct parcel	*parcel;	/* that it is in; queue/lanes.h */
	const char	*original;	/* as given at RCPT */
	const char	*address;
	const char	*user;
	const char	*path;
};

STAILQ_HEAD(rcpt_list, rcpt);

/* Copies *m with its strings and size_bytes of body (if body is not NULL);
 * the copy has one reference. */
struct message *message_copy(const struct message *m);
struct message *message_ref(struct message *m);
struct message *message_unref(struct message *m);	/* NULL */

/* Copies *r with its strings, without its result. */
struct rcpt *rcpt_copy(const struct rcpt *r);
struct rcpt *rcpt_free(struct rcpt *r);			/* NULL */
/* Copies *result with its strings; free with free(3). */
struct result *result_copy(const struct result *result);

/* The key under which recipients are delivered together: a domain,
 * "lmtp:place", "local:user:path", or DESTINATION_UNROUTED.  false if it
 * would be too long. */
bool rcpt_destination(const struct rcpt *r, char ret[static DESTINATION_SIZE]);
/* What follows the last @, "" if nothing does. */
const char *address_domain(const char *address);

/* A sum over a body that tells damage (not malice). */
uint64_t message_check(const void *body, size_t size_bytes);

static inline uint64_t
rcpt_message_id(uint64_t rcpt_id)
{
	return rcpt_id >> MESSAGE_RCPT_BITS;
}

#endif
