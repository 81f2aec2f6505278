/* SPDX-License-Identifier: ISC */
/*
 * The lists as the judge reads them: what is good about a sender.  Names are
 * found by one indexed probe for each of their labels.
 */

#include "policy/lists_signs.h"

#include <strings.h>

#include "policy/lists_inner.h"
#include "util/domain.h"
#include "util/number.h"

#define LABELS_MAX 128		/* a domain name has fewer */

static const char *const auth_names[LISTS_AUTHS] = {
	[LISTS_AUTH_ALIGNED] = "aligned",
	[LISTS_AUTH_SPF] = "spf",
	[LISTS_AUTH_DKIM] = "dkim",
	[LISTS_AUTH_ANY] = "any-unaligned",
	[LISTS_AUTH_BEST_GUESS] = "best-guess",
};

static const char *const green_names[LISTS_GREENS] = {
	[LISTS_GREEN_NETWORK] = "network",
	[LISTS_GREEN_ASN] = "asn",
	[LISTS_GREEN_PTR_NAME] = "ptr-name",
	[LISTS_GREEN_DOMAIN] = "domain",
	[LISTS_GREEN_FORWARDER] = "forwarder",
	[LISTS_GREEN_REGISTRAR] = "registrar",
};

static const char *const whois_names[] = {
	[LISTS_WHOIS_UNKNOWN] = "unknown",
	[LISTS_WHOIS_GOOD] = "good",
	[LISTS_WHOIS_HIDDEN] = "hidden",
	[LISTS_WHOIS_BAD] = "bad",
};

const char *
lists_auth_name(enum lists_auth auth)
{
	return auth_names[auth];
}

const char *
lists_green_name(enum lists_green kind)
{
	return green_names[kind];
}

bool
lists_signs_prepare(struct lists *lists)
{
	const struct lists_sql queries[] = {
		{ &lists->whitelist_domain, "SELECT domain, auth "
		    "FROM whitelist_domain WHERE domain = ?1 AND "
		    "(?2 OR subdomains = 'yes')" },
		{ &lists->known_address, "SELECT sender, source, last_seen "
		    "FROM addressbook WHERE recipient = ?1 AND sender = ?2" },
		{ &lists->known_domain, "SELECT sender, source, last_seen "
		    "FROM addressbook WHERE recipient = ?1 AND sender = ?2" },
		{ &lists->green_network, "SELECT value FROM greenlist "
		    "WHERE key = ?1 AND kind = ?2" },
		{ &lists->green_value, "SELECT value FROM greenlist "
		    "WHERE kind = ?1 AND value = ?2" },
		{ &lists->domain_facts, "SELECT domain, registrar, whois "
		    "FROM domain_facts WHERE domain = ?1" },
		{ &lists->network_facts, "SELECT network, asn, whois "
		    "FROM network_facts WHERE key = ?1" },
		{ &lists->best_guess, "SELECT record FROM best_guess "
		    "WHERE domain = ?1" },
		{ &lists->any_guess, "SELECT record FROM best_guess "
		    "LIMIT 1" },
	};

	return lists_prepare(lists, queries,
	    sizeof queries / sizeof queries[0]);
}

/* The place of a text among names; count if it is none of them. */
static unsigned
index_of(const char *text, const char *const *names, unsigned count)
{
	unsigned i;

	for (i = 0; i < count && strcmp(text, names[i]) != 0; i++)
		;
	return i;
}

static enum lists_whois
whois_of(const char *text)
{
	unsigned i = index_of(text, whois_names,
	    sizeof whois_names / sizeof whois_names[0]);

	return i > LISTS_WHOIS_BAD ? LISTS_WHOIS_UNKNOWN : (enum lists_whois)i;
}

/* Column of q, which stands on a row; false if it is too long. */
static bool
take_text(struct lists_query *q, int column, char out[static LISTS_VALUE_SIZE])
{
	const char *text = query_text(q, column);

	if (strlen(text) >= LISTS_VALUE_SIZE)
		return false;
	strcpy_bounded(out, LISTS_VALUE_SIZE, text);
	return true;
}

