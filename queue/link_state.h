/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_LINK_STATE_H
#define QUEUE_LINK_STATE_H

/*
 * The inside of a link, for queue/link*.c only: link.c is the owners' side,
 * link_shell.c the events.
 */

#include "queue/link.h"
#include "util/conn.h"

struct link {
	struct link_place	 place;
	uv_loop_t		*loop;
	struct setup		*setup;
	struct conn		*conn;		/* NULL once closed */
	struct client		*client;	/* NULL until connected */
	const struct link_events *events;
	void			*arg;
	void			(*rest_ended)(void *, struct link *);
	struct link_key		 key;
	uint32_t		 hash;
	enum tls_demand		 tls;
	const char		*why;
	const struct client_message *message;
	struct link_body	 body;
	uint64_t		 body_done;
	uint64_t		 opened_ms;
	uint64_t		 rest_until_ms;	/* 0: does not rest */
	uint64_t		 timer_ms;	/* when the timer comes; 0: never */
	uint32_t		 messages;
	bool			 busy;
	char			 name[16];	/* in traces */
};

extern const struct conn_events link_conn_events;

/* Does what the session wants until it waits.  It may free the link, so
 * nothing may follow it. */
void link_pump(struct link *l);
/* The connection is there: begins the session with the first message. */
void link_start_client(struct link *l);
/* Moves the timer to what comes first. */
void link_arm(struct link *l);
/* The end, without a word to anybody. */
void link_destroy(struct link *l);

#endif
