/* SPDX-License-Identifier: ISC */
/*
 * An SPF record for a domain that publishes none: a row of the operator's
 * table, else what the first provider of such records that has one says.
 * mx6d-auth parses it; here it is so many octets.
 */

#include "policy/judge.h"

#include "policy/spf.h"
#include "util/log.h"
#include "util/xalloc.h"

#define GUESS_SIZE	(SPF_RECORD_MAX + 1)	/* a longer one is none */

struct guessing {
	struct ipc_call	*call;
	char		 domain[DOMAIN_SIZE];
};

bool
judge_has_best_guesses(void)
{
	const struct config *config = judge.child->config;

	for (size_t i = 0; i < config->provider_count; i++)
		if (config->providers[i].kind == PROVIDER_SPF)
			return true;
	return known_has_best_guesses(judge.known, uv_now(judge.child->loop));
}

static void
reply(struct ipc_call *call, const char *record)
{
	const struct policy_best_guess_answer answer = { .record = record };

	policy_best_guess_reply(call, &answer);
}

/* Several records would be as good as none (RFC 7208 4.5). */
static bool
take_record(const struct dns_answer *answer,
    char ret_record[static GUESS_SIZE])
{
	const struct dns_text *t = answer->texts;

	if (answer->text_count != 1 || answer->cut || t->size >= GUESS_SIZE ||
	    memchr(t->data, '\0', t->size) != NULL)
		return false;
	memcpy(ret_record, t->data, t->size);
	ret_record[t->size] = '\0';
	return true;
}

static bool
guess_step(void *arg, const struct answers *answers, struct questions *need)
{
	struct guessing *g = arg;
	const struct config *config = judge.child->config;
	char record[GUESS_SIZE] = "", name[DOMAIN_SIZE];
	bool complete = true;

	for (size_t i = 0; i < config->provider_count && need != NULL; i++) {
		const struct config_provider *p = &config->providers[i];
		const struct dns_answer *answer;

		if (p->kind != PROVIDER_SPF ||
		    !provider_domain_name(g->domain, p->zone, name))
			continue;
		answer = answers_want(answers, DNS_TXT, name, need);
		if (answer == NULL)
			complete = false;
		else if (complete && take_record(answer, record))
			break;
	}
	if (!complete)
		return false;
	reply(g->call, record);
	free(g);
	return true;
}

void
judge_best_guess(struct ipc_call *call, const struct policy_best_guess_ask *ask)
{
	char record[LISTS_VALUE_SIZE];
	struct guessing *g;

	switch (lists_best_guess(judge.lists, ask->domain, record)) {
	case LISTS_OK:
		reply(call, record);
		return;
	case LISTS_ABSENT:
		break;
	case LISTS_EXISTS:
	case LISTS_REFUSED:
	case LISTS_TROUBLE:
		log_say(LOG_LEVEL_ERROR, "lists", "%s",
		    lists_why(judge.lists));
		reply(call, "");
		return;
	}
	g = xcalloc(1, sizeof *g);
	g->call = call;
	if (!domain_parse(ask->domain, strlen(ask->domain), true, g->domain)) {
		reply(call, "");
		free(g);
		return;
	}
	inquirer_ask(judge.inquirer, JUDGE_WAIT_MS, guess_step, g);
}
