/* SPDX-License-Identifier: ISC */
/* Addressbooks as the judge reads them: hit or miss cost the same. */

#include "policy/lists_signs.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/lists_inner.h"

bool
lists_books_prepare(struct lists *lists)
{
	static const char look[] = "SELECT sender, source, last_seen "
	    "FROM addressbook WHERE recipient = ?1 AND sender = ?2";
	const struct lists_sql queries[] = {
		{ &lists->known_address, look },
		{ &lists->known_domain, look },
	};

	return lists_prepare(lists, queries,
	    sizeof queries / sizeof queries[0]);
}

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
	enum lists_status status;

	query_bind_text(q, 1, mailbox);
	query_bind_text(q, 2, sender);
	step = query_step(q);
	if (step != QUERY_ROW)
		return step == QUERY_DONE ? LISTS_ABSENT : LISTS_TROUBLE;
	snprintf(ret_known->source, sizeof ret_known->source, "%s",
	    query_text(q, 1));
	ret_known->last_seen = query_number(q, 2);
	status = lists_take_row(q, (void *)ret_known->row, 1);
	if (status != LISTS_OK)
		return status;
	return strcmp(ret_known->source, "gathered") != 0 ||
	    ret_known->last_seen >= gathered_since ? LISTS_OK : LISTS_ABSENT;
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
