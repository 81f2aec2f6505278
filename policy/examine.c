/* SPDX-License-Identifier: ISC */
/*
 * Rounds: the keys of all signatures and the tree walks are asked for
 * together, so that one round of DNS is enough for most messages; the body
 * is looked at when the keys are there.
 *
 *	keys, DMARC of what may pass -> need -> ... -> body -> DMARC -> answer
 */

#include "policy/examine.h"

#include <stdlib.h>

#include "policy/authresults.h"
#include "policy/dmarc.h"
#include "policy/from.h"
#include "policy/message_facts.h"
#include "policy/received_spf.h"
#include "resolver/resolver_client.h"
#include "util/number.h"
#include "util/xalloc.h"

#define PIECE		(64 * 1024)
#define QUESTIONS_TOLD	64	/* for mx6ctl explain */

struct examine {
	struct examine_message	 message;
	const char		*text;
	size_t			 text_size;
	struct header		 header;
	struct message_facts	 facts;
	struct dkim_check	*dkim;		/* NULL: switched off */
	enum from_status	 from_status;
	char			 from[MAILADDR_TEXT_SIZE];
	char			 from_domain[DOMAIN_SIZE];	/* or "" */
	struct dmarc		 dmarc;
	bool			 body_read;
	const struct dkim_signature *rows;
	size_t			 row_count;
	/* The answer and what it points to. */
	struct auth_message_answer answer;
	struct auth_signature	 signatures[DMARC_SIGNATURES_MAX];
	struct auth_question	 questions[QUESTIONS_TOLD];
	uint32_t		 question_count;
	struct buf		 prepend;
	struct buf		 results;
};

static void
read_from(struct examine *e)
{
	struct mailaddr from;

	e->from_status = from_extract(&e->header, &from, NULL);
	if (e->from_status != FROM_ONE)
		return;
	mailaddr_format(&from, e->from);
	if (!from.literal && !domain_parse(from.domain, strlen(from.domain),
	    false, e->from_domain))
		e->from_domain[0] = '\0';
}

struct examine *
examine_new(const struct examine_message *message, const char *text, size_t n)
{
	struct examine *e = xcalloc(1, sizeof *e);
	const struct config *config = *message->config;
	const struct dkim_settings settings = {
		.signatures_max = (unsigned)config->dkim_signatures_max,
		.key_bits_min = (unsigned)config->dkim_key_bits_min,
		.accept_length = config->dkim_accept_length,
	};

	e->message = *message;
	e->text = text;
	e->text_size = n;
	header_init(&e->header, text, n);
	message_facts_read(&e->header, &e->facts);
	read_from(e);
	if (config->dkim)
		e->dkim = dkim_check_new(&settings, &e->header, message->now);
	buf_init(&e->prepend, AUTHRESULTS_TEXT_MAX + RECEIVED_SPF_TEXT_MAX);
	buf_init(&e->results, AUTHRESULTS_TEXT_MAX);
	return e;
}

struct examine *
examine_free(struct examine *e)
{
	if (e == NULL)
		return NULL;
	dkim_check_free(e->dkim);
	header_done(&e->header);
	for (uint32_t i = 0; i < e->question_count; i++) {
		free((char *)e->questions[i].question);
		free((char *)e->questions[i].answer);
	}
	buf_done(&e->prepend);
	buf_done(&e->results);
	free(e);
	return NULL;
}

/* ---- DKIM ---- */

/* The keys; true if all answers are there. */
static bool
want_keys(struct examine *e, const struct answers *answers,
    struct questions *need)
{
	const char *name;
	bool all = true;

	for (size_t i = 0; e->dkim != NULL &&
	    (name = dkim_check_question(e->dkim, i)) != NULL; i++)
		if (answers_want(answers, DNS_TXT, name, need) == NULL)
			all = false;
	return all;
}

