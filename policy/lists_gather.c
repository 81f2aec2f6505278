/* SPDX-License-Identifier: ISC */
/* What the daemon itself writes into the lists: gathered addresses, and the
 * end of greenlist rows that expire. */

#include "policy/lists_inner.h"
#include "policy/lists_signs.h"

bool
lists_gather_prepare(struct lists *lists)
{
	const struct lists_sql queries[] = {
		{ &lists->opted_out, "SELECT recipient FROM "
		    "addressbook_opt_out WHERE recipient = ?1" },
		{ &lists->gather, "INSERT INTO addressbook(recipient, sender, "
		    "source, first_seen, last_seen, count) "
		    "SELECT ?1, ?2, 'gathered', ?3, ?3, ?4 WHERE NOT EXISTS "
		    "(SELECT 1 FROM addressbook_opt_out WHERE recipient = ?1) "
		    "ON CONFLICT(recipient, sender) DO UPDATE SET "
		    "last_seen = max(last_seen, ?3), count = count + ?4" },
		{ &lists->forget, "DELETE FROM addressbook WHERE "
		    "(recipient, sender) IN (SELECT recipient, sender "
		    "FROM addressbook WHERE source = 'gathered' AND "
		    "last_seen < ?1 LIMIT ?2)" },
		{ &lists->expire, "DELETE FROM greenlist WHERE "
		    "expires_at > 0 AND expires_at <= ?1" },
	};

	return lists_prepare(lists, queries,
	    sizeof queries / sizeof queries[0]);
}

enum lists_status
lists_opted_out(struct lists *lists, const char *mailbox)
{
	char row[1][LISTS_VALUE_SIZE];

	query_bind_text(lists->opted_out, 1, mailbox);
	return lists_one_row(lists->opted_out, row, 1);
}

static bool
gather_one(struct lists_query *q, const struct lists_gathered *row)
{
	query_bind_text(q, 1, row->mailbox);
	query_bind_text(q, 2, row->sender);
	query_bind_number(q, 3, row->seen_at);
	query_bind_number(q, 4, row->count);
	return query_step(q) != QUERY_TROUBLE;
}

enum lists_status
lists_gather(struct lists *lists, const struct lists_gathered *rows,
    size_t count)
{
	bool ok = true;

	if (count == 0)
		return LISTS_OK;
	if (!lists_db_run(lists->db, "BEGIN IMMEDIATE"))
		return LISTS_TROUBLE;
	for (size_t i = 0; i < count && ok; i++)
		ok = gather_one(lists->gather, &rows[i]);
	if (ok && lists_db_run(lists->db, "COMMIT"))
		return LISTS_OK;
	lists_db_run(lists->db, "ROLLBACK");
	return LISTS_TROUBLE;
}

enum lists_status
lists_forget_gathered(struct lists *lists, int64_t seen_before, unsigned most)
{
	query_bind_number(lists->forget, 1, seen_before);
	query_bind_number(lists->forget, 2, most);
	return query_step(lists->forget) == QUERY_DONE ? LISTS_OK :
	    LISTS_TROUBLE;
}

enum lists_status
lists_green_expire(struct lists *lists, int64_t now)
{
	query_bind_number(lists->expire, 1, now);
	return query_step(lists->expire) == QUERY_DONE ? LISTS_OK :
	    LISTS_TROUBLE;
}
