/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_CLIENT_CORE_H
#define QUEUE_CLIENT_CORE_H

/*
 * The inside of a client session, for queue/client*.c only.
 *
 *   GREETING -> EHLO -> STARTTLS -> TLS -> EHLO -> IDLE     (or EHLO -> HELO)
 *   IDLE -> [RSET ->] MAIL -> RCPT ... -> DATA -> DOT -> IDLE
 *   IDLE -> QUIT -> END                       any -> END
 *
 * Two places move through these steps: `say` is what is sent next, `hear`
 * is whose reply comes next.  Without PIPELINING `say` waits for `hear` at
 * every step; with it `say` runs ahead, at most to behind DATA.  When both
 * are at the same place nothing is outstanding.  While `say` is END there is
 * nothing to say until a reply decides it.
 */

#include "queue/client.h"
#include "queue/reply.h"
#include "queue/stuff.h"
#include "util/buf.h"

/* The reply codes that this client tells apart (RFC 5321 4.2.3). */
#define CODE_CLOSING		"421"
#define CODE_TOO_MANY		"452"
#define CODE_TOO_MUCH		"552"

enum client_step {
	STEP_GREETING,
	STEP_EHLO,		/* LHLO in LMTP */
	STEP_HELO,
	STEP_STARTTLS,
	STEP_TLS,		/* the shell's handshake */
	STEP_IDLE,
	STEP_RSET,
	STEP_MAIL,
	STEP_RCPT,
	STEP_DATA,
	STEP_DOT,		/* the body, and the dot at its end */
	STEP_QUIT,
	STEP_END,
	STEP_COUNT,
};

enum client_offer {		/* EHLO keywords, as bits */
	OFFER_PIPELINING = 1 << 0,
	OFFER_SIZE	 = 1 << 1,
	OFFER_8BITMIME	 = 1 << 2,
	OFFER_SMTPUTF8	 = 1 << 3,
	OFFER_STARTTLS	 = 1 << 4,
	OFFER_PRDR	 = 1 << 5,
};

struct client_place {
	enum client_step	step;
	size_t			rcpt;	/* RCPT; DOT in LMTP and PRDR: behind
					 * the last one is the message */
};

enum rcpt_state {
	RCPT_OPEN,		/* not yet answered */
	RCPT_ACCEPTED,		/* at RCPT; the message is still to be answered */
	RCPT_DONE,		/* the result stands */
	RCPT_UNFIT,		/* the same, and it must not be sent at all */
};

struct client_rcpt {
	enum rcpt_state		state;
	struct client_result	result;
};

struct client {
	const struct client_settings	*settings;
	struct client_kind		 kind;

	struct client_place		 say;
	struct client_place		 hear;
	uint64_t			 deadline_ms;	/* of hear; 0: none */
	uint64_t			 over_ms;	/* of all; 0: none */
	struct reply			 reply;
	struct buf			 out;
	size_t				 unsent;	/* taken, with the shell */
	unsigned			 offers;	/* enum client_offer */
	bool				 tls;
	bool				 tls_wanted;	/* to be said once */

	/* The transaction.  begun: given to us and not over. */
	bool				 begun;
	struct client_message		 message;
	struct client_rcpt		*rcpts;
	size_t				 rcpt_room;
	size_t				 accepted;	/* in RCPT_ACCEPTED */
	bool				 mail_taken;	/* MAIL got its 250 */
	bool				 given_up;	/* nothing more is said */
	bool				 reset_first;	/* the next one needs RSET */
	struct stuff			 stuff;
	uint64_t			 body_left;	/* octets */
	bool				 body_open;	/* after 354 */
	bool				 prdr;		/* MAIL asked for it */
	bool				 prdr_open;	/* 353 has come */
	bool				 dot_said;	/* it is in out, or gone */

	struct client_end		 end;
	char				**texts;	/* of results */
	size_t				 text_count;
};

/* client.c */
void client_say(struct client *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void client_trace(struct client *c, char direction, const char *line);
/* Nothing is outstanding; on with this step. */
void client_go(struct client *c, enum client_step step, size_t rcpt);
/* hear moves on to what was said next. */
void client_heard(struct client *c);
const char *client_step_name(enum client_step step);	/* for people */

/* client_end.c */
/* The session is over: who has no result yet gets this one.  With politely,
 * QUIT is said without waiting for its reply. */
void client_stop(struct client *c, enum client_end_reason reason,
    const struct client_result *result, bool politely);
/* The same, for a reply that makes no sense here. */
void client_confused(struct client *c, const char *what);
/* The same, as the last reply is a refusal of everything. */
void client_refused(struct client *c, enum client_end_reason reason);
void client_say_quit(struct client *c);
void client_on_quit(struct client *c);
void client_on_unasked(struct client *c);
void client_on_plain_bytes(struct client *c);

/* client_hello.c */
void client_note_offer(struct client *c);	/* one line of the EHLO reply */
void client_say_hello(struct client *c);
void client_say_helo(struct client *c);
void client_say_starttls(struct client *c);
void client_on_greeting(struct client *c);
void client_on_hello(struct client *c);
void client_on_helo(struct client *c);
void client_on_starttls(struct client *c);

/* client_mail.c */
void client_start(struct client *c);
/* The transaction is over: all recipients have their results. */
void client_over(struct client *c);
/* What is said after this place of a transaction. */
struct client_place client_after(const struct client *c,
    struct client_place place);
void client_say_rset(struct client *c);
void client_say_mail(struct client *c);
void client_say_rcpt(struct client *c);
void client_say_data(struct client *c);
void client_say_body(struct client *c);
void client_on_rset(struct client *c);
void client_on_mail(struct client *c);
void client_on_rcpt(struct client *c);
void client_on_data(struct client *c);
void client_on_dot(struct client *c);
/* The final dot has left us: what happens now may have happened to a message
 * that was accepted. */
bool client_dot_gone(const struct client *c);

/* client_prdr.c */
/* The server offers replies for each recipient, and there are several. */
bool client_prdr_offered(const struct client *c);
/* The last reply is the 353 that we asked for. */
bool client_prdr_begins(struct client *c);
/* The last reply is that of hear.rcpt.  false: it was the message's, and all
 * have their results. */
bool client_prdr_reply(struct client *c);

/* client_results.c */
void client_forget_results(struct client *c);
struct client_result client_own_result(struct client *c,
    enum deliver_outcome outcome, const char *enhanced, const char *text);
/* What the last reply means for a recipient that it is about. */
struct client_result client_reply_result(struct client *c);
void client_book(struct client *c, size_t i,
    const struct client_result *result);
/* For all that have no result.  A push-back is also for those that could
 * try again: it is about the message. */
void client_book_rest(struct client *c, const struct client_result *result);
/* 452 4.5.3 or 552: no more recipients in this transaction. */
bool client_reply_is_too_many(const struct client *c);

#endif