static void
give_key(struct examine *e, size_t i, const struct dns_answer *answer)
{
	struct dkim_text texts[ANSWER_TEXTS_MAX];

	for (size_t k = 0; k < answer->text_count; k++)
		texts[k] = (struct dkim_text){
		    (const char *)answer->texts[k].data,
		    answer->texts[k].size };
	dkim_check_answer(e->dkim, i, answer->status, texts,
	    answer->text_count);
}

static void
give_body(struct examine *e)
{
	const struct examine_message *m = &e->message;
	uint64_t at = e->header.body_start;
	char *piece;
	size_t n;

	if (!dkim_check_wants_body(e->dkim))
		return;
	if (m->read == NULL) {
		dkim_check_body(e->dkim, e->text + at, e->text_size - at);
		return;
	}
	piece = xmalloc(PIECE);
	while ((n = m->read(m->arg, at, piece, PIECE)) > 0) {
		dkim_check_body(e->dkim, piece, n);
		at += n;
	}
	free(piece);
}

/* Each signature as far as it can be known. */
static void
end_dkim(struct examine *e, const struct answers *answers)
{
	struct questions none = { .count = 0 };
	const struct dns_answer *answer;
	const char *name;

	if (e->body_read)
		return;
	e->body_read = true;
	if (e->dkim == NULL)
		return;
	for (size_t i = 0; (name = dkim_check_question(e->dkim, i)) != NULL;
	    i++) {
		answer = answers_want(answers, DNS_TXT, name, &none);
		if (answer != NULL)
			give_key(e, i, answer);
	}
	give_body(e);
	e->rows = dkim_check_end(e->dkim, &e->row_count);
	if (e->row_count > DMARC_SIGNATURES_MAX)
		e->row_count = DMARC_SIGNATURES_MAX;
}

/* ---- DMARC ---- */

/* What the signatures may turn out to be: as if all passed, known by the names
 * of their keys, so that their walks are asked for beside the keys. */
static size_t
expect(const struct examine *e, struct dmarc_signature *ret_signatures)
{
	const char *name, *domain;
	size_t n = 0;

	for (size_t i = 0; e->dkim != NULL && n < DMARC_SIGNATURES_MAX &&
	    (name = dkim_check_question(e->dkim, i)) != NULL; i++) {
		domain = strstr(name, "._domainkey.");
		if (domain != NULL)
			ret_signatures[n++] = (struct dmarc_signature){
			    domain + strlen("._domainkey."),
			    DKIM_RESULT_PASS };
	}
	return n;
}

static size_t
found(const struct examine *e, struct dmarc_signature *ret_signatures)
{
	for (size_t i = 0; i < e->row_count; i++)
		ret_signatures[i] = (struct dmarc_signature){
		    e->rows[i].domain, e->rows[i].result };
	return e->row_count;
}

static bool
evaluate_dmarc(struct examine *e, const struct answers *answers,
    struct questions *need)
{
	const struct config *config = *e->message.config;
	const struct auth_message_ask *ask = e->message.ask;
	struct dmarc_signature signatures[DMARC_SIGNATURES_MAX];
	const struct dmarc_ask question = {
		.off = !config->dmarc,
		.from_domain = e->from_domain,
		.spf = (enum spf_result)ask->spf,
		.spf_domain = ask->spf_domain,
		.spf_best_guess = ask->spf_best_guess != 0,
		.best_guess_aligns = config->best_guess_aligns,
		.signatures = signatures,
		.signature_count = e->body_read ? found(e, signatures) :
		    expect(e, signatures),
	};

	return dmarc_of(&question, answers, need, &e->dmarc);
}

/* ---- what DNS said, for people ---- */

static void
tell(struct examine *e, const struct answers *answers)
{
	for (size_t i = 0; i < answers->count &&
	    e->question_count < QUESTIONS_TOLD; i++) {
		const struct dns_answer *a = &answers->items[i];

		e->questions[e->question_count++] = (struct auth_question){
		    xasprintf("%s %s", resolver_client_type_name(a->type),
		    a->name), dns_answer_text(a) };
	}
}

bool
examine_dns(struct examine *e, const struct answers *answers,
    struct questions *need)
{
	struct questions none = { .count = 0 };

