/* SPDX-License-Identifier: ISC */
/*
 * Identities in, our evaluation, the library's opinion, a result.
 *
 *	we say			libspf2		result
 *	anything but pass	not asked	ours
 *	pass			pass		pass
 *	pass			neutral, softfail, fail, temperror	its
 *	pass			anything else	permerror
 */

#include "policy/spf.h"

#include "policy/spf_eval.h"
#include "policy/spf_lib.h"
#include "util/number.h"

#define POSTMASTER	"postmaster"
#define LOCAL_SIZE	256
#define SENDER_SIZE	(LOCAL_SIZE + DOMAIN_SIZE)

struct identity {
	char	local[LOCAL_SIZE];
	char	domain[DOMAIN_SIZE];	/* "": it is none (4.3) */
};

const char *
spf_result_word(enum spf_result result)
{
	switch (result) {
	case SPF_RESULT_NONE:
		return "none";
	case SPF_RESULT_NEUTRAL:
		return "neutral";
	case SPF_RESULT_PASS:
		return "pass";
	case SPF_RESULT_FAIL:
		return "fail";
	case SPF_RESULT_SOFTFAIL:
		return "softfail";
	case SPF_RESULT_TEMPERROR:
		return "temperror";
	case SPF_RESULT_PERMERROR:
		return "permerror";
	}
	abort();
}

static void
set_domain(struct identity *id, const char *domain)
{
	if (!domain_parse(domain, strlen(domain), true, id->domain) ||
	    strchr(id->domain, '.') == NULL)
		id->domain[0] = '\0';
}

/* 2.4, 4.3: without a local part it is the postmaster. */
static struct identity
identity_of(const struct spf_query *query, const char *sender)
{
	struct identity id = { .local = POSTMASTER };
	const char *at = strrchr(sender, '@');

	if (at == NULL) {
		set_domain(&id, query->helo);
		return id;
	}
	set_domain(&id, at + 1);
	if (at - sender >= LOCAL_SIZE)
		id.domain[0] = '\0';
	else if (at > sender)
		snprintf(id.local, sizeof id.local, "%.*s",
		    (int)(at - sender), sender);
	return id;
}

/* What becomes of our pass. */
static enum spf_result
weigh(enum spf_lib_opinion opinion)
{
	switch (opinion) {
	case SPF_LIB_PASS:
		return SPF_RESULT_PASS;
	case SPF_LIB_NEUTRAL:
		return SPF_RESULT_NEUTRAL;
	case SPF_LIB_SOFTFAIL:
		return SPF_RESULT_SOFTFAIL;
	case SPF_LIB_FAIL:
		return SPF_RESULT_FAIL;
	case SPF_LIB_TEMPERROR:
	case SPF_LIB_WAITS:
		return SPF_RESULT_TEMPERROR;
	case SPF_LIB_OTHER:
		return SPF_RESULT_PERMERROR;
	}
	abort();
}

/* false: it has questions first. */
static bool
ask_library(const struct spf_query *query, const struct identity *id,
    const struct answers *answers, struct questions *need,
    const char *record, struct spf_outcome *outcome)
{
	char sender[SENDER_SIZE], ours[SPF_WHY_SIZE];
	struct spf_lib_query lib = { .peer = &query->peer,
	    .helo = query->helo, .sender = sender, .domain = id->domain,
	    .record = record, .answers = answers, .need = need,
	    .plain = spf_plain };
	enum spf_lib_opinion opinion;

	snprintf(sender, sizeof sender, "%s@%s", id->local, id->domain);
	opinion = spf_lib_check(&lib);
	if (opinion == SPF_LIB_WAITS)
		return false;
	if (opinion == SPF_LIB_PASS)
		return true;
	outcome->result = weigh(opinion);
	memcpy(ours, outcome->why, sizeof ours);
	snprintf(outcome->why, sizeof outcome->why,
	    "libspf2 says %s, we would pass by %.400s",
	    spf_result_word(outcome->result), ours);
	return true;
}

static bool
check(const struct spf_query *query, const char *sender,
    const struct answers *answers, struct questions *need,
    const char *record, struct spf_outcome *outcome)
{
	struct identity id = identity_of(query, sender);
	struct spf_eval eval = { .peer = &query->peer, .helo = query->helo,
	    .local = id.local, .sender_domain = id.domain,
	    .answers = answers, .need = need };

	*outcome = (struct spf_outcome){ .best_guess = record != NULL };
	strcpy_bounded(outcome->domain, DOMAIN_SIZE, id.domain);
	if (!spf_check_host(&eval, id.domain, record, &outcome->result,
	    outcome))
		return false;
	strcpy_bounded(outcome->why, sizeof outcome->why, eval.why);
	return outcome->result != SPF_RESULT_PASS ||
	    ask_library(query, &id, answers, need, record, outcome);
}

/* The domain is there, and says nothing. */
static bool
publishes_none(const struct answers *answers,
    const struct spf_outcome *outcome)
{
	if (outcome->result != SPF_RESULT_NONE || outcome->domain[0] == '\0')
		return false;
	for (size_t i = 0; i < answers->count; i++)
		if (answers->items[i].type == DNS_TXT &&
		    strcmp(answers->items[i].name, outcome->domain) == 0)
			return answers->items[i].status != DNS_NXDOMAIN;
	return false;
}

bool
spf_helo(const struct spf_query *query, const struct answers *answers,
    struct questions *need, struct spf_outcome *ret_outcome)
{
	return check(query, "", answers, need, NULL, ret_outcome);
}

bool
spf_mail_from(const struct spf_query *query, const struct answers *answers,
    struct questions *need, struct spf_outcome *ret_outcome)
{
	const char *guess = query->best_guess;

	if (!check(query, query->sender, answers, need, NULL, ret_outcome))
		return false;
	if (guess == NULL || !spf_record_begins(guess, strlen(guess)) ||
	    !publishes_none(answers, ret_outcome))
		return true;
	return check(query, query->sender, answers, need, guess, ret_outcome);
}
