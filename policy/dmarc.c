/* SPDX-License-Identifier: ISC */
/*
 * Two organizational domains that are equal are a tail of both names.  So
 * only an identifier below the From domain's organizational domain is worth
 * a walk of its own; the walk of one with the same registrable domain,
 * which will be such a one, is asked for together with the From domain's.
 */

#include "policy/dmarc.h"

#include <string.h>

#include "policy/dmarc_walk.h"
#include "policy/psl.h"
#include "util/number.h"

#define WALKS_MAX	5	/* of different identifiers; others are not
				 * aligned */

enum alignment {
	ALIGNED,
	NOT_ALIGNED,
	UNKNOWN,		/* DNS trouble */
	MISSING,		/* answers */
};

struct evaluation {
	const struct dmarc_ask	*ask;
	const struct answers	*answers;
	struct questions	*need;
	struct dmarc		*out;
	struct dmarc_walk	 walk;		/* of the From domain */
	bool			 walked;	/* its answers were there */
	bool			 missing;	/* something else's were not */
	const char		*walked_ids[WALKS_MAX];
	size_t			 walked_count;
	bool			 pass;		/* an aligned identifier */
	bool			 uncertain;	/* one might be */
};

/* A place among the identifiers that may cost questions. */
static bool
may_walk(struct evaluation *e, const char *domain)
{
	for (size_t i = 0; i < e->walked_count; i++)
		if (strcmp(e->walked_ids[i], domain) == 0)
			return true;
	if (e->walked_count == WALKS_MAX)
		return false;
	e->walked_ids[e->walked_count++] = domain;
	return true;
}

static enum alignment
align_relaxed(struct evaluation *e, const char *domain)
{
	struct dmarc_walk walk;

	if (!e->walked) {
		if (psl_same_registrable(domain, e->ask->from_domain) &&
		    may_walk(e, domain))
			dmarc_walk(domain, e->answers, e->need, &walk);
		return MISSING;
	}
	if (e->walk.organizational == NULL)
		return UNKNOWN;
	if (!domain_within(domain, e->walk.organizational) ||
	    !may_walk(e, domain))
		return NOT_ALIGNED;
	if (!dmarc_walk(domain, e->answers, e->need, &walk))
		return MISSING;
	if (walk.organizational == NULL)
		return UNKNOWN;
	return strcmp(walk.organizational, e->walk.organizational) == 0 ?
	    ALIGNED : NOT_ALIGNED;
}

/* RFC 9989 4.10.2; relaxed where no record says otherwise. */
static enum alignment
align(struct evaluation *e, const char *domain, bool strict)
{
	if (domain[0] == '\0')
		return NOT_ALIGNED;
	if (strcmp(domain, e->ask->from_domain) == 0)
		return ALIGNED;
	if (e->ask->off || strict)
		return NOT_ALIGNED;
	return align_relaxed(e, domain);
}

/* One identifier, whose method passed or, with `trouble`, might have. */
static void
weigh(struct evaluation *e, const char *domain, bool strict, bool trouble,
    struct dmarc_alignment *ret_alignment)
{
	switch (align(e, domain, strict)) {
	case ALIGNED:
		if (trouble) {
			e->uncertain = true;
			break;
		}
		e->pass = true;
		ret_alignment->aligned = true;
		break;
	case NOT_ALIGNED:
		break;
	case UNKNOWN:
		e->uncertain = true;
		break;
	case MISSING:
		e->missing = true;
		break;
	}
	if (!trouble)
		ret_alignment->same_registrable = domain[0] != '\0' &&
		    psl_same_registrable(domain, e->ask->from_domain);
}

static void
weigh_all(struct evaluation *e)
{
	const struct dmarc_ask *ask = e->ask;
	bool found = e->walked && e->walk.found == DMARC_FOUND;

	if ((ask->spf == SPF_RESULT_PASS || ask->spf == SPF_RESULT_TEMPERROR) &&
	    (!ask->spf_best_guess || ask->best_guess_aligns))
		weigh(e, ask->spf_domain, found && e->walk.record.strict_spf,
		    ask->spf == SPF_RESULT_TEMPERROR, &e->out->spf);
	for (size_t i = 0; i < ask->signature_count &&
	    i < DMARC_SIGNATURES_MAX; i++) {
		const struct dmarc_signature *s = &ask->signatures[i];

		if (s->result == DKIM_RESULT_PASS ||
		    s->result == DKIM_RESULT_TEMPERROR)
			weigh(e, s->domain,
			    found && e->walk.record.strict_dkim,
			    s->result == DKIM_RESULT_TEMPERROR,
			    &e->out->signatures[i]);
	}
}

