/* SPDX-License-Identifier: ISC */
/* The lookups in the lists, for one message. */

#include "policy/signs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "policy/asked_weigh.h"
#include "util/domain.h"
#include "util/log.h"
#include "util/xalloc.h"

#define DAY_S	86400

struct looking {
	const struct signs_ask	*ask;
	struct signs		*signs;
	struct buf		*reasons;
	const char		*domain;	/* authenticated; NULL */
};

static void
give_reason(struct looking *l, enum fact fact, const char *what,
    const char *row)
{
	buf_addf(l->reasons, "%s\t%s %s\n", fact_name(fact), what, row);
}

/* One hit is enough; trouble leaves open what no hit settles. */
static void
join(enum list_answer *answer, enum lists_status status,
    const struct looking *l)
{
	if (status == LISTS_OK) {
		*answer = LIST_YES;
	} else if (status != LISTS_ABSENT) {
		log_say(LOG_LEVEL_ERROR, "lists", "%s",
		    lists_why(l->ask->lists));
		if (*answer == LIST_NO)
			*answer = LIST_UNKNOWN;
	}
}

/* ---- domain whitelist ---- */

/* A row of this domain that demands one of these authentications. */
static void
look_for_domain(struct looking *l, const char *domain, unsigned accepted,
    const char *how)
{
	char row[LISTS_VALUE_SIZE];
	unsigned auths;
	enum lists_status status;

	status = lists_whitelist_domain(l->ask->lists, domain, &auths, row);
	if (status == LISTS_OK && (auths & accepted) == 0)
		status = LISTS_ABSENT;
	join(&l->signs->answers.whitelist_domain, status, l);
	if (status == LISTS_OK)
		give_reason(l, FACT_WHITELIST_DOMAIN, how, row);
}

static void
look_for_domains(struct looking *l)
{
	const struct verdict_auth *auth = &l->ask->message->auth;
	unsigned guess = 1u << LISTS_AUTH_BEST_GUESS;
	unsigned spf = 1u << LISTS_AUTH_SPF | 1u << LISTS_AUTH_ANY | guess;

	if (!auth->known)
		return;
	if (l->domain != NULL)
		look_for_domain(l, l->domain, 1u << LISTS_AUTH_ALIGNED,
		    "authenticated From, row");
	if (auth->spf == SPF_RESULT_PASS && auth->spf_domain[0] != '\0')
		look_for_domain(l, auth->spf_domain, auth->spf_best_guess ?
		    guess : spf, "SPF pass, row");
	for (size_t i = 0; i < auth->signature_count; i++)
		if (verdict_signature_counts(l->ask->message,
		    &auth->signatures[i]))
			look_for_domain(l, auth->signatures[i].domain,
			    1u << LISTS_AUTH_DKIM | 1u << LISTS_AUTH_ANY,
			    "DKIM pass, row");
}

/* ---- greenlist and facts ---- */

static void
look_for_green(struct looking *l, enum lists_green kind,
    enum lists_status status, const char *row)
{
	join(&l->signs->answers.greenlist, status, l);
	if (status == LISTS_OK)
		give_reason(l, FACT_GREENLIST, lists_green_name(kind), row);
}

static void
look_for_address(struct looking *l)
{
	static const enum lists_green kinds[] = { LISTS_GREEN_NETWORK,
	    LISTS_GREEN_FORWARDER };
	const struct netaddr *peer = &l->ask->message->peer;
	struct lists_network_facts facts = { .asn = 0 };
	char row[LISTS_VALUE_SIZE], asn[16];
	enum lists_status status;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		status = lists_green_address(l->ask->lists, kinds[i], peer,
		    row);
		look_for_green(l, kinds[i], status, row);
	}
	status = lists_network_facts(l->ask->lists, peer, &facts);
	if (status == LISTS_OK && facts.whois != LISTS_WHOIS_GOOD)
		status = LISTS_ABSENT;
	join(&l->signs->answers.whois_network, status, l);
	if (status == LISTS_OK)
		give_reason(l, FACT_WHOIS_NETWORK, "block", facts.row);
	snprintf(asn, sizeof asn, "%" PRIu32, facts.asn);
	status = lists_green_exact(l->ask->lists, LISTS_GREEN_ASN, asn);
	look_for_green(l, LISTS_GREEN_ASN, status, asn);
}