/*
 * Runs q, whose parameter `parameter` is a name, for the name and those above
 * it, until one gives a row.  OK: q stands on it.
 */
static enum lists_status
find_upward(struct lists *lists, struct lists_query *q, int parameter,
    const char *name)
{
	enum query_step step = QUERY_DONE;

	lists_begin(lists);
	for (unsigned i = 0; i < LABELS_MAX && *name != '\0' &&
	    step == QUERY_DONE; i++, name = domain_parent(name)) {
		query_bind_text(q, parameter, name);
		step = query_step(q);
	}
	lists_end(lists);
	return step == QUERY_ROW ? LISTS_OK :
	    step == QUERY_DONE ? LISTS_ABSENT : LISTS_TROUBLE;
}

/* ---- domain whitelist ---- */

enum lists_status
lists_whitelist_domain(struct lists *lists, const char *domain,
    unsigned *ret_auths, char ret_row[static LISTS_VALUE_SIZE])
{
	struct lists_query *q = lists->whitelist_domain;
	enum query_step step = QUERY_DONE;
	char row[LISTS_VALUE_SIZE];
	unsigned auths = 0;

	lists_begin(lists);
	for (unsigned i = 0; i < LABELS_MAX && *domain != '\0';
	    i++, domain = domain_parent(domain)) {
		unsigned auth;

		query_bind_text(q, 1, domain);
		query_bind_number(q, 2, i == 0);
		step = query_step(q);
		if (step == QUERY_DONE)
			continue;
		if (step != QUERY_ROW)
			break;
		auth = index_of(query_text(q, 1), auth_names, LISTS_AUTHS);
		if (auth < LISTS_AUTHS && (auths != 0 ||
		    take_text(q, 0, row)))
			auths |= 1u << auth;
		query_reset(q);
	}
	lists_end(lists);
	if (step != QUERY_ROW && step != QUERY_DONE)
		return LISTS_TROUBLE;
	if (auths == 0)
		return LISTS_ABSENT;
	*ret_auths = auths;
	strcpy_bounded(ret_row, LISTS_VALUE_SIZE, row);
	return LISTS_OK;
}

/* ---- addressbooks ---- */

static const char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? address : at + 1;
}

/* One row of a book.  Does it count? */
static enum lists_status
look_in_book(struct lists_query *q, const char *mailbox, const char *sender,
    int64_t gathered_since, struct lists_known_sender *ret_known)
{
	enum query_step step;
	bool counts;

	query_bind_text(q, 1, mailbox);
	query_bind_text(q, 2, sender);
	step = query_step(q);
	if (step != QUERY_ROW)
		return step == QUERY_DONE ? LISTS_ABSENT : LISTS_TROUBLE;
	snprintf(ret_known->source, sizeof ret_known->source, "%s",
	    query_text(q, 1));
	ret_known->last_seen = query_number(q, 2);
	counts = take_text(q, 0, ret_known->row) &&
	    (strcmp(ret_known->source, "gathered") != 0 ||
	    ret_known->last_seen >= gathered_since);
	query_reset(q);
	return counts ? LISTS_OK : LISTS_ABSENT;
}

/* Both statements always run; what they said is looked at afterwards. */
enum lists_status
lists_addressbook(struct lists *lists, const char *mailbox, const char *from,
    int64_t gathered_since, struct lists_known_sender *ret_known)
{
	struct lists_known_sender known[2] = { { .source = "" } };
	enum lists_status address, domain;
	bool own;

	lists_begin(lists);
	address = look_in_book(lists->known_address, mailbox, from,
	    gathered_since, &known[0]);
	domain = look_in_book(lists->known_domain, mailbox, domain_of(from),
	    gathered_since, &known[1]);
	lists_end(lists);
	own = strcasecmp(domain_of(mailbox), domain_of(from)) == 0;
	if (address == LISTS_TROUBLE || domain == LISTS_TROUBLE)
		return LISTS_TROUBLE;
	if (own || (address != LISTS_OK && domain != LISTS_OK))
		return LISTS_ABSENT;
	*ret_known = known[address == LISTS_OK ? 0 : 1];
	return LISTS_OK;
}

