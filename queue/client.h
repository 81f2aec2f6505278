/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_CLIENT_H
#define QUEUE_CLIENT_H

/*
 * One SMTP or LMTP client session (RFC 5321, RFC 2033) without I/O: bytes,
 * time and messages come in, bytes and results go out.  One session carries
 * many transactions, one after the other.
 *
 * The shell feeds it (client_bytes, client_lost, client_timeout) and after
 * every call does what client_next says, until that is CLIENT_WAITS:
 *
 *	for (;;)
 *		switch (client_next(c)) {
 *		case CLIENT_WAITS:	set the timer to client_timeout_ms; return
 *		case CLIENT_SENDS:	send client_output, client_output_taken
 *		case CLIENT_STARTS_TLS:	conn_start_tls; return
 *		case CLIENT_WANTS_BODY:	client_body, or wait until there is room
 *		case CLIENT_READY:	book the results; client_begin, client_quit
 *					or let it rest; return
 *		case CLIENT_ENDED:	book the results; close; client_free
 *		}
 *
 * Nothing is called back except the trace.  `now_ms` is any clock that only
 * goes forward, the same for all calls.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "queue/queue_words.h"
#include "util/config.h"

#define CLIENT_ENHANCED_SIZE	12	/* "5.999.999" and NUL fit */
#define CLIENT_PIECE_MAX	65536	/* octets of a body taken at once */

/* RFC 5321 4.5.3.2; EHLO, STARTTLS and RSET wait as long as MAIL. */
struct client_timeouts {
	uint32_t	greeting_ms;
	uint32_t	mail_ms;
	uint32_t	rcpt_ms;
	uint32_t	data_start_ms;
	uint32_t	data_block_ms;
	uint32_t	data_end_ms;
	/* Of greeting or transaction in all, however often a server that
	 * never ends says something.  0: no such limit. */
	uint32_t	transaction_ms;
};

/* Borrowed by every session made with it: it must outlive them. */
struct client_settings {
	const char		*hostname;	/* for EHLO and LHLO */
	char *const		*fallback_codes; /* "5.5.64", ... */
	size_t			 fallback_code_count;
	bool			 prdr;	/* ask for replies to each recipient */
	struct client_timeouts	 timeouts;
};

/* What kind of session it is to be. */
struct client_kind {
	bool		 lmtp;
	enum tls_demand	 tls;	/* REQUIRED and VERIFIED are alike here:
				 * verifying is the shell's handshake */
	/* The dialogue as it is on the wire, a line without its end each time:
	 * '<' from the server, '>' to it, '*' what happens between (TLS, the
	 * body in one line).  May be NULL. */
	void		(*trace)(void *arg, char direction, const char *line);
	void		*trace_arg;
};

/* One transaction.  All memory is borrowed until the session is READY again
 * or ENDED. */
struct client_message {
	const char		*sender;	/* no brackets; "" is <> */
	const char *const	*rcpts;		/* no brackets, quoted as needed */
	size_t			 rcpt_count;
	uint64_t		 size_bytes;	/* of the body, exactly */
	bool			 eightbit;	/* has octets above 127 */
	bool			 utf8;		/* needs SMTPUTF8 (RFC 6531) */
	/* MX6.md, Sender 3: this session is over real IPv6 to an address that
	 * the SRV record of the recipients' domain named.  Only then does the
	 * fall-back reply mean anything but failure. */
	bool			 fallback_meant;
};

enum client_want {
	CLIENT_WAITS,		/* for the server, or for client_tls_up */
	CLIENT_SENDS,		/* there is output */
	CLIENT_STARTS_TLS,	/* said once; output before it is sent */
	CLIENT_WANTS_BODY,	/* the next piece */
	CLIENT_READY,		/* for a transaction; the last one is over */
	CLIENT_ENDED,		/* no more; output was sent if it could be */
};

/* The answer for one recipient.  The memory is the session's and stays until
 * the next client_begin or client_free. */
struct client_result {
	enum deliver_outcome	 outcome;
	/* OUTCOME_DEFERRED, but only because the server takes no more
	 * recipients in one transaction (RFC 5321 4.5.3.1.10): offer it again
	 * in another transaction of the same session, now. */
	bool			 again;
	char			 code[4];	/* "550"; "" if there was no reply */
	char			 enhanced[CLIENT_ENHANCED_SIZE]; /* or "" */
	const char		*text;		/* printable ASCII, one line */
};

/* Why a session ended. */
enum client_end_reason {
	CLIENT_END_NONE,	/* it has not */
	CLIENT_END_QUIT,	/* client_quit */
	CLIENT_END_REFUSED,	/* by greeting, EHLO, or a 421 anywhere */
	CLIENT_END_LOST,	/* the connection broke or was closed */
	CLIENT_END_TIMEOUT,
	CLIENT_END_PROTOCOL,	/* replies that are none */
	CLIENT_END_TLS,		/* demanded and not to be had, or the
				 * handshake failed: without TLS it may work */
};

struct client_end {
	enum client_end_reason	 reason;
	const char		*step;		/* "greeting", "EHLO", "RCPT", ... */
	struct client_result	 result;	/* code, enhanced, text; deferred */
};

struct client;

/* The connection is open (and not yet under TLS): waits for the greeting. */
struct client *client_new(const struct client_settings *settings,
    const struct client_kind *kind, uint64_t now_ms);
struct client *client_free(struct client *c);	/* NULL is fine */

/* What came from the server; all of it is taken. */
void client_bytes(struct client *c, const void *data, size_t n,
    uint64_t now_ms);
/* The handshake that CLIENT_STARTS_TLS asked for is done. */
void client_tls_up(struct client *c, const char *version, const char *cipher,
    uint64_t now_ms);
/* Of the output that was taken n octets have not gone out and wait with the
 * shell; to be said before client_bytes, client_timeout and client_lost.  So
 * a final dot that never left is known. */
void client_unsent(struct client *c, size_t n);
/* The connection is gone: why in words, NULL if the server closed it.  Also
 * for a failed handshake, and when the body cannot be read. */
void client_lost(struct client *c, const char *why);
/* The time of client_timeout_ms has passed. */
void client_timeout(struct client *c, uint64_t now_ms);
/* 0: no limit (READY, or ENDED), else at least 1. */
uint64_t client_timeout_ms(const struct client *c, uint64_t now_ms);

enum client_want client_next(struct client *c);

/* Output that waits; valid until the next call other than output_taken. */
const uint8_t *client_output(const struct client *c, size_t *ret_n);
void client_output_taken(struct client *c, size_t n, uint64_t now_ms);

/*
 * Starts a transaction: when READY, or once right after client_new, to start
 * when the session is ready.  If it never gets there, ENDED comes with a
 * result for every recipient all the same.
 */
void client_begin(struct client *c, const struct client_message *message,
    uint64_t now_ms);
/* A piece of the body, when CLIENT_WANTS_BODY: returns how much of it was
 * taken (at most CLIENT_PIECE_MAX; 0 while much output waits).  The final dot
 * follows by itself after size_bytes. */
size_t client_body(struct client *c, const void *data, size_t n,
    uint64_t now_ms);
/* Says QUIT, when READY; ENDED follows. */
void client_quit(struct client *c, uint64_t now_ms);

/* The result for rcpts[i] of the last client_begin, when READY or ENDED. */
const struct client_result *client_result(const struct client *c, size_t i);
/* Its reason is CLIENT_END_NONE unless ENDED. */
const struct client_end *client_end(const struct client *c);
bool client_is_tls(const struct client *c);

#endif
