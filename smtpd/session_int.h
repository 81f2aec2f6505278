/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SESSION_INT_H
#define SMTPD_SESSION_INT_H

/*
 * The inside of smtpd/session.h, shared by the files of the core only.
 *
 *	state		what was said	 leads on
 *	AT_GREET	nothing		 EHLO, HELO: READY
 *	AT_READY	EHLO or HELO	 MAIL: MAIL
 *	AT_MAIL	MAIL		 RCPT accepted: RCPT
 *	AT_RCPT	RCPT		 DATA: READY at its end; BDAT: CHUNKS
 *	AT_CHUNKS	BDAT		 BDAT LAST: READY at its end
 *
 * RSET, EHLO and HELO lead to READY from everywhere behind it, STARTTLS to
 * GREET.  `t` is there in MAIL, RCPT and CHUNKS, and nowhere else.
 */

#include "smtpd/session.h"

enum session_state {
	AT_GREET = 1,
	AT_READY = 2,
	AT_MAIL = 4,
	AT_RCPT = 8,
	AT_CHUNKS = 16,
};
#define AT_ANY	31

/* What the next octet of the client is. */
enum session_mode {
	MODE_COMMAND,
	MODE_DATA,		/* of a message, to CRLF.CRLF */
	MODE_CHUNK,		/* of a BDAT chunk */
	MODE_SKIP,		/* of a BDAT chunk that nobody wants */
};

struct session {
	const struct session_env *env;
	void			*owner;
	struct session_place	 place;
	char			 id[MESSAGE_ID_SIZE];
	char			*helo;
	char			*rdns;
	char			*tls;		/* "VERSION CIPHER"; NULL: plain */
	struct transaction	*t;
	struct buf		 held;		/* input not taken yet */
	struct buf		 out;
	/* Only while input is being taken: what is left of it. */
	const uint8_t		*next;
	size_t			 left;
	uint64_t		 now_ms;
	uint64_t		 waiting_ms;	/* since when for this command */
	uint64_t		 moved_ms;	/* the start, or the last message */
	uint64_t		 skip_left;	/* MODE_SKIP */
	uint64_t		 transactions;	/* begun so far */
	uint32_t		 iprev;		/* enum policy_iprev */
	uint32_t		 errors;
	uint32_t		 commands;	/* since the last message */
	enum session_wait	 waiting_for;
	uint8_t			 state;		/* enum session_state */
	uint8_t			 mode;		/* enum session_mode */
	bool			 asked;		/* waiting_for was told */
	bool			 extended;	/* EHLO */
	bool			 relay;
	bool			 whitelisted;
	bool			 normalize;
	bool			 stopping;
	bool			 hurried;	/* what is said goes out now */
};

/* With this much to be sent, no more input is taken until it has gone. */
#define SESSION_OUT_STOP	65536

/* session.c */
void session_say(struct session *s, enum reply reply, const char *detail);
void session_say_line(struct session *s, const char *code, bool last,
    const char *text);
/* Says it and closes; what else was received is thrown away. */
void session_end(struct session *s, enum reply reply);
/* timeout-message has passed, and no message is coming in. */
bool session_is_idle(const struct session *s);
void session_wait_for(struct session *s, enum session_wait what);
void session_sent(struct session *s, size_t begin);
void session_trace(struct session *s, char direction, const char *text,
    size_t n);
/* A line for those who watch; costs nothing when nobody does. */
void session_event(struct session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Forgets the transaction; in the state READY if one was open. */
void session_reset(struct session *s);

/* session_input.c: works on with the input that was held. */
void session_go_on(struct session *s, uint64_t now_ms);

/* session_verbs.c */
void session_command(struct session *s, const char *line, size_t n);
/* The names of the verbs offered, one by one; NULL behind the last. */
const char *session_verb_name(size_t i);

/* The verbs: text is the argument, n octets, not NUL-terminated. */
typedef void session_verb(struct session *s, const char *text, size_t n);

session_verb session_ehlo, session_helo, session_starttls; /* _hello.c */
session_verb session_mail;				/* session_mail.c */
session_verb session_rcpt;				/* session_rcpt.c */
session_verb session_data, session_bdat;		/* session_data.c */
session_verb session_rset, session_noop, session_vrfy, session_quit,
    session_help;					/* session_misc.c */

/* session_rcpt.c */
void session_tell_recipients(struct session *s);

/* session_data.c: take octets in their mode. */
void session_take_data(struct session *s);
void session_take_chunk(struct session *s);
void session_take_skip(struct session *s);
/* The last octet of a chunk was taken. */
void session_end_chunk(struct session *s);

/* session_end.c: the message is complete, or a fault ends it. */
void session_message_complete(struct session *s);
void session_refuse_as(struct session *s, const struct session_verdict *v);
/* On a listener of this role, this action takes the message. */
bool session_takes(const struct session *s, uint32_t action);
/* What is said for an action when the judge left the words to us. */
enum reply session_refusal(const struct session *s, uint32_t action);
/* The enhanced code of a reply; that of a push-back is a setting. */
const char *session_enhanced(const struct session *s, enum reply reply);
/* Says the judge's words of a push-back; false if it gave none. */
bool session_say_words(struct session *s);
/* The message has its reply: the end of the transaction. */
void session_finish(struct session *s, const char *code, const char *enhanced);
void session_refuse_message(struct session *s, enum reply reply);
/* After text was added: is there too much of it in memory? */
void session_check_room(struct session *s);

/* session_prdr.c */
/* The message is complete, and may be taken: 353, if that was asked for. */
void session_prdr_begin(struct session *s);
/* Who is to get the message, as the judge says for each.  false: nobody, or
 * the verdict is one for all. */
bool session_prdr_split(struct session *s, const struct session_verdict *v);
/* A content filter is against it: refused, as action says, for those whose
 * verdict was `filter`.  false: that would be all, or there is one reply. */
bool session_prdr_spare(struct session *s, uint32_t action);
/* Before the reply to the message, one for each recipient: this one where it
 * was not refused already.  Nothing without 353. */
void session_prdr_each(struct session *s, const char *code,
    const char *enhanced, const char *text);
/* All get the reply to the message, the refused ones, too. */
void session_prdr_none(struct session *s);

/* session_filter.c: text is cut into its lines, in place. */
size_t session_lines(char *text,
    const char *ret_lines[static REPLY_LINES_MAX]);
/* There is a filter for content. */
bool session_can_filter(const struct session *s);
/* Must a filter of this kind see the message? */
bool session_has_filter(const struct session *s, bool malware);

#endif
