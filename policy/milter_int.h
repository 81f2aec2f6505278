/* SPDX-License-Identifier: ISC */
#ifndef POLICY_MILTER_INT_H
#define POLICY_MILTER_INT_H

/* The inside of policy/milter.h, shared by its three files only. */

#include "policy/milter.h"
#include "policy/milter_wire.h"
#include "util/buf.h"

enum milter_stage {
	MILTER_NEGOTIATE,
	MILTER_CONNECT,
	MILTER_HELO,
	MILTER_MAIL,
	MILTER_RCPT,
	MILTER_DATA,
	MILTER_HEADER,
	MILTER_EOH,
	MILTER_BODY,
	MILTER_END,
};

struct milter {
	const struct milter_message *message;
	uint64_t		 timeout_ms;
	uint64_t		 due_ms;	/* of silence */
	uint64_t		 total_ms;	/* of all */
	struct buf		 out;
	struct buf		 in;
	uint64_t		 replied;	/* octets of replies */
	uint32_t		 version;
	uint32_t		 steps;		/* enum wire_steps, as agreed */
	uint32_t		 actions;	/* enum wire_actions */
	enum milter_stage	 stage;
	size_t			 rcpt_next;
	size_t			 header_next;
	uint64_t		 body_done;
	bool			 skip_body;
	bool			 nothing_put;	/* the field has no name */
	bool			 waiting;	/* for a reply to this stage */
	bool			 ended;
	struct milter_edit	*edits;
	char			 code[4];
	char			 enhanced[WIRE_ENHANCED_SIZE];
	char			 text[WIRE_TEXT_SIZE];
	char			*why;
	struct milter_result	 result;
};

/* milter.c: goes on with the stages until something is awaited. */
void milter_go_on(struct milter *m);
/* The stage has its reply, which was to continue. */
void milter_answered(struct milter *m);
/* milter_put.c: one frame more in m->out, for the stage of that name. */
void milter_put_negotiate(struct milter *m);
void milter_put_connect(struct milter *m);
void milter_put_helo(struct milter *m);
void milter_put_mail(struct milter *m);
void milter_put_rcpt(struct milter *m);
void milter_put_data(struct milter *m);
void milter_put_header(struct milter *m);
void milter_put_eoh(struct milter *m);
void milter_put_end(struct milter *m);
/* milter_reply.c */
void milter_drop_edits(struct milter *m);

#endif
