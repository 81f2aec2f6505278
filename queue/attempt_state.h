/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_ATTEMPT_STATE_H
#define QUEUE_ATTEMPT_STATE_H

/* The inside of an attempt, for queue/attempt*.c only. */

#include "queue/attempt.h"
#include "queue/link.h"
#include "queue/route.h"

struct attempt_rcpt {
	uint64_t		 id;
	const char		*address;
	bool			 final;
	bool			 again;		/* another transaction, now */
	/* The result as it stands; outcome DEFERRED until there is one. */
	enum deliver_outcome	 outcome;
	char			 code[4];
	char			 enhanced[CLIENT_ENHANCED_SIZE];
	char			*text;		/* NULL: none yet */
	uint16_t		 candidate;	/* whose result; + 1, 0: none */
};

struct attempt {
	struct ipc_call		*call;
	struct setup		*setup;
	struct route		*route;		/* NULL until planned */
	char			*texts;		/* copies of the ask's, body too */
	const char		*message_id;
	const char		*sender;
	const char		*domain;
	enum deliver_family	 demand;
	struct client_message	 message;
	struct link_body	 body;
	struct attempt_rcpt	*rcpts;
	size_t			 rcpt_count;
	size_t			 open_count;	/* not final */

	size_t			 at;		/* candidate in use */
	bool			*tried;		/* one a candidate */
	const char		**batch;	/* addresses in the transaction */
	size_t			*batch_of;	/* their rcpts */
	size_t			 batch_count;
	bool			 no_tls;	/* this candidate, once more */
	bool			 fresh;		/* no resting link */
	bool			 reused;
	bool			 tls;
	bool			 mx6_tried;
	bool			 pushed_back;
	uint64_t		 started_ms;
	uint64_t		 begun_ms;	/* the last transaction */
};

/* What the attempt does next, as the book says. */
enum attempt_step {
	ATTEMPT_NEXT,		/* the next candidate, or the answer */
	ATTEMPT_SAME_LINK,	/* another transaction on this link */
	ATTEMPT_FRESH,		/* this candidate, on a connection of its own */
	ATTEMPT_NO_TLS,		/* this candidate, without TLS */
};

/* ---- attempt.c ---- */

uv_loop_t *attempt_loop(void);
struct ipc_peer *attempt_parent(void);
void attempt_destroy(struct attempt *a);
/* Answers the call, then destroys. */
void attempt_finish(struct attempt *a);

/* ---- attempt_next.c ---- */

/* The candidate in use. */
const struct plan_candidate *attempt_candidate(const struct attempt *a);
/* On to the next candidate, or to the answer if there is none or no
 * recipient is open. */
void attempt_next(struct attempt *a);

/* ---- attempt_book.c ---- */

/* The open recipients (with only_again, of those that were put off) become
 * the batch. */
void attempt_book_batch(struct attempt *a, bool only_again);
/* The transaction of the batch is over; with `end` the session too. */
enum attempt_step attempt_book_results(struct attempt *a,
    const struct client *client, const struct client_end *end);
/* The candidate could not be used at all. */
void attempt_book_trouble(struct attempt *a, const char *what,
    const char *why);
/* All recipients get this. */
void attempt_book_all(struct attempt *a, enum deliver_outcome outcome,
    const char *enhanced, const char *text);

/* ---- attempt_answer.c ---- */

/* Logs every result and answers the call. */
void attempt_answer(struct attempt *a);

#endif
