/* SPDX-License-Identifier: ISC */
/* The verdict on one message, once everything that it needs is there. */

#include "policy/judge.h"

#include <inttypes.h>
#include <time.h>

#include "policy/share.h"
#include "util/log.h"
#include "util/xalloc.h"

#define TEXT_MAX	8192	/* of reasons, of rules tried */

bool
judge_ask_is_sound(const struct policy_judge_ask *ask)
{
	for (uint32_t i = 0; i < ask->signatures_count; i++)
		if (ask->signatures[i].result > DKIM_RESULT_PERMERROR)
			return false;
	return ask->role <= ROLE_DEFENSIVE &&
	    ask->push_back <= PUSH_BACK_NEVER &&
	    ask->spf <= SPF_RESULT_PERMERROR &&
	    ask->from_status <= FROM_MALFORMED &&
	    ask->dmarc <= DMARC_RESULT_PERMERROR &&
	    ask->dmarc_policy <= DMARC_POLICY_REJECT;
}

static void
set_signatures(struct judgement *j)
{
	const struct policy_judge_ask *ask = j->ask;
	struct verdict_auth *auth = &j->message.auth;
	uint64_t most = judge.child->config->dkim_replay_max;

	for (uint32_t i = 0; i < ask->signatures_count &&
	    i < VERDICT_SIGNATURES_MAX; i++) {
		const struct policy_signature *s = &ask->signatures[i];

		if (s->result == DKIM_RESULT_PASS && s->b[0] != '\0' && !j->dry)
			share_signature(s->b, ask->rcpts_count);
		auth->signatures[i] = (struct verdict_signature){
			.result = (enum dkim_result)s->result,
			.domain = s->domain,
			.aligned = s->aligned != 0,
			.same_registrable = s->same_registrable != 0,
			.replayed = s->result == DKIM_RESULT_PASS &&
			    s->b[0] != '\0' && replay_count(judge.replay,
			    s->b, j->dry ? 0 : ask->rcpts_count, most,
			    uv_now(judge.child->loop)),
		};
		auth->signature_count++;
	}
}

static void
set_message(struct judgement *j)
{
	const struct policy_judge_ask *ask = j->ask;

	j->message = (struct verdict_message){
		.peer = ask->peer,
		.role = (enum listener_role)ask->role,
		.push_back = (enum push_back_mode)ask->push_back,
		.helo = ask->helo,
		.sender = ask->sender,
		.relay = block_list_contains(
		    &judge.child->config->relay_networks, &ask->peer),
		.tls = ask->tls != 0,
		.auth = {
			.known = ask->auth_known != 0,
			.spf = (enum spf_result)ask->spf,
			.spf_best_guess = ask->spf_best_guess != 0,
			.spf_aligned = ask->spf_aligned != 0,
			.spf_domain = ask->spf_domain,
			.from_status = (enum from_status)ask->from_status,
			.from = ask->from,
			.from_domain = ask->from_domain,
			.dmarc = (enum dmarc_result)ask->dmarc,
			.dmarc_policy = (enum dmarc_policy)ask->dmarc_policy,
			.dmarc_testing = ask->dmarc_testing != 0,
			.authenticated = ask->authenticated != 0,
		},
	};
	set_signatures(j);
}

/* ---- the reasons, for mx6ctl explain ---- */

static void
explain_auth(struct judgement *j)
{
	const struct policy_judge_ask *ask = j->ask;
	struct buf *b = &j->reasons;

	if (!ask->auth_known) {
		buf_add_str(b, "authenticated\tmx6d-auth did not answer\n");
		return;
	}
	if (ask->spf_domain[0] != '\0')
		buf_addf(b, "spf\t%s%s: %s%s%s%s\n", ask->spf_domain,
		    ask->spf_best_guess ? " (best guess)" : "",
		    ask->spf_record[0] != '\0' ? "\"" : "", ask->spf_record,
		    ask->spf_record[0] != '\0' ? "\", " : "", ask->spf_why);
	for (uint32_t i = 0; i < ask->signatures_count &&
	    i < VERDICT_SIGNATURES_MAX; i++) {
		const struct policy_signature *s = &ask->signatures[i];

		buf_addf(b, "dkim\td=%s s=%s %s%s%s%s%s\n", s->domain,
		    s->selector, s->result == DKIM_RESULT_PASS ? "pass" :
		    "no pass", s->aligned ? ", aligned" : "",
		    j->message.auth.signatures[i].replayed ?
		    ", came to too many recipients today" : "",
		    s->why[0] != '\0' ? ", " : "", s->why);
	}
	if (ask->dmarc_domain[0] != '\0')
		buf_addf(b, "dmarc\t%s: \"%s\"\n", ask->dmarc_domain,
		    ask->dmarc_record);
	if (verdict_authenticated(&j->message) != NULL)
		buf_addf(b, "authenticated\t%s\n", ask->authenticated_by);
}

static void
explain_client(struct judgement *j)
{
	for (size_t i = 0; i < j->iprev.count; i++)
		buf_addf(&j->reasons, "fcrdns\t%s\n", j->iprev.names[i]);
}

