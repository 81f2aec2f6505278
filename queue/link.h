/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_LINK_H
#define QUEUE_LINK_H

/*
 * A link is one connection (util/conn.h) with one client session on it
 * (queue/client.h): the shell that carries bytes between the two.
 *
 *	link_open --> CONNECTING --> BUSY --ready--> RESTING --begin--> BUSY
 *	                  |            |                |
 *	                  +---ended----+           link_quit, ended
 *
 * A link belongs to an attempt while it is busy and to the pool while it
 * rests.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "queue/client.h"
#include "queue/setup.h"
#include "util/netaddr.h"

/* Which link it is: messages may share one only if all of this is equal. */
struct link_key {
	const char	*domain;	/* destination */
	const char	*host;		/* target; "unix:/path" for a socket */
	struct netaddr	 addr;		/* with port; family none: unix */
	enum deliver_via via;		/* how the target was found */
	enum tls_demand	 tls;
	bool		 lmtp;
};

/* The body of a message, in memory or in a file. */
struct link_body {
	const uint8_t	*data;		/* or NULL, and then */
	int		 file;		/* from */
	uint64_t	 offset;
	uint64_t	 size_bytes;
};

struct link;

struct link_events {
	/* The transaction is over; link_client has the results. */
	void (*ready)(void *arg, struct link *l);
	/* The link is over, and freed after this returns.  Results as in
	 * client.h; link_client is NULL if there never was a connection, and
	 * link_why says why then. */
	void (*ended)(void *arg, struct link *l);
};

/* Starts to connect and to do one transaction; message and body are borrowed
 * until ready or ended.  NULL and errno if not even that could be done. */
struct link *link_open(uv_loop_t *loop, struct setup *setup,
    const struct link_key *key, bool no_tls, const struct link_events *events,
    void *arg, const struct client_message *message,
    const struct link_body *body);
/* The same on a socket that is connected. */
struct link *link_adopt(uv_loop_t *loop, struct setup *setup, int fd,
    const struct link_key *key, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body);
/* The next transaction, on a link that is resting. */
void link_begin(struct link *l, const struct link_events *events, void *arg,
    const struct client_message *message, const struct link_body *body);
/* Nobody's for now: ended is called when the server closes it, or after
 * rest_ms, when it has said QUIT by itself. */
void link_rest(struct link *l, uint64_t rest_ms,
    void (*ended)(void *arg, struct link *l), void *arg);
/* Says QUIT and goes; no event comes any more. */
void link_quit(struct link *l);

const struct client *link_client(const struct link *l);
const char *link_why(const struct link *l);
const struct link_key *link_key(const struct link *l);
uint32_t link_key_hash(const struct link *l);
uint32_t link_messages(const struct link *l);	/* transactions begun */
uint64_t link_opened_ms(const struct link *l);	/* loop time; 0: not yet */
/* For the pool: where it keeps the link while it rests. */
struct link_place {
	TAILQ_ENTRY(link_place) next;
	struct link		*link;
};
struct link_place *link_place(struct link *l);

uint32_t link_hash(const char *text);
bool link_key_equal(const struct link_key *a, const struct link_key *b);

#endif