static enum dmarc_result
result_of(const struct evaluation *e)
{
	switch (e->walk.found) {
	case DMARC_TROUBLE:
		return DMARC_RESULT_TEMPERROR;
	case DMARC_NOT_FOUND:
		return DMARC_RESULT_NONE;
	case DMARC_FOUND:
		break;
	}
	if (!e->walk.record.usable)
		return DMARC_RESULT_PERMERROR;
	return e->pass ? DMARC_RESULT_PASS :
	    e->uncertain ? DMARC_RESULT_TEMPERROR : DMARC_RESULT_FAIL;
}

/*
 * The request for a name below the record's (RFC 9989 4.10.1).  Whether the
 * From domain exists is asked only if it makes a difference; if that cannot
 * be learnt, the milder request counts.
 */
static enum dmarc_policy
subdomain_policy(struct evaluation *e)
{
	const struct dmarc_record *record = &e->walk.record;
	enum dmarc_policy milder = record->nonexistent < record->subdomain ?
	    record->nonexistent : record->subdomain;
	const struct dns_answer *answer;

	if (e->walk.exists || e->out->result != DMARC_RESULT_FAIL ||
	    record->subdomain == record->nonexistent)
		return record->subdomain;
	answer = answers_want(e->answers, DNS_A, e->ask->from_domain,
	    e->need);
	if (answer == NULL) {
		e->missing = true;
		return milder;
	}
	switch (answer->status) {
	case DNS_OK:
	case DNS_NODATA:
		return record->subdomain;
	case DNS_NXDOMAIN:
		return record->nonexistent;
	case DNS_FAILED:
	case DNS_BOGUS:
		return milder;
	}
	abort();
}

static void
show_record(const struct dns_text *text, char shown[static DMARC_TEXT_SIZE])
{
	size_t n = text->size < DMARC_TEXT_SIZE ? text->size :
	    DMARC_TEXT_SIZE - 1;

	for (size_t i = 0; i < n; i++)
		shown[i] = text->data[i] >= ' ' && text->data[i] <= '~' ?
		    (char)text->data[i] : '?';
	shown[n] = '\0';
}

static void
apply_record(struct evaluation *e)
{
	const struct dmarc_walk *walk = &e->walk;
	struct dmarc *out = e->out;

	if (walk->organizational != NULL)
		strcpy_bounded(out->organizational, DOMAIN_SIZE,
		    walk->organizational);
	out->result = result_of(e);
	if (walk->found != DMARC_FOUND)
		return;
	strcpy_bounded(out->record_domain, DOMAIN_SIZE, walk->record_domain);
	show_record(walk->text, out->record);
	out->testing = walk->record.testing;
	out->policy = walk->record_domain == e->ask->from_domain ?
	    walk->record.policy : subdomain_policy(e);
	if (out->result != DMARC_RESULT_FAIL)
		return;
	out->applied = out->policy;
	if (out->testing && out->applied > DMARC_POLICY_NONE)
		out->applied--;
}

static bool
counts(const struct dmarc_alignment *alignment)
{
	return alignment->aligned && alignment->same_registrable;
}

/* DKIM first, for it outlives forwarding. */
static void
authenticate(const struct dmarc_ask *ask, struct dmarc *out)
{
	if (out->result == DMARC_RESULT_FAIL ||
	    out->result == DMARC_RESULT_TEMPERROR)
		return;
	for (size_t i = 0; i < ask->signature_count &&
	    i < DMARC_SIGNATURES_MAX; i++) {
		if (!counts(&out->signatures[i]))
			continue;
		out->authenticated = true;
		snprintf(out->authenticated_by, DMARC_BY_SIZE, "dkim d=%s",
		    ask->signatures[i].domain);
		return;
	}
	if (!counts(&out->spf))
		return;
	out->authenticated = true;
	snprintf(out->authenticated_by, DMARC_BY_SIZE, "spf %s",
	    ask->spf_domain);
}

bool
dmarc_of(const struct dmarc_ask *ask, const struct answers *answers,
    struct questions *need, struct dmarc *ret_dmarc)
{
	struct evaluation e = { .ask = ask, .answers = answers, .need = need,
	    .out = ret_dmarc };

	memset(ret_dmarc, 0, sizeof *ret_dmarc);
	if (ask->from_domain[0] == '\0')
		return true;
	if (!ask->off)
		e.walked = dmarc_walk(ask->from_domain, answers, need,
		    &e.walk);
	weigh_all(&e);
	if (!ask->off && !e.walked)
		return false;
	if (!ask->off && !e.missing)
		apply_record(&e);
	if (e.missing)
		return false;
	authenticate(ask, ret_dmarc);
	return true;
}
