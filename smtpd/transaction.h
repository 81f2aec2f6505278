/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_TRANSACTION_H
#define SMTPD_TRANSACTION_H

/*
 * One mail transaction of a server session: from MAIL to the reply to the end
 * of data, RSET or the session's end.  Everything that belongs to it hangs on
 * it and goes with it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtpd/body.h"
#include "smtpd/data.h"
#include "util/message_id.h"
#include "smtpd/reply.h"

/* A place to which the mail of one recipient goes (policy/policy.msg). */
struct target {
	uint8_t		 kind;		/* enum target_kind */
	const char	*address;
	const char	*user;
	const char	*path;
};

struct rcpt {
	char		*address;	/* canonical; "" if it had no syntax */
	struct target	*targets;	/* one allocation, strings and all */
	size_t		 target_count;
	enum reply	 reply;		/* REPLY_NONE: not decided yet */
	uint32_t	 action;	/* the verdict, where each has his own */
	bool		 refused;	/* by it */
};

/* What mx6d-auth said of the sender (policy/auth.msg). */
struct sender_facts {
	uint32_t	 helo_result;	/* enum spf_result */
	uint32_t	 result;
	bool		 best_guess;
	const char	*domain;	/* never NULL, as the others */
	const char	*record;
	const char	*why;
};

struct transaction {
	char		 id[MESSAGE_ID_SIZE];
	uint64_t	 number;	/* in its session, from 1 */
	char		*sender;	/* "" for the null sender */
	struct rcpt	*rcpts;
	size_t		 rcpt_count;
	size_t		 rcpt_size;
	size_t		 rcpts_asked;	/* of rcpt_count */
	size_t		 rcpts_told;	/* replied to; those before are all OK */
	size_t		 rcpts_taken;	/* told OK */
	size_t		 target_count;	/* of all recipients */
	uint64_t	 arrived_ms;	/* unix time of MAIL, of the end of data */
	uint64_t	 ended_ms;
	uint64_t	 began_ms;	/* data began, less the time we were slow */
	uint64_t	 asked_ms;
	struct body	 body;		/* Received and message, or its start */
	struct data	 data;
	uint64_t	 chunk_left;	/* BDAT: octets still to come */
	uint64_t	 chunk_size;
	uint64_t	 saved_bytes;	/* with a spool file: octets in it */
	size_t		 kept;		/* of body: in the file already */
	uint64_t	 spool_id;	/* 0: all is in body */
	size_t		 replaced;	/* octets of the file's begin for which
					 * body stands, once accepted */
	struct sender_facts *spf;	/* one allocation; NULL: not known */
	char		*results;	/* fields from authentication; NULL */
	char		*rule;		/* the verdict's, for the log */
	char		*words;		/* of a push-back, should a filter ask
					 * for it; lines parted by \n; NULL */
	char		 words_code[4];
	char		 words_enhanced[12];
	char		*filter;	/* that decided; NULL: none was asked */
	const char	*filter_result;
	char		*filter_said;	/* its words; NULL */
	uint32_t	 action;	/* enum verdict_action */
	bool		 sender_asked;
	bool		 sender_answered;
	bool		 signed_aligned;
	bool		 judged;
	bool		 eightbit;
	bool		 utf8;
	bool		 quarantine;
	bool		 prdr;		/* MAIL asked for replies one by one */
	bool		 prdr_begun;	/* 353 was said */
	bool		 chunk_last;
	bool		 complete;	/* the end of data was seen */
};

struct transaction *transaction_new(const char *sender);
struct transaction *transaction_free(struct transaction *t);
/* A new recipient, not decided; address is copied. */
struct rcpt *transaction_add_rcpt(struct transaction *t, const char *address);
/* Takes out the recipients that were refused. */
void transaction_drop_refused(struct transaction *t);
/* How many of them the verdict did not refuse. */
size_t transaction_taken(const struct transaction *t);
void rcpt_set_targets(struct rcpt *rcpt, const struct target *targets,
    size_t count);
/* facts may be NULL; texts are copied. */
void transaction_set_spf(struct transaction *t,
    const struct sender_facts *facts);
/*
 * Makes the message what is kept of it: fields that claim to be our
 * Authentication-Results go, those of authentication and `prepend` come in
 * front.  With a spool file, body then stands for its first `replaced`
 * octets.  false: it has too many of such fields.
 */
bool transaction_compose(struct transaction *t, const char *host,
    const char *prepend);
/* The message as received, as far as it is in memory. */
const uint8_t *transaction_text(const struct transaction *t, size_t *ret_n);
/* Octets of the message with our fields, whether in memory or in the file. */
uint64_t transaction_size(const struct transaction *t);
/* The header section as received, without the empty line. */
const uint8_t *transaction_header(const struct transaction *t, size_t *ret_n);

#endif
