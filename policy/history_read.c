/* SPDX-License-Identifier: ISC */
/* What people want to know of the history. */

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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

/* ---- from columns to members ---- */

enum kind {
	TEXT,			/* const char *, valid until the next step */
	NUMBER,			/* uint64_t */
	YESNO,			/* bool */
};

/* Where a column goes; one row for each column of a query, in order. */
struct field {
	enum kind	 kind;
	size_t		 place;
};

#define FIELD(kind, type, member) { kind, offsetof(struct type, member) }
#define COUNT(fields) (sizeof (fields) / sizeof (fields)[0])

static void
read_field(struct lists_query *q, int column, const struct field *field,
    void *row)
{
	char *to = (char *)row + field->place;
	const char *text;
	uint64_t number;
	uint8_t yes;

	switch (field->kind) {
	case TEXT:
		text = query_text(q, column);
		memcpy(to, &text, sizeof text);
		return;
	case NUMBER:
		number = (uint64_t)query_number(q, column);
		memcpy(to, &number, sizeof number);
		return;
	case YESNO:
		yes = query_number(q, column) != 0;
		memcpy(to, &yes, sizeof yes);
		return;
	}
	abort();
}

/* false: there is no row any more, and the query may run again. */
static bool
next_row(struct lists_query *q, const struct field *fields, size_t count,
    void *row)
{
	if (query_step(q) != QUERY_ROW)
		return false;
	for (size_t i = 0; i < count; i++)
		read_field(q, (int)i, &fields[i], row);
	return true;
}

static_assert(sizeof(bool) == sizeof(uint8_t), "YESNO is one octet");

/* ---- the lookups ---- */

bool
history_store_find(struct history_store *store, const char *message,
    void (*use)(void *arg, const struct history_row *row), void *arg)
{
#define F(kind, member) FIELD(kind, history_row, member)
	static const struct field fields[] = {
		F(TEXT, message), F(NUMBER, at), F(TEXT, session),
		F(TEXT, peer), F(TEXT, role), F(TEXT, helo), F(TEXT, sender),
		F(TEXT, recipients), F(TEXT, author), F(TEXT, action),
		F(TEXT, rule), F(TEXT, shadow), F(TEXT, shadow_rule),
		F(YESNO, mixed), F(TEXT, facts), F(TEXT, unknown),
		F(TEXT, results), F(TEXT, reasons), F(TEXT, tried),
		F(TEXT, dns),
	};
#undef F
	struct history_row row = { .network = "", .author_domain = "",
	    .message_id_hash = "" };

	query_bind_text(store->find, 1, message);
	if (!next_row(store->find, fields, COUNT(fields), &row))
		return false;
	use(arg, &row);
	query_reset(store->find);
	return true;
}

void
history_store_pushbacks(struct history_store *store, const char *filter,
    uint64_t limit, void (*use)(void *arg,
    const struct history_pushback *row), void *arg)
{
#define F(kind, member) FIELD(kind, history_pushback, member)
	static const struct field fields[] = {
		F(TEXT, message), F(NUMBER, at), F(TEXT, sender),
		F(TEXT, recipients), F(TEXT, author_domain), F(TEXT, network),
		F(NUMBER, closed_at), F(TEXT, closed_by),
		F(TEXT, closed_from), F(YESNO, authenticated),
		F(YESNO, same_helo),
	};
#undef F
	struct history_pushback row;

	query_bind_text(store->pushbacks, 1, filter);
	query_bind_number(store->pushbacks, 2, (int64_t)limit);
	while (next_row(store->pushbacks, fields, COUNT(fields), &row))
		use(arg, &row);
}

void
history_store_senders(struct history_store *store, uint64_t now,
    uint64_t limit, void (*use)(void *arg, const struct history_sender *row),
    void *arg)
{
#define F(kind, member) FIELD(kind, history_sender, member)
	static const struct field fields[] = {
		F(TEXT, sender), F(TEXT, network), F(NUMBER, pushed_back),
		F(NUMBER, returned), F(NUMBER, same_helo), F(NUMBER, lost),
		F(NUMBER, delay_s), F(NUMBER, last_at),
	};
#undef F
	struct history_sender row;

	query_bind_number(store->senders, 1, (int64_t)(now - LOST_AFTER_S));
	query_bind_number(store->senders, 2, (int64_t)limit);
	while (next_row(store->senders, fields, COUNT(fields), &row))
		use(arg, &row);
}

void
history_store_suggest(struct history_store *store, uint64_t now,
    uint64_t limit, void (*use)(void *arg,
    const struct history_suggestion *row), void *arg)
{
#define F(kind, member) FIELD(kind, history_suggestion, member)
	static const struct field fields[] = {
		F(TEXT, domain), F(NUMBER, pushed_back), F(NUMBER, first_at),
		F(NUMBER, last_at), F(NUMBER, lost),
		F(NUMBER, counts.accepted), F(NUMBER, counts.spam),
		F(NUMBER, counts.refused), F(NUMBER, in_books),
		F(YESNO, applied),
	};
#undef F
	struct history_suggestion row;

	query_bind_number(store->suggest, 1, (int64_t)(now - LOST_AFTER_S));
	query_bind_number(store->suggest, 2, (int64_t)limit);
	while (next_row(store->suggest, fields, COUNT(fields), &row))
		use(arg, &row);
}
