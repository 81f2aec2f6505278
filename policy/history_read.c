/* SPDX-License-Identifier: ISC */
/* What people want to know of the history. */

#include "policy/history_inner.h"

/* Who has not come back after this long is not expected any more. */
#define LOST_AFTER_S	86400

#define FIND \
	"SELECT message, at, session, peer, role, helo, sender, recipients, " \
	"author, action, rule, shadow, shadow_rule, mixed, facts, unknown, " \
	"results, reasons, tried, dns FROM verdict WHERE message = ?1 " \
	"ORDER BY id DESC LIMIT 1"

#define PUSHBACKS \
	"SELECT message, at, sender, recipients, author_domain, network, " \
	"closed_at, closed_by, closed_from, authenticated, same_helo " \
	"FROM pushback WHERE ?1 = '' OR instr(lower(sender), ?1) OR " \
	"instr(lower(recipients), ?1) OR instr(author_domain, ?1) OR " \
	"instr(network, ?1) ORDER BY id DESC LIMIT ?2"

#define SENDERS \
	"SELECT sender, network, count(*) AS n, total(closed_at > 0), " \
	"total(same_helo), total(closed_at = 0 AND at < ?1), " \
	"coalesce(avg(closed_at - at) FILTER (WHERE closed_at > 0), 0), " \
	"max(at) FROM pushback GROUP BY sender, network " \
	"ORDER BY n DESC LIMIT ?2"

#define SUGGEST \
	"SELECT author_domain, n, first_at, last_at, lost, good, spam, " \
	"refused, books, EXISTS (SELECT 1 FROM suggestion_applied WHERE " \
	"domain = author_domain) FROM " \
	"(SELECT author_domain, count(*) AS n, min(at) AS first_at, " \
	"max(at) AS last_at, total(at < ?1) AS lost, " \
	"total(closed_at > 0) AS returned, total(in_a_book) AS books " \
	"FROM pushback WHERE authenticated AND author_domain <> '' " \
	"GROUP BY author_domain HAVING returned = 0 AND n >= 3 AND " \
	"first_at < ?1) LEFT JOIN " \
	"(SELECT domain, total(accepted) AS good, total(spam) AS spam, " \
	"total(refused) AS refused FROM domain_day GROUP BY domain) " \
	"ON domain = author_domain " \
	"WHERE books > 0 OR (good > 0 AND spam + refused = 0) " \
	"ORDER BY n DESC LIMIT ?2"

bool
history_read_prepare(struct history_store *store)
{
	store->find = lists_db_query(store->db, FIND);
	store->pushbacks = lists_db_query(store->db, PUSHBACKS);
	store->senders = lists_db_query(store->db, SENDERS);
	store->suggest = lists_db_query(store->db, SUGGEST);
	return store->find != NULL && store->pushbacks != NULL &&
	    store->senders != NULL && store->suggest != NULL;
}

static uint64_t
number(struct lists_query *q, int column)
{
	return (uint64_t)query_number(q, column);
}

bool
history_store_find(struct history_store *store, const char *message,
    void (*use)(void *arg, const struct history_row *row), void *arg)
{
	struct lists_query *q = store->find;
	struct history_row row = { .network = "", .author_domain = "",
	    .message_id_hash = "" };
	const char **const before[] = { &row.session, &row.peer, &row.role,
	    &row.helo, &row.sender, &row.recipients, &row.author, &row.action,
	    &row.rule, &row.shadow, &row.shadow_rule };
	const char **const after[] = { &row.facts, &row.unknown, &row.results,
	    &row.reasons, &row.tried, &row.dns };

	query_bind_text(q, 1, message);
	if (query_step(q) != QUERY_ROW)
		return false;
	row.message = query_text(q, 0);
	row.at = number(q, 1);
	for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
		*before[i] = query_text(q, 2 + (int)i);
	row.mixed = number(q, 13) != 0;
	for (size_t i = 0; i < sizeof after / sizeof after[0]; i++)
		*after[i] = query_text(q, 14 + (int)i);
	use(arg, &row);
	query_reset(q);
	return true;
}

void
history_store_pushbacks(struct history_store *store, const char *filter,
    uint64_t limit, void (*use)(void *arg,
    const struct history_pushback *row), void *arg)
{
	struct lists_query *q = store->pushbacks;

	query_bind_text(q, 1, filter);
	query_bind_number(q, 2, (int64_t)limit);
	while (query_step(q) == QUERY_ROW) {
		const struct history_pushback row = {
			.message = query_text(q, 0),
			.at = number(q, 1),
			.sender = query_text(q, 2),
			.recipients = query_text(q, 3),
			.author_domain = query_text(q, 4),
			.network = query_text(q, 5),
			.closed_at = number(q, 6),
			.closed_by = query_text(q, 7),
			.closed_from = query_text(q, 8),
			.authenticated = number(q, 9) != 0,
			.same_helo = number(q, 10) != 0,
		};

		use(arg, &row);
	}
}

void
history_store_senders(struct history_store *store, uint64_t now,
    uint64_t limit, void (*use)(void *arg, const struct history_sender *row),
    void *arg)
{
	struct lists_query *q = store->senders;

	query_bind_number(q, 1, (int64_t)(now - LOST_AFTER_S));
	query_bind_number(q, 2, (int64_t)limit);
	while (query_step(q) == QUERY_ROW) {
		const struct history_sender row = {
			.sender = query_text(q, 0),
			.network = query_text(q, 1),
			.pushed_back = number(q, 2),
			.returned = number(q, 3),
			.same_helo = number(q, 4),
			.lost = number(q, 5),
			.delay_s = number(q, 6),
			.last_at = number(q, 7),
		};

		use(arg, &row);
	}
}

void
history_store_suggest(struct history_store *store, uint64_t now,
    uint64_t limit, void (*use)(void *arg,
    const struct history_suggestion *row), void *arg)
{
	struct lists_query *q = store->suggest;

	query_bind_number(q, 1, (int64_t)(now - LOST_AFTER_S));
	query_bind_number(q, 2, (int64_t)limit);
	while (query_step(q) == QUERY_ROW) {
		const struct history_suggestion row = {
			.domain = query_text(q, 0),
			.pushed_back = number(q, 1),
			.first_at = number(q, 2),
			.last_at = number(q, 3),
			.lost = number(q, 4),
			.counts = { .accepted = number(q, 5),
			    .spam = number(q, 6), .refused = number(q, 7) },
			.in_books = number(q, 8),
			.applied = number(q, 9) != 0,
		};

		use(arg, &row);
	}
}
