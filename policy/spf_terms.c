/* SPDX-License-Identifier: ISC */
/*
 * The mechanisms that compare addresses.  A void look-up is counted once a
 * term, by what its own name answers: an IPv6 client makes every IPv4-only
 * MX host void, which is nobody's error (RFC 7208 4.6.4).
 */

#include "policy/spf_eval.h"
#include "util/number.h"

#define NO_QUESTION	((enum dns_type)0)
#define PTR_NAMES_MAX	10	/* 4.6.4: the rest is ignored */

static bool
prefix_equal(const struct netaddr *a, const struct netaddr *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (a->family != b->family || memcmp(a->bytes, b->bytes, whole) != 0)
		return false;
	return rest == 0 ||
	    (a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest) == 0;
}

static enum spf_match
match_addresses(const struct spf_eval *e, const struct spf_term *term,
    const struct dns_answer *answer)
{
	unsigned bits = netaddr_is_ipv6(e->peer) ? term->bits6 : term->bits4;

	for (size_t i = 0; i < answer->addr_count; i++)
		if (prefix_equal(&answer->addrs[i], e->peer, bits))
			return SPF_MATCH;
	return SPF_NO_MATCH;
}

enum spf_match
spf_match_network(const struct spf_eval *e, const struct spf_term *term)
{
	return prefix_equal(&term->addr, e->peer, term->kind == SPF_IP6 ?
	    term->bits6 : term->bits4) ? SPF_MATCH : SPF_NO_MATCH;
}

static enum dns_type
address_type(const struct spf_eval *e)
{
	return netaddr_is_ipv6(e->peer) ? DNS_AAAA : DNS_A;
}

static bool
has_failed(const struct dns_answer *answer)
{
	return answer->status == DNS_FAILED || answer->status == DNS_BOGUS;
}

/* An answer's status for a term: SPF_MATCH if there are records to look at. */
static enum spf_match
weigh(struct spf_eval *e, const char *name, const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_OK:
		return SPF_MATCH;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		if (++e->voids <= SPF_VOID_LOOKUPS_MAX)
			return SPF_NO_MATCH;
		spf_say(e, "more than %d void look-ups", SPF_VOID_LOOKUPS_MAX);
		return SPF_MATCH_PERMERROR;
	case DNS_FAILED:
	case DNS_BOGUS:
		spf_say(e, "DNS failed for %s", name);
		return SPF_MATCH_TEMPERROR;
	}
	abort();
}

/* The addresses of each host, in no order: a match outweighs a failure. */
static enum spf_match
match_mx(struct spf_eval *e, const struct spf_term *term,
    const struct dns_answer *mx)
{
	const struct dns_answer *answer;
	const char *failed = NULL;
	bool found = false;

	if (mx->cut) {
		spf_say(e, "more than %d MX records", ANSWER_NAMES_MAX);
		return SPF_MATCH_PERMERROR;
	}
	for (size_t i = 0; i < mx->name_count; i++) {
		answer = spf_ask(e, address_type(e), mx->names[i]);
		if (answer == NULL)
			continue;
		if (has_failed(answer))
			failed = mx->names[i];
		found |= match_addresses(e, term, answer) == SPF_MATCH;
	}
	if (e->waiting)
		return SPF_MATCH_WAITS;
	if (found || failed == NULL)
		return found ? SPF_MATCH : SPF_NO_MATCH;
	spf_say(e, "DNS failed for %s", failed);
	return SPF_MATCH_TEMPERROR;
}

/*
 * The client's names that lead back to it (5.5): how many; they are asked all
 * at once.  e->waiting: answers lack.  Failures count as no name.
 */
static size_t
validated_names(struct spf_eval *e, const struct dns_answer *ptr,
    const char *ret_names[PTR_NAMES_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < ptr->name_count && i < PTR_NAMES_MAX; i++) {
		const struct dns_answer *answer = spf_ask(e, address_type(e),
		    ptr->names[i]);

		for (size_t n = 0; answer != NULL &&
		    n < answer->addr_count; n++) {
			if (!netaddr_equal(&answer->addrs[n], e->peer))
				continue;
			ret_names[count++] = ptr->names[i];
			break;
		}
	}
	return count;
}

static const struct dns_answer *
ask_ptr(struct spf_eval *e)
{
	char reverse[NETADDR_REVERSE_SIZE];

	return spf_ask(e, DNS_PTR, netaddr_reverse_name(e->peer, reverse));
}

