/* SPDX-License-Identifier: ISC */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

/*
 * What the files of mx6d-policy share.  The judgement itself is pure
 * (policy/verdict.h); here are the questions that come before it and what is
 * told and kept afterwards:
 *
 *	serve_policy_judge	what is lacking: the domain's record, DNS
 *	judge_message		lists, verdict, reasons
 *	judge_reply		the answer; the row for the history
 */

#include "policy/asked.h"
#include "policy/authresults.h"
#include "policy/history.h"
#include "policy/inquiry.h"
#include "policy/insistent.h"
#include "policy/known.h"
#include "policy/policy_ipc.h"
#include "policy/recent.h"
#include "policy/replay.h"
#include "policy/signs.h"

struct judge {
	struct child	*child;
	struct rules	*rules;
	struct lists	*lists;
	struct known	*known;		/* what the lists say, cached */
	struct inquirer	*inquirer;	/* what DNS says */
	struct history	*history;
	struct replay	*replay;
	struct insistent *insistent;	/* at defensive listeners */
	struct recent	*records;	/* struct history_counts by domain */
	struct recent	*waiting;	/* for filters: judge_filtered.c */
};
extern struct judge judge;

/* A client whose name servers are slow is not waited for. */
#define JUDGE_WAIT_MS	3000

/* One message under judgement.  Texts belong to ask, or to bufs here. */
struct judgement {
	const struct policy_judge_ask	*ask;
	bool				 dry;	/* leaves no trace */
	struct verdict_message		 message;
	struct iprev			 iprev;
	struct asked			 asked;
	struct signs			 signs;
	struct verdict			 verdict;
	bool				 tells_each;	/* what is said of him */
	struct opinion			 outcome;	/* of the whole message */
	struct authresults		 results;
	struct buf			 reasons;	/* lines, as in history.msg */
	struct buf			 tried;
};

/* Its numbers are words of ours. */
bool judge_ask_is_sound(const struct policy_judge_ask *ask);
/* What providers are asked about for this message. */
struct asked_about judge_about(const struct policy_judge_ask *ask);
/* All answers are there. */
void judge_message(const struct policy_judge_ask *ask, bool dry,
    const struct answers *answers, const struct history_counts *record,
    struct judgement *ret_judgement);
void judge_done(struct judgement *judgement);
/* What the rules say of one recipient. */
const struct opinion *judge_opinion(const struct judgement *judgement,
    size_t rcpt);

/* policy/judge_tell.c: the answer to mx6d-smtp, the log line, and the row of
 * the history, which is valid until `use` returns. */
void judge_reply(struct ipc_call *call, struct judgement *judgement);
void judge_log(const struct judgement *judgement);
void judge_row(struct judgement *judgement,
    void (*use)(void *arg, const struct history_row *row), void *arg);

/* policy/judge_client.c: who a client is, by its address; what providers say
 * of it is asked at the same time, for later. */
void judge_client(struct ipc_call *call, const struct policy_client_ask *ask);

/* policy/judge_best_guess.c: SPF records for domains that publish none. */
bool judge_has_best_guesses(void);
void judge_best_guess(struct ipc_call *call,
    const struct policy_best_guess_ask *ask);

/* policy/judge_ask.c: asks for what is lacking and calls judged.  Texts of ask
 * need not outlive the call. */
void judge_begin(const struct policy_judge_ask *ask, bool dry,
    void (*judged)(void *arg, struct judgement *judgement), void *arg);

/* policy/first.c: what the first process offers the others. */
const struct ipc_service *first_offer(void);

/* policy/policy_admin.c: what is offered to mx6ctl. */
const struct ipc_service *policy_admin_offer(void);
/* The answer to `explain` for this row, as octets. */
void policy_admin_write(struct ipc_writer *w, const struct history_row *row);

/* policy/judge_filtered.c: a filter will see this message; what waits for
 * that; what it said; and the end. */
bool judge_awaits_filter(const struct judgement *judgement);
void judge_await_filter(struct judgement *judgement);
void judge_filtered(const struct policy_filtered_ask *ask);
void judge_filtered_stop(void);

/* policy/judge_gather.c: addressbooks that gather themselves. */
bool judge_gather_start(void);
/* filtered: a filter has still to see the message. */
void judge_gather(const struct judgement *judgement, bool filtered);
/* What became of a message that a filter had to see. */
void judge_gather_settle(const char *message, bool accepted);
void judge_gather_stop(void);		/* writes what waits */

/* policy/judge_suggest.c: suggestions for the greenlist, followed by rule;
 * in the first process alone. */
bool judge_suggest_start(void);

#endif
