/* SPDX-License-Identifier: ISC */
/* What is known of a message but for lists: each fact held, not held, or not
 * known. */

#include "policy/verdict.h"

void
verdict_set_way(struct facts *facts, bool ipv6, enum listener_role role)
{
	facts_set(facts, FACT_IPV6, ipv6);
	facts_set(facts, FACT_IPV4, !ipv6);
	facts_set(facts, FACT_ROLE_MX, role == ROLE_MX);
	facts_set(facts, FACT_ROLE_MX6, role == ROLE_MX6);
	facts_set(facts, FACT_ROLE_DEFENSIVE, role == ROLE_DEFENSIVE);
}

bool
verdict_signature_counts(const struct verdict_message *message,
    const struct verdict_signature *s)
{
	return s->result == DKIM_RESULT_PASS &&
	    !(s->replayed && netaddr_is_ipv6(&message->peer));
}

static bool
spf_passes(const struct verdict_auth *auth)
{
	return auth->spf == SPF_RESULT_PASS && !auth->spf_best_guess;
}

const char *
verdict_authenticated(const struct verdict_message *message)
{
	const struct verdict_auth *auth = &message->auth;
	bool holds = spf_passes(auth) && auth->spf_aligned;

	if (!auth->known || !auth->authenticated ||
	    auth->from_status != FROM_ONE ||
	    auth->dmarc == DMARC_RESULT_FAIL ||
	    auth->dmarc == DMARC_RESULT_TEMPERROR)
		return NULL;
	for (size_t i = 0; i < auth->signature_count; i++)
		holds |= verdict_signature_counts(message,
		    &auth->signatures[i]) && auth->signatures[i].aligned &&
		    auth->signatures[i].same_registrable;
	return holds ? auth->from_domain : NULL;
}

static void
set_dkim(struct facts *facts, const struct verdict_message *message)
{
	bool pass = false, uncertain = false;

	for (size_t i = 0; i < message->auth.signature_count; i++) {
		const struct verdict_signature *s =
		    &message->auth.signatures[i];

		pass |= verdict_signature_counts(message, s);
		uncertain |= s->result == DKIM_RESULT_TEMPERROR;
	}
	if (!pass && uncertain)
		facts_set_unknown(facts, FACT_DKIM_PASS);
	else
		facts_set(facts, FACT_DKIM_PASS, pass);
}

/* What the domain asks for; t=y asks for one step less (RFC 9989 4.7). */
static void
set_dmarc(struct facts *facts, const struct verdict_auth *auth)
{
	static const enum dmarc_policy testing[] = {
		[DMARC_POLICY_NONE] = DMARC_POLICY_NONE,
		[DMARC_POLICY_QUARANTINE] = DMARC_POLICY_NONE,
		[DMARC_POLICY_REJECT] = DMARC_POLICY_QUARANTINE,
	};
	enum dmarc_policy wanted = auth->dmarc_testing ?
	    testing[auth->dmarc_policy] : auth->dmarc_policy;
	bool fail = auth->dmarc == DMARC_RESULT_FAIL;

	if (auth->dmarc == DMARC_RESULT_TEMPERROR) {
		facts_set_unknown(facts, FACT_DMARC_PASS);
		facts_set_unknown(facts, FACT_DMARC_REJECT);
		facts_set_unknown(facts, FACT_DMARC_QUARANTINE);
		return;
	}
	facts_set(facts, FACT_DMARC_PASS, auth->dmarc == DMARC_RESULT_PASS);
	facts_set(facts, FACT_DMARC_REJECT, fail &&
	    wanted == DMARC_POLICY_REJECT);
	facts_set(facts, FACT_DMARC_QUARANTINE, fail &&
	    wanted == DMARC_POLICY_QUARANTINE);
}

/* DNS trouble is what keeps the sender from being authenticated. */
static void
set_authenticated(struct facts *facts, const struct verdict_message *message)
{
	const struct verdict_auth *auth = &message->auth;
	bool uncertain = auth->spf == SPF_RESULT_TEMPERROR ||
	    auth->dmarc == DMARC_RESULT_TEMPERROR;

	for (size_t i = 0; i < auth->signature_count; i++)
		uncertain |= auth->signatures[i].result ==
		    DKIM_RESULT_TEMPERROR;
	if (verdict_authenticated(message) != NULL)
		facts_set(facts, FACT_AUTHENTICATED, true);
	else if (uncertain && auth->from_status == FROM_ONE)
		facts_set_unknown(facts, FACT_AUTHENTICATED);
	else
		facts_set(facts, FACT_AUTHENTICATED, false);
}

static void
set_auth(struct facts *facts, const struct verdict_message *message)
{
	static const enum fact of_auth[] = { FACT_AUTHENTICATED, FACT_SPF_PASS,
	    FACT_SPF_FAIL, FACT_DKIM_PASS, FACT_DMARC_PASS, FACT_DMARC_REJECT,
	    FACT_DMARC_QUARANTINE };
	const struct verdict_auth *auth = &message->auth;

	if (!auth->known) {
		for (size_t i = 0; i < sizeof of_auth / sizeof *of_auth; i++)
			facts_set_unknown(facts, of_auth[i]);
		return;
	}
	set_authenticated(facts, message);
	if (auth->spf == SPF_RESULT_TEMPERROR) {
		facts_set_unknown(facts, FACT_SPF_PASS);
		facts_set_unknown(facts, FACT_SPF_FAIL);
	} else {
		facts_set(facts, FACT_SPF_PASS, spf_passes(auth));
		facts_set(facts, FACT_SPF_FAIL, auth->spf == SPF_RESULT_FAIL);
	}
	set_dkim(facts, message);
	set_dmarc(facts, auth);
}

bool
facts_of(const struct verdict_message *message, const struct answers *answers,
    struct questions *need, struct facts *ret_facts, struct iprev *ret_iprev)
{
	struct facts facts = { 0 };

	if (!iprev_of(&message->peer, answers, need, ret_iprev))
		return false;
	/* A dry run may bring an IPv4 client to a listener for IPv6. */
	verdict_set_way(&facts, netaddr_is_ipv6(&message->peer) ||
	    message->role != ROLE_MX, message->role);
	facts_set(&facts, FACT_TLS, message->tls);
	facts_set(&facts, FACT_RELAY, message->relay);
	facts_set(&facts, FACT_NULL_SENDER, message->sender[0] == '\0');
	set_auth(&facts, message);
	if (ret_iprev->status == IPREV_TEMPERROR) {
		facts_set_unknown(&facts, FACT_FCRDNS);
		facts_set_unknown(&facts, FACT_HELO_MATCH);
	} else {
		facts_set(&facts, FACT_FCRDNS, ret_iprev->status == IPREV_PASS);
		facts_set(&facts, FACT_HELO_MATCH,
		    iprev_matches_helo(ret_iprev, message->helo));
	}
	*ret_facts = facts;
	return true;
}
