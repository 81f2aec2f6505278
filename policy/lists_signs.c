/* SPDX-License-Identifier: ISC */
/*
 * The lists as the judge reads them: what is good about a sender, but for the
 * addressbooks (lists_books.c).  Names are found by one indexed probe for each
 * of their labels.
 */

#include "policy/lists_signs.h"

#include <assert.h>
#include <stddef.h>

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

/* The first columns of the row on which a lookup has left q, if it found
 * one. */
static enum lists_status
take_found(struct lists_query *q, enum lists_status status,
    char (*values)[LISTS_VALUE_SIZE], int count)
{
	return status == LISTS_OK ? lists_take_row(q, values, count) : status;
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
	char row[1][LISTS_VALUE_SIZE];
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
		    lists_take_row(q, row, 1) == LISTS_OK))
			auths |= 1u << auth;
		query_reset(q);
	}
	lists_end(lists);
	if (step != QUERY_ROW && step != QUERY_DONE)
		return LISTS_TROUBLE;
	if (auths == 0)
		return LISTS_ABSENT;
	*ret_auths = auths;
	strcpy_bounded(ret_row, LISTS_VALUE_SIZE, row[0]);
	return LISTS_OK;
}

/* ---- greenlist ---- */

enum lists_status
lists_green_address(struct lists *lists, enum lists_green kind,
    const struct netaddr *addr, char ret_row[static LISTS_VALUE_SIZE])
{
	struct lists_query *q = lists->green_network;

	query_bind_text(q, 2, green_names[kind]);
	return take_found(q, lists_networks_find(lists, NETWORKS_GREEN, q,
	    addr), (void *)ret_row, 1);
}

enum lists_status
lists_green_host(struct lists *lists, enum lists_green kind, const char *name,
    char ret_row[static LISTS_VALUE_SIZE])
{
	struct lists_query *q = lists->green_value;

	query_bind_text(q, 1, green_names[kind]);
	return take_found(q, find_upward(lists, q, 2, name), (void *)ret_row,
	    1);
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

static_assert(offsetof(struct lists_domain_facts, registrar) ==
    LISTS_VALUE_SIZE, "two values in a row");

enum lists_status
lists_domain_facts(struct lists *lists, const char *domain,
    struct lists_domain_facts *ret_facts)
{
	struct lists_query *q = lists->domain_facts;
	enum lists_status status = find_upward(lists, q, 1, domain);
	struct lists_domain_facts facts;

	if (status == LISTS_OK)
		facts.whois = whois_of(query_text(q, 2));
	status = take_found(q, status, (void *)&facts, 2);
	if (status == LISTS_OK)
		*ret_facts = facts;
	return status;
}

enum lists_status
lists_network_facts(struct lists *lists, const struct netaddr *addr,
    struct lists_network_facts *ret_facts)
{
	struct lists_query *q = lists->network_facts;
	enum lists_status status = lists_networks_find(lists, NETWORKS_FACTS,
	    q, addr);
	struct lists_network_facts facts;

	if (status == LISTS_OK) {
		facts.asn = (uint32_t)query_number(q, 1);
		facts.whois = whois_of(query_text(q, 2));
	}
	status = take_found(q, status, (void *)&facts, 1);
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
