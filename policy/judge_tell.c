/* SPDX-License-Identifier: ISC */
/* What is told and kept of a verdict. */

#include "policy/judge.h"

#include <time.h>

#include "policy/pushback.h"
#include "util/log.h"
#include "util/xalloc.h"

#define RCPTS_TEXT_MAX	1024
#define DNS_TEXT_MAX	4096

void
judge_log(const struct judgement *j)
{
	const struct policy_judge_ask *ask = j->ask;
	char held[FACTS_TEXT_SIZE];
	struct log_line l;

	log_start(&l, LOG_LEVEL_INFO, "verdict");
	log_text(&l, "session", ask->session);
	log_text(&l, "id", ask->message);
	log_addr(&l, "peer", &ask->peer);
	log_text(&l, "family", netaddr_is_ipv6(&ask->peer) ? "ipv6" : "ipv4");
	log_text(&l, "role", listener_role_name((enum listener_role)ask->role));
	log_text(&l, "verdict", verdict_action_name(j->outcome.action));
	log_text(&l, "rule", j->outcome.rule);
	log_text(&l, "facts", facts_format(j->verdict.facts.held, held));
	if (j->verdict.mixed)
		log_text(&l, "mixed", "yes");
	if (j->verdict.has_shadow) {
		log_text(&l, "shadow", verdict_action_name(j->verdict.shadow));
		log_text(&l, "shadow_rule", j->verdict.shadow_rule);
	}
	log_send(&l);
}

/* ---- the answer ---- */

/*
 * The words of a refusal.  A message that a filter will see over IPv6 gets
 * those of a push-back along, for what the filter does not like is pushed
 * back; over IPv4 the filter has words of its own.
 */
static bool
refusal_of(const struct judgement *j, struct pushback_reply *ret_reply)
{
	const struct config *config = judge.child->config;
	struct pushback_ask words = { .action = j->verdict.action,
	    .role = j->message.role, .fallback_code = config->fallback_code,
	    .message = j->ask->message,
	    .registration_url = config->registration_url,
	    .results = &j->results };

	if (verdict_accepts(words.action) && config->filter_count > 0 &&
	    rules_of_role(words.role) == RULES_IPV6)
		words.action = VERDICT_FALLBACK;
	if (verdict_accepts(words.action))
		return false;
	pushback_compose(&words, ret_reply);
	return true;
}

/* Of a dry run the answer alone tells why. */
static void
write_row(void *arg, const struct history_row *row)
{
	policy_admin_write(arg, row);
}

void
judge_reply(struct ipc_call *call, struct judgement *j)
{
	struct policy_opinion *opinions = NULL;
	const struct verdict *v = &j->verdict;
	char held[FACTS_TEXT_SIZE];
	struct policy_judge_answer answer = {
		.action = v->action,
		.rule = j->outcome.rule,
		.facts = facts_format(v->facts.held, held),
		.shadow = v->has_shadow ? verdict_action_name(v->shadow) : "",
		.shadow_rule = v->shadow_rule,
	};
	struct policy_text lines[PUSHBACK_LINES_MAX];
	struct pushback_reply reply;
	struct ipc_writer row;
	struct buf field;

	ipc_writer_init(&row);
	if (j->dry)
		judge_row(j, write_row, &row);
	answer.explained = (struct ipc_bytes){ buf_bytes(&row.buf),
	    buf_len(&row.buf) };
	buf_init(&field, sizeof j->results);
	if (refusal_of(j, &reply)) {
		answer.code = reply.code;
		answer.enhanced = reply.enhanced;
		for (size_t i = 0; i < reply.count; i++)
			lines[i].line = reply.lines[i];
		answer.reply = lines;
		answer.reply_count = (uint32_t)reply.count;
	}
	if (verdict_accepts(v->action) && j->ask->results[0] == '\0') {
		authresults_field(&j->results, &field);
		answer.prepend = buf_cstr(&field);
	}
	if (j->tells_each) {
		opinions = xcalloc(j->ask->rcpts_count + 1, sizeof *opinions);
		for (uint32_t i = 0; i < j->ask->rcpts_count; i++)
			opinions[i].action = judge_opinion(j, i)->action;
		answer.opinions = opinions;
		answer.opinions_count = j->ask->rcpts_count;
	}
	policy_judge_reply(call, &answer);
	free(opinions);
	buf_done(&field);
	ipc_writer_done(&row);
}