/* ---- greenlist ---- */

enum lists_status
lists_green_address(struct lists *lists, enum lists_green kind,
    const struct netaddr *addr, char ret_row[static LISTS_VALUE_SIZE])
{
	struct lists_query *q = lists->green_network;
	enum lists_status status;

	query_bind_text(q, 2, green_names[kind]);
	status = lists_networks_find(lists, NETWORKS_GREEN, q, addr);
	if (status != LISTS_OK)
		return status;
	if (!take_text(q, 0, ret_row))
		status = LISTS_TROUBLE;
	query_reset(q);
	return status;
}

enum lists_status
lists_green_host(struct lists *lists, enum lists_green kind, const char *name,
    char ret_row[static LISTS_VALUE_SIZE])
{
	struct lists_query *q = lists->green_value;
	enum lists_status status;

	query_bind_text(q, 1, green_names[kind]);
	status = find_upward(lists, q, 2, name);
	if (status != LISTS_OK)
		return status;
	if (!take_text(q, 0, ret_row))
		status = LISTS_TROUBLE;
	query_reset(q);
	return status;
}

enum lists_status
lists_green_exact(struct lists *lists, enum lists_green kind,
    const char *value)
{
	struct lists_query *q = lists->green_value;
	char row[1][LISTS_VALUE_SIZE];

	query_bind_text(q, 1, green_names[kind]);
	query_bind_text(q, 2, value);
	return lists_one_row(q, row, 1);
}

/* ---- imported facts ---- */

enum lists_status
lists_domain_facts(struct lists *lists, const char *domain,
    struct lists_domain_facts *ret_facts)
{
	struct lists_query *q = lists->domain_facts;
	struct lists_domain_facts facts;
	enum lists_status status;

	status = find_upward(lists, q, 1, domain);
	if (status != LISTS_OK)
		return status;
	facts.whois = whois_of(query_text(q, 2));
	if (!take_text(q, 0, facts.row) || !take_text(q, 1, facts.registrar))
		status = LISTS_TROUBLE;
	query_reset(q);
	if (status == LISTS_OK)
		*ret_facts = facts;
	return status;
}

enum lists_status
lists_network_facts(struct lists *lists, const struct netaddr *addr,
    struct lists_network_facts *ret_facts)
{
	struct lists_query *q = lists->network_facts;
	struct lists_network_facts facts;
	enum lists_status status;

	status = lists_networks_find(lists, NETWORKS_FACTS, q, addr);
	if (status != LISTS_OK)
		return status;
	facts.asn = (uint32_t)query_number(q, 1);
	facts.whois = whois_of(query_text(q, 2));
	if (!take_text(q, 0, facts.row))
		status = LISTS_TROUBLE;
	query_reset(q);
	if (status == LISTS_OK)
		*ret_facts = facts;
	return status;
}

bool
lists_has_best_guesses(struct lists *lists)
{
	char row[1][LISTS_VALUE_SIZE];

	return lists_one_row(lists->any_guess, row, 1) == LISTS_OK;
}

enum lists_status
lists_best_guess(struct lists *lists, const char *domain,
    char ret_record[static LISTS_VALUE_SIZE])
{
	char row[1][LISTS_VALUE_SIZE];
	enum lists_status status;

	query_bind_text(lists->best_guess, 1, domain);
	status = lists_one_row(lists->best_guess, row, 1);
	if (status == LISTS_OK)
		strcpy_bounded(ret_record, LISTS_VALUE_SIZE, row[0]);
	return status;
}
