/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SMTP_H
#define SMTPD_SMTP_H

/*
 * What the files of mx6d-smtp share.  The protocol is in smtpd/session.h;
 * here is only what moves its bytes, questions and answers:
 *
 *	smtp_listen	accepts connections, within the limits
 *	smtp_visit	one connection and its session
 *	smtp_ask	the session's questions, to policy and queue
 *	smtp_verdict	those about a message, to auth and policy
 *	smtp_filter	that about a message, to filter
 *	smtp_spool	files of large messages
 *	smtp_log	log lines and counts
 *	smtp_admin	what mx6ctl asks
 *	smtp_dry	messages that mx6ctl has judged, and nobody sends
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "smtpd/limits.h"
#include "smtpd/session.h"
#include "util/child.h"
#include "util/conn.h"
#include "util/domain.h"

LIST_HEAD(visit_list, visit);
struct policy_judge_answer;
struct auth_message_answer;

struct smtp_counts {
	uint64_t	connections;
	uint64_t	refused;
	uint64_t	accepted;
	uint64_t	pushed_back;
	uint64_t	rejected;
	uint64_t	deferred;
};

/* The state of the process. */
struct smtp {
	struct child		*child;
	struct session_env	 env;
	struct id_source	 ids;
	char			 hostname[DOMAIN_SIZE];
	struct conn_tls		*tls;		/* NULL: no STARTTLS */
	struct limits		*limits;
	struct visit_list	 visits;
	uint32_t		 visit_count;
	bool			 stopping;
	struct smtp_counts	 counts;
};
extern struct smtp smtp;

struct dry;

/* A connection, its session, and the questions that are under way.  One that
 * mx6ctl has judged has no connection: smtp_dry.c is its client. */
struct visit {
	LIST_ENTRY(visit)	 entry;
	struct conn		*conn;		/* NULL: closed, or dry */
	struct dry		*dry;		/* NULL: a real one, or ended */
	struct session		*session;
	uint64_t		 began_ms;
	uint32_t		 calls;		/* whose answers are to come */
	uint32_t		 messages;	/* accepted */
	int			 spool_fd;	/* -1: none */
	int			 reader_fd;	/* the same file */
	/* Only while an answer is handed on. */
	const struct auth_message_answer *found;
	bool			 guesses;	/* policy may know SPF records */
	bool			 start_tls;	/* once the output has gone */
	bool			 paused;
	bool			 ended;		/* the client sends no more */
};

uint64_t smtp_now_ms(void);	/* unix time */

/* smtp_listen.c; as in struct child_spec */
void smtp_listen_set(struct child *child, const char *address,
    enum listener_role role, int fd, bool close_it);
/* New settings: push-back modes. */
void smtp_listen_reload(void);
void smtp_listen_stop(void);

/* smtp_visit.c: takes over a connected socket that the limits have
 * counted; false if that failed. */
bool visit_begin(int fd, const struct netaddr *peer, enum listener_role role,
    enum push_back_mode mode);
/* Goes on after something was brought to the session. */
void visit_run(struct visit *v);
/* Nobody is there to hear more of it. */
bool visit_is_left(const struct visit *v);
/* An answer has come.  false: nobody waits for it any more, and the visit may
 * be gone. */
bool visit_answered(struct visit *v);
/* The connection is gone, and no call is open. */
void visit_free(struct visit *v);
void visit_stop_all(void);

/* smtp_ask.c */
void visit_ask(struct visit *v, const struct session_request *request);
/* smtp_verdict.c */
void ask_sender(struct visit *v, const struct session_request *request);
void ask_examine(struct visit *v);
void ask_judge(struct visit *v);
/* smtp_filter.c */
void ask_filter(struct visit *v);

/* smtp_spool.c: false on an error; the message is then refused. */
bool spool_write(int fd, uint64_t at, const void *data, size_t n);

/* smtp_log.c */
void log_connect(const struct visit *v);
void log_disconnect(const struct visit *v, const char *why);
/* count: how many since the last such line. */
void log_refused(const struct netaddr *peer, enum limits_answer why,
    uint64_t count);
/* For struct session_env. */
void log_report(void *arg, const struct session *s,
    const struct session_report *report);
void log_refused_recipient(void *arg, const struct session *s,
    const struct rcpt *rcpt);
/* The client was gone before the reply; what became of its message. */
void log_unheard(const struct visit *v, bool taken);

/* smtp_dry.c: the session of a message that mx6ctl has judged. */
struct smtp_admin_judge_ask;
struct ipc_call;
void dry_begin(struct ipc_call *call, const struct smtp_admin_judge_ask *ask);
void dry_reload(void);
/* As visit_run. */
void dry_run(struct visit *v);
/* What a real session would ask of filters and queue is answered here; false:
 * the question is another one. */
bool dry_answers(struct visit *v, const struct session_request *request);
void dry_explained(struct visit *v, const struct policy_judge_answer *answer);

/* smtp_admin.c: the service for mx6ctl. */
extern const struct ipc_service *const smtp_admin;

#endif
