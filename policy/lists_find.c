/* SPDX-License-Identifier: ISC */
/* The lists as the judge reads them: who is ours. */

#include <assert.h>
#include <stdlib.h>

#include "policy/lists_inner.h"
#include "util/number.h"

void
lists_begin(struct lists *lists)
{
	if (lists->nesting++ == 0)
		query_step(lists->begin);
}

void
lists_end(struct lists *lists)
{
	if (--lists->nesting == 0)
		query_step(lists->end);
}

enum lists_status
lists_whitelisted(struct lists *lists, const struct netaddr *addr)
{
	enum lists_status status;

	status = lists_networks_find(lists, NETWORKS_WHITELIST,
	    lists->whitelisted, addr);
	if (status == LISTS_OK)
		query_reset(lists->whitelisted);
	return status;
}

enum lists_status
lists_take_row(struct lists_query *q, char (*values)[LISTS_VALUE_SIZE],
    int count)
{
	enum lists_status status = LISTS_OK;

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

enum lists_status
lists_one_row(struct lists_query *q, char (*values)[LISTS_VALUE_SIZE],
    int count)
{
	switch (query_step(q)) {
	case QUERY_ROW:
		return lists_take_row(q, values, count);
	case QUERY_DONE:
		return LISTS_ABSENT;
	case QUERY_REFUSED:
	case QUERY_TROUBLE:
		return LISTS_TROUBLE;
	}
	abort();
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
	return lists_one_row(lists->domain, (void *)ret_domain, 2);
}

enum lists_status
lists_first_domain(struct lists *lists, struct lists_domain *ret_domain)
{
	return lists_one_row(lists->first_domain, (void *)ret_domain, 2);
}

enum lists_status
lists_mailbox(struct lists *lists, const char *address,
    struct lists_mailbox *ret_mailbox)
{
	query_bind_text(lists->mailbox, 1, address);
	return lists_one_row(lists->mailbox, (void *)ret_mailbox, 4);
}

enum lists_status
lists_first_mailbox(struct lists *lists, const char *domain,
    struct lists_mailbox *ret_mailbox)
{
	if (domain[0] == '\0')
		return lists_one_row(lists->any_mailbox, (void *)ret_mailbox, 4);
	query_bind_text(lists->first_mailbox, 1, domain);
	return lists_one_row(lists->first_mailbox, (void *)ret_mailbox, 4);
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
