/* SPDX-License-Identifier: ISC */
/*
 * What a verdict waits for: how the author's domain fared over IPv4, which
 * the first process knows, and DNS.  Mostly both are there already; else the
 * question is kept, as the octets it came as.
 *
 *	judge_begin -> ask_record -> ask_dns -> judged
 */

#include "policy/judge.h"

#include "util/xalloc.h"

#define RECORDS_MAX	4096
#define RECORD_MS	(60 * 1000)

struct kept {
	struct ipc_writer	 octets;
	bool			 dry;
	struct history_counts	 record;
	void			(*judged)(void *, struct judgement *);
	void			*arg;
};

static void
judge_now(const struct policy_judge_ask *ask, bool dry,
    const struct answers *answers, const struct history_counts *record,
    void (*judged)(void *, struct judgement *), void *arg)
{
	struct judgement j;

	judge_message(ask, dry, answers, record, &j);
	judged(arg, &j);
	judge_done(&j);
}

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
dns_told(void *arg, const struct answers *answers)
{
	struct kept *k = arg;
	struct policy_judge_ask ask;
	struct ipc_reader r;

	read_kept(k, &r, &ask);
	judge_now(&ask, k->dry, answers, &k->record, k->judged, k->arg);
	ipc_reader_done(&r);
	ipc_writer_done(&k->octets);
	free(k);
}

static void
ask_dns(struct kept *k)
{
	struct policy_judge_ask ask;
	struct ipc_reader r;
	const struct answers *known;
	struct netaddr peer;

	read_kept(k, &r, &ask);
	peer = ask.peer;
	ipc_reader_done(&r);
	known = clients_known(judge.clients, &peer);
	if (known != NULL)
		dns_told(k, known);
	else
		clients_ask(judge.clients, &peer, dns_told, k);
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
	ask_dns(k);
}

static struct kept *
keep(const struct policy_judge_ask *ask, bool dry,
    void (*judged)(void *, struct judgement *), void *arg)
{
	struct policy_judge_ask small = *ask;
	struct kept *k = xcalloc(1, sizeof *k);

	/* The header is not looked at here. */
	small.header = (struct ipc_bytes){ .data = "", .size = 0 };
	ipc_writer_init(&k->octets);
	write_policy_judge_ask(&k->octets, &small);
	k->dry = dry;
	k->judged = judged;
	k->arg = arg;
	return k;
}

void
judge_begin(const struct policy_judge_ask *ask, bool dry,
    void (*judged)(void *, struct judgement *), void *arg)
{
	static const struct history_counts none;
	uint64_t now_ms = uv_now(judge.child->loop);
	const struct answers *known = clients_known(judge.clients, &ask->peer);
	const struct history_counts *record = &none;
	struct kept *k;

	if (judge.records == NULL)
		judge.records = recent_new(RECORDS_MAX, free);
	if (ask->authenticated)
		record = recent_get(judge.records, ask->from_domain,
		    strlen(ask->from_domain), now_ms);
	if (record != NULL && known != NULL) {
		judge_now(ask, dry, known, record, judged, arg);
		return;
	}
	k = keep(ask, dry, judged, arg);
	if (record == NULL) {
		history_domain_record(judge.history, ask->from_domain,
		    record_told, k);
		return;
	}
	k->record = *record;
	ask_dns(k);
}
