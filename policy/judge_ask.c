/* SPDX-License-Identifier: ISC */
/*
 * What a verdict waits for: how the author's domain fared over IPv4, which
 * the first process knows, and DNS.  Mostly both are there already; else the
 * question is kept, as octets.
 *
 *	judge_begin -> history_domain_record -> record_told -> dns_step -> judged
 */

#include "policy/judge.h"

#include "util/xalloc.h"

#define RECORDS_MAX	4096
#define RECORD_MS	(60 * 1000)

/* Texts of ask are the caller's while judge_begin runs, and then copies. */
struct kept {
	const struct policy_judge_ask	*live;	/* NULL: in octets */
	struct ipc_writer	 octets;
	bool			 ended;
	bool			 dry;
	struct history_counts	 record;
	void			(*judged)(void *, struct judgement *);
	void			*arg;
};

/* The question again, from its octets. */
static void
read_kept(const struct kept *k, struct ipc_reader *r,
    struct policy_judge_ask *ret_ask)
{
	ipc_reader_init(r, buf_bytes(&k->octets.buf),
	    buf_len(&k->octets.buf), NULL, 0);
	read_policy_judge_ask(r, ret_ask);
	if (!ipc_reader_finished(r))
		abort();	/* written here */
}

static void
write_kept(struct kept *k)
{
	struct policy_judge_ask small = *k->live;

	/* The header is not looked at here. */
	small.header = (struct ipc_bytes){ .data = "", .size = 0 };
	ipc_writer_init(&k->octets);
	write_policy_judge_ask(&k->octets, &small);
	k->live = NULL;
}

/* PTR and providers, both at once: true if all that they need is there. */
static bool
is_answered(const struct policy_judge_ask *ask, const struct answers *answers,
    struct questions *need)
{
	const struct asked_about about = judge_about(ask);
	struct iprev iprev;
	struct asked asked;
	bool known = iprev_of(&ask->peer, answers, need, &iprev);

	return asked_of(&about, answers, need, &asked) && known;
}

static bool
try_now(struct kept *k, const struct policy_judge_ask *ask,
    const struct answers *answers, struct questions *need)
{
	struct judgement j;

	if (need == NULL)
		abort();	/* a dozen questions are no trouble */
	if (!is_answered(ask, answers, need))
		return false;
	judge_message(ask, k->dry, answers, &k->record, &j);
	k->judged(k->arg, &j);
	judge_done(&j);
	return true;
}

static bool
dns_step(void *arg, const struct answers *answers, struct questions *need)
{
	struct kept *k = arg;
	struct policy_judge_ask ask;
	struct ipc_reader r;

	if (k->live != NULL) {
		k->ended = try_now(k, k->live, answers, need);
		return k->ended;
	}
	read_kept(k, &r, &ask);
	k->ended = try_now(k, &ask, answers, need);
	ipc_reader_done(&r);
	if (!k->ended)
		return false;
	ipc_writer_done(&k->octets);
	free(k);
	return true;
}

static void
record_told(void *arg, const struct history_counts *record)
{
	struct kept *k = arg;
	struct policy_judge_ask ask;
	struct ipc_reader r;

	k->record = *record;
	read_kept(k, &r, &ask);
	recent_put(judge.records, ask.from_domain, strlen(ask.from_domain),
	    xmemdup(record, sizeof *record),
	    uv_now(judge.child->loop) + RECORD_MS);
	ipc_reader_done(&r);
	inquirer_ask(judge.inquirer, JUDGE_WAIT_MS, dns_step, k);
}

void
judge_begin(const struct policy_judge_ask *ask, bool dry,
    void (*judged)(void *, struct judgement *), void *arg)
{
	const struct history_counts *record = NULL;
	struct kept *k = xcalloc(1, sizeof *k);

	*k = (struct kept){ .live = ask, .dry = dry, .judged = judged,
	    .arg = arg };
	if (judge.records == NULL)
		judge.records = recent_new(RECORDS_MAX, free);
	if (ask->authenticated) {
		record = recent_get(judge.records, ask->from_domain,
		    strlen(ask->from_domain), uv_now(judge.child->loop));
		if (record == NULL) {
			write_kept(k);
			history_domain_record(judge.history,
			    ask->from_domain, record_told, k);
			return;
		}
		k->record = *record;
	}
	inquirer_ask(judge.inquirer, JUDGE_WAIT_MS, dns_step, k);
	if (k->ended)
		free(k);
	else
		write_kept(k);
}
