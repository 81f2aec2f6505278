/* SPDX-License-Identifier: ISC */
/* What happened to each connection and message: log lines and counts. */
#include "smtpd/smtp.h"

#include <string.h>

#include "policy/policy.h"
#include "policy/policy_ipc.h"
#include "smtpd/reply.h"
#include "util/log.h"

#define FILTERED_MS	10000

static const char *const actions[] = {
	[VERDICT_ACCEPT] = "accept",
	[VERDICT_FILTER] = "filter",
	[VERDICT_FALLBACK] = "fallback",
	[VERDICT_REJECT] = "reject",
	[VERDICT_DEFER] = "defer",
	[VERDICT_QUARANTINE] = "quarantine",
};

static void
log_place(struct log_line *l, const struct session *s)
{
	const struct session_place *place = session_place(s);

	log_text(l, "session", session_id(s));
	log_addr(l, "peer", &place->peer);
	log_text(l, "family", netaddr_is_ipv6(&place->peer) ? "ipv6" : "ipv4");
	log_text(l, "role", listener_role_name(place->role));
}

void
log_connect(const struct visit *v)
{
	struct log_line l;

	log_start(&l, LOG_LEVEL_INFO, "connect");
	log_place(&l, v->session);
	log_addr(&l, "local", &session_place(v->session)->local);
	log_send(&l);
}

void
log_disconnect(const struct visit *v, const char *why)
{
	struct log_line l;

	log_start(&l, LOG_LEVEL_INFO, "disconnect");
	log_text(&l, "session", session_id(v->session));
	log_addr(&l, "peer", &session_place(v->session)->peer);
	log_number(&l, "messages", v->messages);
	log_seconds(&l, "time", smtp_now_ms() - v->began_ms);
	if (why != NULL)
		log_text(&l, "why", why);
	log_send(&l);
}

void
log_refused(const struct netaddr *peer, enum limits_answer why, uint64_t count)
{
	struct log_line l;

	log_start(&l, LOG_LEVEL_WARNING, "refuse");
	log_addr(&l, "peer", peer);
	log_text(&l, "limit", limits_answer_name(why));
	log_number(&l, "count", count);
	log_send(&l);
}

static void
add_to_counts(struct visit *v, const struct session_report *r)
{
	struct smtp_counts *counts = &smtp.counts;

	if (r->code[0] == '2') {
		counts->accepted++;
		v->messages++;
	} else if (r->t->judged && r->t->action == VERDICT_FALLBACK)
		counts->pushed_back++;
	else if (r->code[0] == '5')
		counts->rejected++;
	else
		counts->deferred++;
}

static void
policy_told(void *arg, enum ipc_status status,
    const struct policy_filtered_answer *answer)
{
	(void)arg;
	(void)status;
	(void)answer;
}

/* The history waits for it; a message does not.  code: the reply's. */
static void
tell_policy(const struct transaction *t, const char *code)
{
	const char *result = t->filter != NULL ? t->filter_result :
	    "not asked";
	const struct policy_filtered_ask ask = {
		.message = t->id,
		.filter = t->filter != NULL ? t->filter : "none",
		.result = result,
		.said = t->filter_said != NULL ? t->filter_said : "",
		.spam = strcmp(result, "spam") == 0 ||
		    strcmp(result, "malware") == 0,
		.taken = code[0] == '2',
		.pushed_back = t->action == VERDICT_FALLBACK,
		.later = code[0] == '4',
	};

	policy_filtered(child_peer(PROCESS_POLICY), &ask, FILTERED_MS,
	    policy_told, NULL);
}

void
log_report(void *arg, const struct session *s, const struct session_report *r)
{
	const struct transaction *t = r->t;
	struct log_line l;

	(void)arg;
	add_to_counts(session_owner(s), r);
	log_start(&l, LOG_LEVEL_INFO, "message");
	log_text(&l, "id", t->id);
	log_place(&l, s);
	log_text(&l, "helo", session_client_name(s));
	log_text(&l, "tls", session_is_tls(s) ? "yes" : "no");
	log_mailbox(&l, "from", t->sender);
	if (t->rcpt_count > 0)
		log_mailbox(&l, "to", t->rcpts[0].address);
	log_number(&l, "rcpts", t->rcpt_count);
	if (t->prdr_begun)
		log_number(&l, "taken_for", r->code[0] != '2' ? 0 :
		    transaction_taken(t));
	log_number(&l, "size", t->data.size);
	if (t->judged) {
		log_text(&l, "verdict", t->action < sizeof actions /
		    sizeof actions[0] ? actions[t->action] : "?");
		log_text(&l, "rule", t->rule);
	}
	if (t->filter != NULL) {
		log_text(&l, "filter", t->filter);
		log_text(&l, "result", t->filter_result);
	}
	log_text(&l, "reply", r->code);
	log_text(&l, "enhanced", r->enhanced);
	log_send(&l);
	if (t->filter != NULL)
		tell_policy(t, r->code);
}

void
log_unheard(const struct visit *v, bool taken)
{
	const struct transaction *t = session_transaction(v->session);

	if (t != NULL)
		tell_policy(t, reply_code(taken ? REPLY_QUEUED :
		    REPLY_DEFERRED));
}

void
log_refused_recipient(void *arg, const struct session *s,
    const struct rcpt *rcpt)
{
	struct log_line l;

	(void)arg;
	log_start(&l, LOG_LEVEL_INFO, "recipient");
	log_place(&l, s);
	log_text(&l, "helo", session_client_name(s));
	log_mailbox(&l, "from", session_transaction(s)->sender);
	log_mailbox(&l, "to", rcpt->address);
	log_text(&l, "reply", reply_code(rcpt->reply));
	log_text(&l, "enhanced", reply_enhanced(rcpt->reply));
	log_send(&l);
}