static enum spf_match
match_ptr(struct spf_eval *e, const char *target)
{
	const char *names[PTR_NAMES_MAX];
	const struct dns_answer *ptr = ask_ptr(e);
	char name[DOMAIN_SIZE];
	enum spf_match match;
	size_t count;

	if (ptr == NULL)
		return SPF_MATCH_WAITS;
	if (has_failed(ptr))
		return SPF_NO_MATCH;	/* 5.5 */
	if ((match = weigh(e, "PTR", ptr)) != SPF_MATCH)
		return match;
	count = validated_names(e, ptr, names);
	if (e->waiting)
		return SPF_MATCH_WAITS;
	for (size_t i = 0; i < count; i++)
		if (spf_name_clean(names[i], strlen(names[i]), name) &&
		    target[0] != '\0' && domain_within(name, target))
			return SPF_MATCH;
	return SPF_NO_MATCH;
}

/* What the letter p stands for (7.3); NULL: it waits. */
static const char *
validated_name(struct spf_eval *e, const char *domain)
{
	const char *names[PTR_NAMES_MAX], *best = NULL;
	const struct dns_answer *ptr = ask_ptr(e);
	size_t count = ptr == NULL ? 0 : validated_names(e, ptr, names);

	if (e->waiting)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], domain) == 0)
			return names[i];
		if (best == NULL || (domain_within(names[i], domain) &&
		    !domain_within(best, domain)))
			best = names[i];
	}
	return best == NULL ? "unknown" : best;
}

bool
spf_target(struct spf_eval *e, const struct spf_term *term,
    const char *domain, char ret_name[static DOMAIN_SIZE])
{
	struct spf_macro_values values = { .peer = e->peer,
	    .local = e->local, .sender_domain = e->sender_domain,
	    .domain = domain, .helo = e->helo, .validated = "unknown" };

	if (term->domain_size == 0) {
		strcpy_bounded(ret_name, DOMAIN_SIZE, domain);
		return true;
	}
	if (spf_macro_wants_validated(term->domain, term->domain_size) &&
	    (values.validated = validated_name(e, domain)) == NULL)
		return false;
	if (!spf_macro_expand(term->domain, term->domain_size, &values,
	    ret_name))
		ret_name[0] = '\0';
	return true;
}

/* What a kind asks first; nothing for those without a row. */
static const struct {
	enum spf_kind	kind;
	enum dns_type	ipv4, ipv6;	/* for a client of that family */
} first_questions[] = {
	{ SPF_INCLUDE,	DNS_TXT, DNS_TXT },
	{ SPF_REDIRECT,	DNS_TXT, DNS_TXT },
	{ SPF_A,	DNS_A,	 DNS_AAAA },
	{ SPF_MX,	DNS_MX,	 DNS_MX },
	{ SPF_EXISTS,	DNS_A,	 DNS_A },
};

static enum dns_type
first_question(const struct spf_eval *e, enum spf_kind kind)
{
	for (size_t i = 0;
	    i < sizeof first_questions / sizeof *first_questions; i++)
		if (first_questions[i].kind == kind)
			return netaddr_is_ipv6(e->peer) ?
			    first_questions[i].ipv6 : first_questions[i].ipv4;
	return NO_QUESTION;
}

enum spf_match
spf_match_dns(struct spf_eval *e, const struct spf_term *term,
    const char *domain)
{
	char name[DOMAIN_SIZE];
	const struct dns_answer *answer;
	enum spf_match match;

	if ((match = spf_count_lookup(e)) != SPF_NO_MATCH)
		return match;
	if (!spf_target(e, term, domain, name))
		return SPF_MATCH_WAITS;
	if (term->kind == SPF_PTR)
		return match_ptr(e, name);
	answer = spf_ask(e, first_question(e, term->kind), name);
	if (answer == NULL)
		return SPF_MATCH_WAITS;
	if ((match = weigh(e, name, answer)) != SPF_MATCH)
		return match;
	return term->kind == SPF_EXISTS ? SPF_MATCH :
	    term->kind == SPF_MX ? match_mx(e, term, answer) :
	    match_addresses(e, term, answer);
}

void
spf_ask_early(struct spf_eval *e, const struct spf_term *term,
    const char *domain)
{
	enum dns_type type = first_question(e, term->kind);
	char name[DOMAIN_SIZE];

	if (type != NO_QUESTION && spf_target(e, term, domain, name))
		spf_ask(e, type, name);
}