/* What a rule wanted and did not get. */
static void
explain_rule(struct judgement *j, const struct rule *rule,
    const struct facts *facts)
{
	char lacks[FACTS_TEXT_SIZE], against[FACTS_TEXT_SIZE];

	facts_format(rule->must & ~facts->held, lacks);
	facts_format(rule->must_not & (facts->held | facts->unknown),
	    against);
	buf_addf(&j->tried, "%s\t%s%s%s%s%s\n", rule->name,
	    lacks[0] != '\0' ? "lacks " : "", lacks,
	    lacks[0] != '\0' && against[0] != '\0' ? "; " : "",
	    against[0] != '\0' ? "against it: " : "", against);
}

static void
explain_rules(struct judgement *j)
{
	const struct facts *facts = &j->verdict.facts;
	size_t count;
	const struct rule *rules = rules_list(judge.rules,
	    rules_of_role(j->message.role), &count);

	for (size_t i = 0; i < count; i++) {
		if (rule_holds(&rules[i], facts)) {
			buf_addf(&j->tried, "%s\tholds: %s\n", rules[i].name,
			    verdict_action_name(rules[i].action));
			break;
		}
		explain_rule(j, &rules[i], facts);
	}
	if (j->verdict.mixed)
		buf_addf(&j->tried, "(recipients)\tare judged differently%s\n",
		    j->ask->each ? ", and told so one by one" : "");
	if (j->message.push_back != PUSH_BACK_JUDGE)
		buf_addf(&j->tried, "(listener)\tis set to push back %s\n",
		    j->message.push_back == PUSH_BACK_ALWAYS ? "always" :
		    "never");
}

static void
look_up(struct judgement *j, const struct history_counts *record)
{
	const struct policy_judge_ask *ask = j->ask;
	const char **rcpts = xcalloc(ask->rcpts_count + 1, sizeof *rcpts);
	const struct signs_ask question = {
		.lists = judge.lists,
		.known = judge.known,
		.config = judge.child->config,
		.message = &j->message,
		.iprev = &j->iprev,
		.asked = &j->asked,
		.record = record,
		.rcpts = rcpts,
		.rcpt_count = ask->rcpts_count,
		.now_ms = uv_now(judge.child->loop),
		.now = (int64_t)time(NULL),
	};

	for (uint32_t i = 0; i < ask->rcpts_count; i++)
		rcpts[i] = ask->rcpts[i].address;
	signs_look_up(&question, &j->signs, &j->reasons);
	free(rcpts);
}

struct asked_about
judge_about(const struct policy_judge_ask *ask)
{
	return (struct asked_about){
		.config = judge.child->config,
		.peer = ask->peer,
		.role = (enum listener_role)ask->role,
		.domain = ask->authenticated ? ask->from_domain : NULL,
	};
}

const struct opinion *
judge_opinion(const struct judgement *j, size_t rcpt)
{
	return &j->verdict.of[j->signs.answers.addressbook[rcpt]];
}

/* A message whose recipients are told one by one is taken if it is for one
 * of them.  A lab's override is for all. */
static void
decide(struct judgement *j)
{
	const struct verdict *v = &j->verdict;
	struct opinion taken = verdict_taken(v);

	j->tells_each = j->ask->each && v->mixed &&
	    j->message.push_back == PUSH_BACK_JUDGE;
	j->outcome = j->tells_each && taken.rule != NULL ? taken :
	    (struct opinion){ v->action, v->rule };
}

static void
explain_recipients(struct judgement *j)
{
	for (uint32_t i = 0; j->tells_each && i < j->ask->rcpts_count; i++) {
		const struct opinion *own = judge_opinion(j, i);

		buf_addf(&j->reasons, "recipient\t%s: %s by rule %s\n",
		    j->ask->rcpts[i].address,
		    verdict_action_name(own->action), own->rule);
	}
}

void
judge_message(const struct policy_judge_ask *ask, bool dry,
    const struct answers *answers, const struct history_counts *record,
    struct judgement *j)
{
	const struct asked_about about = judge_about(ask);
	struct questions need = { .count = 0 };
	struct facts facts;

	*j = (struct judgement){ .ask = ask, .dry = dry };
	buf_init(&j->reasons, TEXT_MAX);
	buf_init(&j->tried, TEXT_MAX);
	set_message(j);
	if (!facts_of(&j->message, answers, &need, &facts, &j->iprev) ||
	    !asked_of(&about, answers, &need, &j->asked))
		abort();	/* judge_ask.c asks for all that they need */
	explain_auth(j);
	explain_client(j);
	look_up(j, record);
	verdict_of(&j->message, &facts, &j->signs.answers, judge.rules,
	    &j->verdict);
	decide(j);
	explain_rules(j);
	explain_recipients(j);
	if (!authresults_read(ask->results, &j->results)) {
		authresults_init(&j->results, judge.child->config->hostname);
		authresults_add_iprev(&j->results, &ask->peer, &j->iprev);
	}
}

void
judge_done(struct judgement *j)
{
	signs_done(&j->signs);
	buf_done(&j->reasons);
	buf_done(&j->tried);
}
