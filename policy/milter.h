/* SPDX-License-Identifier: ISC */
#ifndef POLICY_MILTER_H
#define POLICY_MILTER_H

/*
 * One message shown to one filter by the milter protocol (version 6; 2 and
 * later are understood), without I/O.  All stages are replayed when the
 * message is whole:
 *
 *	NEGOTIATE --O--> CONNECT, HELO, MAIL, RCPT.., DATA, HEADER.., EOH,
 *	BODY.., END --verdict--> ended
 *	any --accept, refusal--> ended	any --garbage, time--> ended, silent
 *
 * A stage that the filter wants not to see is left out, and one that it does
 * not answer is not waited for.  The owner's loop after every event:
 *
 *	for (;;) switch (milter_next(m)) {
 *	MILTER_SENDS		send milter_output; milter_output_taken
 *	MILTER_WANTS_BODY	milter_body with the next octets
 *	MILTER_WAITS		read; call milter_timeout at milter_due_ms
 *	MILTER_ENDED		milter_result
 *	}
 *
 * What is not exactly the protocol makes the filter a silent one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/filter.h"
#include "util/netaddr.h"

#define MILTER_PIECE_MAX	65535		/* octets of a body frame */
#define MILTER_REPLY_MAX	(128 * 1024)	/* octets of one reply */
#define MILTER_REPLIES_MAX	(4 * 1024 * 1024)	/* of all replies */
#define MILTER_EDITS_MAX	200
#define MILTER_TOTAL_FACTOR	4	/* all may take so many timeouts */

struct milter;

/* What is shown.  All must stay while the milter is there. */
struct milter_message {
	const char		*hostname;	/* ours */
	const char		*id;
	struct netaddr		 peer;
	const char		*rdns;		/* "" if not known */
	const char		*helo;
	const char		*sender;	/* "" for the null sender */
	const char		*tls;		/* version, "" if plain */
	const char		*cipher;	/* likewise */
	const char *const	*rcpts;
	size_t			 rcpt_count;
	const char		*header;	/* fields, CRLF ends, no empty line */
	size_t			 header_size;
	uint64_t		 body_bytes;	/* behind the empty line */
};

struct milter_edit {
	enum filter_change	 kind;
	uint32_t		 index;
	char			*name;
	char			*value;		/* all behind the colon; "": remove */
};

struct milter_result {
	enum filter_status	 status;
	const char		*code;		/* of a refusal; "" discards */
	const char		*enhanced;
	const char		*text;		/* lines parted by \n */
	const char		*why;		/* what a silent one did */
	bool			 quarantine;
	const struct milter_edit *edits;
	size_t			 edit_count;
};

enum milter_next {
	MILTER_WAITS,
	MILTER_SENDS,
	MILTER_WANTS_BODY,
	MILTER_ENDED,
};

struct milter *milter_new(const struct milter_message *message,
    uint64_t timeout_ms, uint64_t now_ms);
struct milter *milter_free(struct milter *m);

enum milter_next milter_next(const struct milter *m);
const uint8_t *milter_output(const struct milter *m, size_t *ret_n);
void milter_output_taken(struct milter *m, size_t n, uint64_t now_ms);
/* Takes up to MILTER_PIECE_MAX of the n octets that come next in the body;
 * returns how many. */
size_t milter_body(struct milter *m, const void *data, size_t n);
void milter_bytes(struct milter *m, const void *data, size_t n,
    uint64_t now_ms);
/* The time of milter_due_ms has come. */
void milter_timeout(struct milter *m);
/* The connection cannot be had or is gone. */
void milter_lost(struct milter *m, const char *why);
uint64_t milter_due_ms(const struct milter *m);
/* Once it has ended; valid until milter_free. */
const struct milter_result *milter_result(const struct milter *m);

#endif
