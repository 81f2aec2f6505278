/* SPDX-License-Identifier: ISC */
/*
 * A list answers with an address in 127.0.0.0/8 or with NXDOMAIN.  A resolver
 * that rewrites NXDOMAIN, a domain that was sold, or a list that has closed
 * answers with something else, and then all of the answer is worth nothing.
 */
#include "policy/providers.h"

#include <stdlib.h>
#include <string.h>

#include "util/number.h"

#define ORIGIN_TEXT_MAX	255	/* octets of a record worth reading */

/* ---- names ---- */

static bool
join(const char *front, size_t n, const char *zone,
    char ret_name[static DOMAIN_SIZE])
{
	if (n == 0 || zone[0] == '\0' || n + 1 + strlen(zone) > DOMAIN_MAX)
		return false;
	memcpy(ret_name, front, n);
	ret_name[n] = '.';
	strcpy_bounded(ret_name + n + 1, DOMAIN_SIZE - n - 1, zone);
	return true;
}

bool
provider_address_name(const struct netaddr *addr, const char *zone,
    char ret_name[static DOMAIN_SIZE])
{
	char reverse[NETADDR_REVERSE_SIZE];
	const char *arpa = netaddr_is_ipv6(addr) ? ".ip6.arpa" :
	    ".in-addr.arpa";

	netaddr_reverse_name(addr, reverse);
	return join(reverse, strlen(reverse) - strlen(arpa), zone, ret_name);
}

bool
provider_domain_name(const char *domain, const char *zone,
    char ret_name[static DOMAIN_SIZE])
{
	return join(domain, strlen(domain), zone, ret_name);
}

/* ---- answers of lists ---- */

/* What the status alone decides; LISTED if the records do. */
static enum provider_status
status_of(const struct dns_answer *answer)
{
	switch (answer->status) {
	case DNS_OK:
		return PROVIDER_LISTED;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		return PROVIDER_NOT_LISTED;
	case DNS_FAILED:
	case DNS_BOGUS:
		return PROVIDER_UNKNOWN;
	}
	abort();
}

void
provider_read(const struct dns_answer *answer, const struct code_list *codes,
    struct provider_reading *ret_reading)
{
	struct provider_reading r = { .status = status_of(answer) };

	*ret_reading = r;
	if (r.status != PROVIDER_LISTED)
		return;
	ret_reading->status = PROVIDER_UNKNOWN;
	if (answer->addr_count == 0 || answer->cut)
		return;
	r.status = PROVIDER_OTHER;
	for (size_t i = 0; i < answer->addr_count; i++) {
		const struct netaddr *code = &answer->addrs[i];
		enum provider_status status =
		    code_list_contains(codes, code) ? PROVIDER_LISTED :
		    PROVIDER_OTHER;

		if (!code_is_list(code) || code_is_refusal(code))
			return;
		if (i > 0 && (status > r.status || (status == r.status &&
		    netaddr_compare(code, &r.code) >= 0)))
			continue;
		r.status = status;
		r.code = *code;
	}
	*ret_reading = r;
}

const char *
provider_word(enum provider_status status)
{
	switch (status) {
	case PROVIDER_LISTED:
		return "listed";
	case PROVIDER_OTHER:
		return "other-code";
	case PROVIDER_NOT_LISTED:
		return "not-listed";
	case PROVIDER_UNKNOWN:
		return "unknown";
	}
	abort();
}

/* ---- origins ---- */

bool
provider_as_parse(const char *text, uint32_t *ret_number)
{
	uint64_t number;

	if (!number_parse(text, 1, UINT32_MAX - 1, &number) || text[0] == '0')
		return false;
	/* RFC 6793: stands for any number; RFC 7300: the last of 16 bits. */
	if (number == 23456 || number == UINT16_MAX)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* "64500 64501 ", up to the first bar: as many as there is room for, or
 * false. */
static bool
numbers_parse(char *text, struct provider_origin *origin)
{
	char *word, *rest = text;

	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '\0')
			continue;
		if (origin->count == ORIGINS_MAX || !provider_as_parse(word,
		    &origin->numbers[origin->count]))
			return false;
		origin->count++;
	}
	qsort(origin->numbers, origin->count, sizeof origin->numbers[0],
	    compare_numbers);
	return origin->count > 0;
}

bool
provider_origin_parse(const void *text, size_t size,
    const struct netaddr *addr, struct provider_origin *ret_origin)
{
	struct provider_origin origin = { .status = PROVIDER_LISTED };
	char copy[ORIGIN_TEXT_MAX + 1], *bar, *network;

	if (size == 0 || size > ORIGIN_TEXT_MAX ||
	    memchr(text, '\0', size) != NULL)
		return false;
	memcpy(copy, text, size);
	copy[size] = '\0';
	bar = strchr(copy, '|');
	if (bar == NULL)
		return false;
	*bar = '\0';
	network = bar + 1 + strspn(bar + 1, " ");
	network[strcspn(network, " |")] = '\0';
	if (!numbers_parse(copy, &origin) ||
	    !netblock_parse(network, &origin.network) ||
	    !netblock_contains(&origin.network, addr))
		return false;
	*ret_origin = origin;
	return true;
}

/* Two records of one network: it has the numbers of both. */
static bool
numbers_join(struct provider_origin *to, const struct provider_origin *from)
{
	for (size_t i = 0; i < from->count; i++) {
		if (bsearch(&from->numbers[i], to->numbers, to->count,
		    sizeof to->numbers[0], compare_numbers) != NULL)
			continue;
		if (to->count == ORIGINS_MAX)
			return false;
		to->numbers[to->count++] = from->numbers[i];
		qsort(to->numbers, to->count, sizeof to->numbers[0],
		    compare_numbers);
	}
	return true;
}

void
provider_read_origin(const struct dns_answer *answer,
    const struct netaddr *addr, struct provider_origin *ret_origin)
{
	struct provider_origin best = { .status = status_of(answer) };

	*ret_origin = best;
	if (best.status != PROVIDER_LISTED)
		return;
	ret_origin->status = PROVIDER_UNKNOWN;
	if (answer->cut)
		return;
	for (size_t i = 0; i < answer->text_count; i++) {
		struct provider_origin o;

		if (!provider_origin_parse(answer->texts[i].data,
		    answer->texts[i].size, addr, &o))
			return;
		if (best.count == 0 ||
		    o.network.prefix_bits > best.network.prefix_bits)
			best = o;
		else if (o.network.prefix_bits == best.network.prefix_bits &&
		    !numbers_join(&best, &o))
			return;
	}
	if (best.count > 0)
		*ret_origin = best;
}
