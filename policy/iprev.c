/* SPDX-License-Identifier: ISC */
/*
 * PTR, then the addresses of each name, all at once.  One name that leads
 * back is enough; without one, a look-up that failed leaves the question
 * open.
 */

#include "policy/iprev.h"

#include "util/number.h"

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Up to IPREV_NAMES_MAX different names in a fixed order, for DNS has none. */
static size_t
choose_names(const struct dns_answer *ptr, char *ret_names[IPREV_NAMES_MAX])
{
	char *all[ANSWER_NAMES_MAX];
	size_t count = 0;

	memcpy(all, ptr->names, sizeof all);
	qsort(all, ptr->name_count, sizeof all[0], compare_names);
	for (size_t i = 0; i < ptr->name_count; i++) {
		if (count == IPREV_NAMES_MAX)
			break;
		if (all[i][0] != '\0' && (count == 0 ||
		    strcmp(all[i], ret_names[count - 1]) != 0))
			ret_names[count++] = all[i];
	}
	return count;
}

static bool
leads_to(const struct dns_answer *answer, const struct netaddr *peer)
{
	for (size_t i = 0; i < answer->addr_count; i++)
		if (netaddr_equal(&answer->addrs[i], peer))
			return true;
	return false;
}

/* The names back to addresses; need is empty if all answers were there. */
static void
confirm(const struct dns_answer *ptr, const struct netaddr *peer,
    const struct answers *answers, struct questions *need,
    struct iprev *iprev)
{
	enum dns_type type = netaddr_is_ipv6(peer) ? DNS_AAAA : DNS_A;
	char *names[IPREV_NAMES_MAX];
	size_t count = choose_names(ptr, names);
	bool failed = false;

	for (size_t i = 0; i < count; i++) {
		const struct dns_answer *a = answers_want(answers, type,
		    names[i], need);

		if (a == NULL)
			continue;
		failed |= a->status == DNS_FAILED || a->status == DNS_BOGUS;
		if (a->status == DNS_OK && leads_to(a, peer))
			strcpy_bounded(iprev->names[iprev->count++],
			    DOMAIN_SIZE, names[i]);
	}
	iprev->status = iprev->count > 0 ? IPREV_PASS :
	    failed ? IPREV_TEMPERROR : IPREV_FAIL;
}

bool
iprev_of(const struct netaddr *peer, const struct answers *answers,
    struct questions *need, struct iprev *ret_iprev)
{
	char reverse[NETADDR_REVERSE_SIZE];
	const struct dns_answer *ptr;
	size_t asked = need->count;

	ret_iprev->count = 0;
	ret_iprev->status = IPREV_TEMPERROR;
	ptr = answers_want(answers, DNS_PTR,
	    netaddr_reverse_name(peer, reverse), need);
	if (ptr == NULL)
		return false;
	switch (ptr->status) {
	case DNS_OK:
		confirm(ptr, peer, answers, need, ret_iprev);
		return need->count == asked;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		ret_iprev->status = IPREV_NONE;
		return true;
	case DNS_FAILED:
	case DNS_BOGUS:
		return true;
	}
	abort();
}

const char *
iprev_word(enum policy_iprev status)
{
	switch (status) {
	case IPREV_NONE:	/* RFC 8601 2.7.3: no PTR data is permerror */
		return "permerror";
	case IPREV_PASS:
		return "pass";
	case IPREV_FAIL:
		return "fail";
	case IPREV_TEMPERROR:
		return "temperror";
	}
	abort();
}

bool
iprev_matches_helo(const struct iprev *iprev, const char *helo)
{
	char name[DOMAIN_SIZE];

	if (!domain_parse(helo, strlen(helo), true, name))
		return false;
	for (size_t i = 0; i < iprev->count; i++)
		if (strcmp(iprev->names[i], name) == 0)
			return true;
	return false;
}