static void
look_for_names(struct looking *l)
{
	static const enum lists_green kinds[] = { LISTS_GREEN_PTR_NAME,
	    LISTS_GREEN_FORWARDER };
	char row[LISTS_VALUE_SIZE];

	for (size_t i = 0; i < l->ask->iprev->count; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
			look_for_green(l, kinds[k], lists_green_host(
			    l->ask->lists, kinds[k], l->ask->iprev->names[i],
			    row), row);
}

static void
look_for_author(struct looking *l)
{
	struct lists_domain_facts facts = { .registrar = "" };
	char row[LISTS_VALUE_SIZE];
	enum lists_status status;

	if (l->domain == NULL)
		return;
	look_for_green(l, LISTS_GREEN_DOMAIN, lists_green_host(l->ask->lists,
	    LISTS_GREEN_DOMAIN, l->domain, row), row);
	status = lists_domain_facts(l->ask->lists, l->domain, &facts);
	if (status == LISTS_OK && facts.whois != LISTS_WHOIS_GOOD)
		status = LISTS_ABSENT;
	join(&l->signs->answers.whois_domain, status, l);
	if (status == LISTS_OK)
		give_reason(l, FACT_WHOIS_DOMAIN, "domain", facts.row);
	look_for_green(l, LISTS_GREEN_REGISTRAR, lists_green_exact(
	    l->ask->lists, LISTS_GREEN_REGISTRAR, facts.registrar),
	    facts.registrar);
}

/* ---- addressbooks ---- */

static enum lists_status
open_book(struct looking *l, const char *mailbox)
{
	uint64_t age_s = l->ask->config->addressbook_age_max * DAY_S;
	int64_t since = age_s == 0 || (int64_t)age_s > l->ask->now ? 0 :
	    l->ask->now - (int64_t)age_s;
	struct lists_known_sender known;
	enum lists_status status = lists_addressbook(l->ask->lists, mailbox,
	    l->ask->message->auth.from, since, &known);

	l->signs->opened++;
	if (status == LISTS_ABSENT)
		l->signs->misses++;
	if (status == LISTS_OK && l->signs->opened <= 10)
		buf_addf(l->reasons, "%s\t%s has %s, by %s\n",
		    fact_name(FACT_ADDRESSBOOK), mailbox, known.row,
		    known.source);
	return status;
}

/* Every mailbox behind a recipient must know the sender; each is asked, even
 * when one has said no. */
static enum list_answer
ask_recipient(struct looking *l, const char *rcpt)
{
	const struct recipients_settings settings = {
		.hostname = l->ask->config->hostname,
		.maildir = l->ask->config->maildir,
		.lmtp = l->ask->config->lmtp,
		.delimiter = l->ask->config->recipient_delimiter,
	};
	const char *at = strrchr(rcpt, '@');
	enum list_answer answer = LIST_YES;
	const struct known_recipient *r = known_recipient(l->ask->known,
	    &settings, rcpt, false, l->ask->now_ms);

	if (r->status != RECIPIENT_OK || (at != NULL &&
	    strcasecmp(at + 1, l->domain) == 0))
		answer = LIST_NO;
	for (size_t i = 0; i < r->targets.count; i++) {
		enum lists_status status;

		if (r->targets.items[i].kind == TARGET_REMOTE) {
			answer = LIST_NO;
			continue;
		}
		if (l->signs->opened >= SIGNS_BOOKS_MAX)
			return LIST_UNKNOWN;
		status = open_book(l, r->targets.items[i].address);
		if (status == LISTS_ABSENT)
			answer = LIST_NO;
		else if (status != LISTS_OK && answer == LIST_YES)
			answer = LIST_UNKNOWN;
	}
	return answer;
}

static void
look_into_books(struct looking *l)
{
	struct signs *signs = l->signs;

	signs->books = xcalloc(l->ask->rcpt_count + 1, sizeof *signs->books);
	signs->answers.addressbook = signs->books;
	signs->answers.recipients = l->ask->rcpt_count;
	for (size_t i = 0; i < l->ask->rcpt_count && l->domain != NULL; i++)
		signs->books[i] = ask_recipient(l, l->ask->rcpts[i]);
}

/* ---- history ---- */

static void
weigh_history(struct looking *l)
{
	const struct config *config = l->ask->config;
	const struct history_counts *c = l->ask->record;
	uint64_t all = c->accepted + c->spam + c->refused;

	if (l->domain == NULL || all < config->history_good_messages ||
	    c->accepted * 100 < all * config->history_good_percent)
		return;
	l->signs->answers.history_good = LIST_YES;
	buf_addf(l->reasons, "%s\t%s: %" PRIu64 " accepted over IPv4, %" PRIu64
	    " spam, %" PRIu64 " refused\n", fact_name(FACT_HISTORY_GOOD),
	    l->domain, c->accepted, c->spam, c->refused);
}

void
signs_look_up(const struct signs_ask *ask, struct signs *ret_signs,
    struct buf *reasons)
{
	struct looking l = { .ask = ask, .signs = ret_signs,
	    .reasons = reasons,
	    .domain = verdict_authenticated(ask->message) };

	*ret_signs = (struct signs){ .books = NULL };
	ret_signs->answers.whitelist_address = known_whitelisted(ask->known,
	    &ask->message->peer, ask->now_ms);
	if (ret_signs->answers.whitelist_address == LIST_YES)
		give_reason(&l, FACT_WHITELIST_ADDRESS, "the client's address",
		    "is in the whitelist");
	lists_begin(ask->lists);
	look_for_domains(&l);
	look_for_address(&l);
	look_for_names(&l);
	look_for_author(&l);
	asked_weigh(ask->lists, ask->asked, l.domain, &ret_signs->answers,
	    reasons);
	lists_end(ask->lists);
	look_into_books(&l);
	weigh_history(&l);
}

void
signs_done(struct signs *signs)
{
	free(signs->books);
	signs->books = NULL;
}
