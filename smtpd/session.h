/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SESSION_H
#define SMTPD_SESSION_H

/*
 * An SMTP server session (RFC 5321) without I/O: the client's bytes, answers
 * and the time come in; replies and requests go out.  The owner's loop is
 * the same after every call that brings something in:
 *
 *	while (session_next(s, &request))
 *		carry it out, now or later; bring the answer in
 *	if ((out = session_output(s)) != NULL)
 *		send it; session_output_done(s); and from the top again
 *	if (session_waiting_for(s) == SESSION_CLOSED)
 *		close when all is sent
 *
 * Input that arrives while an answer is awaited is kept, up to
 * SESSION_HELD_MAX; an owner stops reading meanwhile.
 *
 *	session_start --CLIENT--> greeting, then per command:
 *	INPUT --RCPT--> RECIPIENTS --all answered--> INPUT
 *	INPUT --text beyond inline-body-max--> SPOOL --> WRITE --> INPUT
 *	INPUT --end of data--> [SENDER] --> EXAMINE --> JUDGE --accepted-->
 *	[FILTER] --> SUBMIT --> INPUT
 *	INPUT --STARTTLS--> TLS --> INPUT
 *	any --QUIT, error--> CLOSED
 *
 * The request SENDER comes at MAIL and holds nothing up; only the end of data
 * waits for its answer, if that is not there yet.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/message_id.h"
#include "smtpd/header_edit.h"
#include "smtpd/transaction.h"
#include "util/buf.h"
#include "util/config.h"
#include "util/netaddr.h"

#define SESSION_HELD_MAX	(512 * 1024)
#define SESSION_HEADER_MAX	(256 * 1024)	/* octets of a header section */
#define SESSION_RCPTS_ASKED	64		/* recipient questions at once */
#define SESSION_TARGETS_MAX	20000		/* of one message */

struct session;

enum session_wait {
	SESSION_INPUT,		/* bytes from the client */
	SESSION_CLIENT,		/* session_client_answer */
	SESSION_RECIPIENTS,	/* session_recipient_answer, and RCPT commands */
	SESSION_SPOOL,		/* session_spool_answer */
	SESSION_WRITE,		/* session_written */
	SESSION_SENDER,		/* session_sender_answer, asked for at MAIL */
	SESSION_EXAMINE,	/* session_examine_answer */
	SESSION_JUDGE,		/* session_judge_answer */
	SESSION_FILTER,		/* session_filter_answer */
	SESSION_SUBMIT,		/* session_submit_answer */
	SESSION_TLS,		/* session_tls_up, the output sent before */
	SESSION_CLOSED,		/* nothing more */
};

/* What the owner is asked to do; pointers hold until the next call. */
struct session_request {
	enum session_wait	 what;
	size_t			 slot;		/* RECIPIENTS: for the answer */
	uint64_t		 transaction;	/* SENDER: for the answer */
	const char		*address;	/* RECIPIENTS */
	const uint8_t		*data;		/* WRITE: to the spool file */
	size_t			 size;
};

/* A transaction that had its end of data has its reply. */
struct session_report {
	const struct transaction	*t;
	const char			*code;
	const char			*enhanced;
};

/* What sessions share; the owner may change it at any time between calls. */
struct session_env {
	const struct config	*config;
	const char		*hostname;	/* in replies and trace fields */
	struct id_source	*ids;
	bool			 tls_available;
	void			*arg;
	/* All may be NULL.  direction: '<' from the client, '>' to it, '*'
	 * an event; text without CRLF. */
	void (*trace)(void *arg, const struct session *s, char direction,
	    const char *text, size_t n);
	void (*report)(void *arg, const struct session *s,
	    const struct session_report *report);
	/* A recipient is told no. */
	void (*refused)(void *arg, const struct session *s,
	    const struct rcpt *rcpt);
};

/* Where the session takes place. */
struct session_place {
	struct netaddr		peer;
	struct netaddr		local;
	enum listener_role	role;
	enum push_back_mode	push_back;
};

struct session *session_new(const struct session_env *env,
    const struct session_place *place, void *owner, uint64_t now_ms);
struct session *session_free(struct session *s);
void session_start(struct session *s);

/* ---- in; now_ms is unix time ---- */

void session_input(struct session *s, const uint8_t *data, size_t n,
    uint64_t now_ms);