	if (need != NULL) {
		/* Together: the walk from the From domain needs no key. */
		if (want_keys(e, answers, need))
			end_dkim(e, answers);
		if (!evaluate_dmarc(e, answers, need) || !e->body_read)
			return false;
	} else {
		end_dkim(e, answers);
		if (!evaluate_dmarc(e, answers, &none))
			e->dmarc = (struct dmarc){
			    .result = DMARC_RESULT_TEMPERROR };
	}
	tell(e, answers);
	return true;
}

/* ---- the answer ---- */

static void
add_signatures(struct examine *e)
{
	for (size_t i = 0; i < e->row_count; i++) {
		const struct dkim_signature *row = &e->rows[i];

		e->signatures[i] = (struct auth_signature){
			.result = row->result,
			.domain = row->domain,
			.selector = row->selector,
			.identity = row->identity,
			.algorithm = row->algorithm,
			.key_bits = row->key_bits,
			.b = row->b,
			.aligned = e->dmarc.signatures[i].aligned,
			.same_registrable =
			    e->dmarc.signatures[i].same_registrable,
			.why = row->why,
		};
	}
	e->answer.signatures = e->signatures;
	e->answer.signatures_count = (uint32_t)e->row_count;
}

static void
compose_results(struct examine *e)
{
	const struct config *config = *e->message.config;
	const struct auth_message_ask *ask = e->message.ask;
	const struct received_spf spf = {
		.host = config->hostname,
		.peer = ask->peer,
		.helo = ask->helo,
		.sender = ask->sender,
		.result = (enum spf_result)ask->spf,
		.best_guess = ask->spf_best_guess != 0,
		.domain = ask->spf_domain,
		.why = ask->spf_why,
	};
	struct authresults *results = xmalloc(sizeof *results);

	authresults_init(results, config->hostname);
	authresults_add_address(results, &ask->peer,
	    (enum policy_iprev)ask->iprev, ask->rdns);
	authresults_add_spf_helo(results, (enum spf_result)ask->spf_helo,
	    ask->helo);
	authresults_add_spf(results, (enum spf_result)ask->spf,
	    ask->spf_best_guess != 0, ask->sender, ask->helo);
	if (config->dmarc)
		authresults_add_dmarc(results, e->dmarc.result,
		    e->dmarc.applied, e->from_domain);
	for (size_t i = 0; i < e->row_count; i++) {
		const struct dkim_signature *row = &e->rows[i];
		const struct authresults_dkim signature = { row->result,
		    row->domain, row->selector, row->algorithm, row->key_bits,
		    row->why };

		authresults_add_dkim(results, &signature);
	}
	authresults_field(results, &e->prepend);
	received_spf_field(&spf, &e->prepend);
	authresults_line(results, &e->results);
	free(results);
}

const struct auth_message_answer *
examine_answer(struct examine *e)
{
	struct auth_message_answer *a = &e->answer;

	a->from_status = e->from_status;
	a->from = e->from;
	a->from_domain = e->from_domain;
	a->organizational = e->dmarc.organizational;
	add_signatures(e);
	a->dmarc = e->dmarc.result;
	a->dmarc_policy = e->dmarc.policy;
	a->dmarc_testing = e->dmarc.testing;
	a->dmarc_domain = e->dmarc.record_domain;
	a->dmarc_record = e->dmarc.record;
	a->spf_aligned = e->dmarc.spf.aligned && e->dmarc.spf.same_registrable;
	a->authenticated = e->dmarc.authenticated;
	a->authenticated_by = e->dmarc.authenticated_by;
	a->auto_submitted = e->facts.auto_submitted;
	a->list = e->facts.list;
	a->forwarded = e->facts.forwarded;
	a->message_id_hash = e->facts.message_id_hash;
	compose_results(e);
	a->prepend = buf_cstr(&e->prepend);
	a->results = buf_cstr(&e->results);
	a->questions = e->questions;
	a->questions_count = e->question_count;
	return a;
}
