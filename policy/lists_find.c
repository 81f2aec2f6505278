/* SPDX-License-Identifier: ISC */
/*
 * The lists as the judge reads them.
 *
 * Networks are found by equality: the client's address is cut to each prefix
 * length that occurs in the table, longest first, and looked up in an index
 * of (family, bits, address) keys.  A table has a handful of lengths, so a
 * lookup is a handful of index probes whatever the number of rows.
 */

#include <assert.h>

#include "policy/lists_inner.h"
#include "util/number.h"

void
lists_begin(struct lists *lists)
{
	query_step(lists->begin);
}

void
lists_end(struct lists *lists)
{
	query_step(lists->end);
}

static enum lists_status
find_network(struct lists *lists, const struct netblock *block)
{
	uint8_t key[NETWORK_KEY_MAX];

	query_bind_bytes(lists->key_find, 1, key, network_key(block, key));
	switch (query_step(lists->key_find)) {
	case QUERY_ROW:
		query_reset(lists->key_find);
		return LISTS_OK;
	case QUERY_DONE:
		return LISTS_ABSENT;
	case QUERY_REFUSED:
	case QUERY_TROUBLE:
		return LISTS_TROUBLE;
	}
	abort();
}

enum lists_status
lists_whitelisted(struct lists *lists, const struct netaddr *addr)
{
	bool six = netaddr_is_ipv6(addr);
	const uint8_t *bits = six ? lists->bits6 : lists->bits4;
	size_t count = six ? lists->bits6_count : lists->bits4_count;
	enum lists_status status = LISTS_ABSENT;

	if (addr->family == NETADDR_NONE || count == 0)
		return LISTS_ABSENT;
	lists_begin(lists);
	for (size_t i = 0; i < count && status == LISTS_ABSENT; i++) {
		struct netblock block = netblock_of(addr, bits[i]);

		status = find_network(lists, &block);
	}
	lists_end(lists);
	return status;
}

/* The first count columns of the one row that q gives, into values that lie
 * one behind the other.  A value that is too long counts as trouble. */
static enum lists_status
one_row(struct lists_query *q, char (*values)[LISTS_VALUE_SIZE], int count)
{
	enum lists_status status = LISTS_OK;

	switch (query_step(q)) {
	case QUERY_ROW:
		break;
	case QUERY_DONE:
		return LISTS_ABSENT;
	case QUERY_REFUSED:
	case QUERY_TROUBLE:
		return LISTS_TROUBLE;
	}
	for (int i = 0; i < count; i++) {
		const char *value = query_text(q, i);

		if (strlen(value) >= LISTS_VALUE_SIZE)
			status = LISTS_TROUBLE;
		else
			strcpy_bounded(values[i], LISTS_VALUE_SIZE, value);
	}
	query_reset(q);
	return status;
}

static_assert(sizeof(struct lists_domain) == 2 * LISTS_VALUE_SIZE,
    "two values in a row");
static_assert(sizeof(struct lists_mailbox) == 4 * LISTS_VALUE_SIZE,
    "four values in a row");

enum lists_status
lists_domain(struct lists *lists, const char *name,
    struct lists_domain *ret_domain)
{
	query_bind_text(lists->domain, 1, name);
	return one_row(lists->domain, (void *)ret_domain, 2);
}

enum lists_status
lists_first_domain(struct lists *lists, struct lists_domain *ret_domain)
{
	return one_row(lists->first_domain, (void *)ret_domain, 2);
}

enum lists_status
lists_mailbox(struct lists *lists, const char *address,
    struct lists_mailbox *ret_mailbox)
{
	query_bind_text(lists->mailbox, 1, address);
	return one_row(lists->mailbox, (void *)ret_mailbox, 4);
}

enum lists_status
lists_first_mailbox(struct lists *lists, const char *domain,
    struct lists_mailbox *ret_mailbox)
{
	if (domain[0] == '\0')
		return one_row(lists->any_mailbox, (void *)ret_mailbox, 4);
	query_bind_text(lists->first_mailbox, 1, domain);
	return one_row(lists->first_mailbox, (void *)ret_mailbox, 4);
}

enum lists_status
lists_alias(struct lists *lists, const char *address,
    void (*target)(void *arg, const char *target), void *arg)
{
	enum lists_status status = LISTS_ABSENT;
	enum query_step step;

	query_bind_text(lists->alias, 1, address);
	while ((step = query_step(lists->alias)) == QUERY_ROW) {
		target(arg, query_text(lists->alias, 0));
		status = LISTS_OK;
	}
	return step == QUERY_DONE ? status : LISTS_TROUBLE;
}