/* The time that session_timeout_ms gave has passed without input. */
void session_timed_out(struct session *s, uint64_t now_ms);
/* Ends the session between messages, now or after this one. */
void session_shutdown(struct session *s);
/* The connection is gone; why may be NULL.  Only for those who watch. */
void session_disconnected(struct session *s, const char *why);

/* Answers.  NULL, or ok false: there is none (the other process is lost). */
struct session_client {
	bool		 relay;
	bool		 whitelisted;
	bool		 turned_away;	/* 421 at the banner */
	uint32_t	 iprev;		/* enum policy_iprev */
	const char	*rdns;
};
void session_client_answer(struct session *s,
    const struct session_client *client, uint64_t now_ms);
/* status: enum recipient_status */
void session_recipient_answer(struct session *s, size_t slot, bool ok,
    uint32_t status, const struct target *targets, size_t count,
    uint64_t now_ms);
/* status: enum queue_status */
void session_spool_answer(struct session *s, bool ok, uint32_t status,
    uint64_t spool_id, uint64_t now_ms);
void session_written(struct session *s, bool ok, uint64_t now_ms);
/* What SPF says of the sender (policy/auth.msg); texts are copied.  NULL:
 * nobody could say. */
void session_sender_answer(struct session *s, uint64_t transaction,
    const struct sender_facts *facts, uint64_t now_ms);
/* What authentication found of the message; NULL: nothing is known. */
struct session_findings {
	bool		 signed_aligned;	/* an aligned signature passed */
	const char	*prepend;	/* fields for the front, CRLF ended */
};
void session_examine_answer(struct session *s,
    const struct session_findings *findings, uint64_t now_ms);
struct session_verdict {
	uint32_t		 action;	/* enum verdict_action */
	const char		*rule;
	const char		*code;
	const char		*enhanced;
	const char *const	*lines;
	size_t			 line_count;
	const char		*prepend;
	/* Recipients are judged differently: the action for each, in their
	 * order; NULL: one for all. */
	const uint32_t		*opinions;
	size_t			 opinion_count;
};
void session_judge_answer(struct session *s,
    const struct session_verdict *verdict, uint64_t now_ms);
/* What filters found (policy/filter.msg); NULL: they could not be asked. */
struct session_filtered {
	uint32_t		 status;	/* enum filter_status */
	const char		*filter;
	const char		*code;
	const char		*enhanced;
	const char		*text;
	bool			 malware;
	bool			 quarantine;
	bool			 passable;
	bool			 unscanned;	/* by a malware filter */
	const struct header_edit *edits;
	size_t			 edit_count;
};
void session_filter_answer(struct session *s,
    const struct session_filtered *filtered, uint64_t now_ms);
/* The same for a client that is gone: it is noted, and nothing follows. */
void session_filter_noted(struct session *s,
    const struct session_filtered *filtered);
void session_submit_answer(struct session *s, bool ok, uint32_t status,
    uint64_t now_ms);
/* version and cipher for the trace field. */
void session_tls_up(struct session *s, const char *version, const char *cipher,
    uint64_t now_ms);

/* ---- out ---- */

enum session_wait session_waiting_for(const struct session *s);
/* The next thing to do, each told once. */
bool session_next(struct session *s, struct session_request *ret_request);
/* Replies to send now; NULL if none, or if more belong to the group (RFC
 * 2920 3.2). */
const struct buf *session_output(struct session *s);
void session_output_done(struct session *s, uint64_t now_ms);
/* Octets of input that are kept for later. */
size_t session_held(const struct session *s);
/* How long to wait from now on; 0: the session waits for an answer. */
uint64_t session_timeout_ms(const struct session *s, uint64_t now_ms);

void *session_owner(const struct session *s);
const char *session_id(const struct session *s);
const struct session_place *session_place(const struct session *s);
const char *session_client_name(const struct session *s); /* of EHLO, or "" */
const char *session_rdns(const struct session *s);	/* verified, or "" */
uint32_t session_iprev(const struct session *s);	/* enum policy_iprev */
bool session_relay(const struct session *s);
bool session_is_tls(const struct session *s);
const char *session_tls(const struct session *s);	/* "VERSION CIPHER", "" */
/* The transaction; NULL outside of one. */
const struct transaction *session_transaction(const struct session *s);

#endif