/* ---- the history ---- */

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
is_pushed_back(const struct judgement *j, size_t rcpt)
{
	return (j->tells_each ? judge_opinion(j, rcpt)->action :
	    j->outcome.action) == VERDICT_FALLBACK;
}

/* Sorted, so that the same recipients are the same text. */
static void
recipients_text(const struct judgement *j, bool pushed_back_only,
    struct buf *ret_text)
{
	const struct policy_judge_ask *ask = j->ask;
	const char **all = xcalloc(ask->rcpts_count + 1, sizeof *all);
	uint32_t n = 0;

	for (uint32_t i = 0; i < ask->rcpts_count; i++)
		if (!pushed_back_only || is_pushed_back(j, i))
			all[n++] = ask->rcpts[i].address;
	qsort(all, n, sizeof *all, compare_texts);
	buf_init(ret_text, RCPTS_TEXT_MAX);
	for (uint32_t i = 0; i < n; i++)
		if (!buf_addf(ret_text, "%s%s", i > 0 ? " " : "", all[i]))
			break;
	free(all);
}

static void
dns_text(const struct policy_judge_ask *ask, struct buf *ret_text)
{
	buf_init(ret_text, DNS_TEXT_MAX);
	for (uint32_t i = 0; i < ask->questions_count; i++)
		if (!buf_addf(ret_text, "%s\t%s\n",
		    ask->questions[i].question, ask->questions[i].answer))
			break;
}

static void
results_text(const struct authresults *results, struct buf *ret_text)
{
	buf_init(ret_text, sizeof *results);
	for (size_t i = 0; i < results->count; i++)
		buf_addf(ret_text, "%s%s", i > 0 ? " " : "",
		    results->pieces[i]);
}

static bool
in_a_book(const struct judgement *j)
{
	for (size_t i = 0; i < j->signs.answers.recipients; i++)
		if (j->signs.answers.addressbook[i] == LIST_YES)
			return true;
	return false;
}

void
judge_row(struct judgement *j,
    void (*use)(void *arg, const struct history_row *row), void *arg)
{
	const struct policy_judge_ask *ask = j->ask;
	const struct verdict *v = &j->verdict;
	bool ipv6 = netaddr_is_ipv6(&ask->peer);
	struct netblock network = netblock_of(&ask->peer, ipv6 ? 48 : 24);
	const char *author = verdict_authenticated(&j->message);
	char peer[NETADDR_TEXT_SIZE], block[NETADDR_TEXT_SIZE];
	char held[FACTS_TEXT_SIZE], unknown[FACTS_TEXT_SIZE];
	struct buf recipients, pushed_back, dns, results;
	struct history_row row = {
		.message = ask->message, .at = (uint64_t)time(NULL),
		.session = ask->session,
		.peer = netaddr_format(&ask->peer, peer),
		.network = netblock_format(&network, block), .ipv6 = ipv6,
		.role = listener_role_name(j->message.role),
		.helo = ask->helo, .sender = ask->sender, .author = ask->from,
		.author_domain = ask->from_domain,
		.authenticated = author != NULL, .in_a_book = in_a_book(j),
		.message_id_hash = ask->message_id_hash,
		.action = verdict_action_name(j->outcome.action),
		.rule = j->outcome.rule,
		.shadow = v->has_shadow ? verdict_action_name(v->shadow) : "",
		.shadow_rule = v->shadow_rule, .mixed = v->mixed,
		.accepted = j->outcome.action == VERDICT_ACCEPT ||
		    j->outcome.action == VERDICT_FILTER,
		.facts = facts_format(v->facts.held, held),
		.unknown = facts_format(v->facts.unknown, unknown),
		.reasons = buf_cstr(&j->reasons),
		.tried = buf_cstr(&j->tried),
	};

	recipients_text(j, false, &recipients);
	recipients_text(j, true, &pushed_back);
	dns_text(ask, &dns);
	results_text(&j->results, &results);
	row.recipients = buf_cstr(&recipients);
	row.pushed_back_for = buf_cstr(&pushed_back);
	/* Only what is pushed back tells anything about books. */
	if (row.pushed_back_for[0] != '\0' &&
	    rules_of_role(j->message.role) == RULES_IPV6)
		row.guesses = (uint32_t)j->signs.misses;
	row.dns = buf_cstr(&dns);
	row.results = buf_cstr(&results);
	use(arg, &row);
	buf_done(&recipients);
	buf_done(&pushed_back);
	buf_done(&dns);
	buf_done(&results);
}
