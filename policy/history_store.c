/* SPDX-License-Identifier: ISC */
/* What is written to history.db, and forgotten from it. */

#include "policy/history_store.h"

#include <stdlib.h>

#include "policy/history_inner.h"
#include "policy/history_schema.h"
#include "util/xalloc.h"

/* Rows at once that are too old, and as many that are too much: so that no
 * verdict waits long.  Each half is found by an index. */
#define PRUNE_ROWS	"1000"
#define FORGET(table) \
	"DELETE FROM " table " WHERE id IN (SELECT id FROM (SELECT id FROM " \
	table " WHERE at < ?1 ORDER BY at LIMIT " PRUNE_ROWS ") UNION ALL " \
	"SELECT id FROM (SELECT id FROM " table " WHERE id <= (SELECT " \
	"max(id) FROM " table ") - ?2 ORDER BY id LIMIT " PRUNE_ROWS "))"
#define DAY_S		86400
#define YEAR_S		(365 * DAY_S)
#define ROOMS_MAX	4096	/* networks whose room is known */
#define ROOM_KEPT_S	3600

static const struct {
	size_t		 place;		/* in struct history_store */
	const char	*sql;
} texts[] = {
#define QUERY(member, sql) { offsetof(struct history_store, member), sql },
	QUERY(add_verdict, "INSERT INTO verdict (message, at, session, peer, "
	    "role, helo, sender, recipients, author, action, rule, shadow, "
	    "shadow_rule, mixed, facts, unknown, results, reasons, tried, dns)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
	    "?14, ?15, ?16, ?17, ?18, ?19, ?20)")
	QUERY(room, "SELECT ?2 - count(*) FROM (SELECT 1 FROM pushback "
	    "WHERE network = ?1 LIMIT ?2)")
	QUERY(add_pushback, "INSERT INTO pushback (message, at, sender, "
	    "recipients, author_domain, authenticated, in_a_book, "
	    "message_id_hash, network, helo) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
	    "?7, ?8, ?9, ?10)")
	QUERY(close, "UPDATE pushback SET closed_at = ?1, closed_by = ?2, "
	    "closed_from = ?3, same_helo = (helo = ?4 COLLATE NOCASE) "
	    "WHERE sender = ?5 AND message_id_hash = ?6 AND closed_at = 0 "
	    "AND at <= ?1 AND (?6 <> '' OR recipients = ?7)")
	QUERY(count_domain, "INSERT INTO domain_day (domain, day, accepted, "
	    "refused, spam) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE "
	    "SET accepted = accepted + ?3, refused = refused + ?4, "
	    "spam = spam + ?5")
	QUERY(forget_verdicts, FORGET("verdict"))
	QUERY(forget_pushbacks, FORGET("pushback"))
	QUERY(forget_days, "DELETE FROM domain_day WHERE day < ?1")
	QUERY(forget_applied, "DELETE FROM suggestion_applied WHERE at < ?1")
	QUERY(note_applied, "INSERT INTO suggestion_applied (domain, at) "
	    "VALUES (?1, ?2) ON CONFLICT DO UPDATE SET at = ?2")
	QUERY(applied_since, "SELECT count(*) FROM suggestion_applied "
	    "WHERE at > ?1")
	QUERY(domain, "SELECT total(accepted), total(spam), total(refused) "
	    "FROM domain_day WHERE domain = ?1")
#undef QUERY
};

static bool
migrate(struct history_store *store)
{
	struct lists_query *q = lists_db_query(store->db,
	    "PRAGMA user_version");
	int64_t version;
	char sql[64];

	if (q == NULL || query_step(q) != QUERY_ROW)
		return false;
	version = query_number(q, 0);
	query_reset(q);
	for (; version < HISTORY_SCHEMA_VERSION; version++) {
		snprintf(sql, sizeof sql, "PRAGMA user_version = %d; COMMIT",
		    (int)version + 1);
		if (!lists_db_run(store->db, "BEGIN") ||
		    !lists_db_run(store->db, history_schema[version]) ||
		    !lists_db_run(store->db, sql))
			return false;
	}
	return version == HISTORY_SCHEMA_VERSION;
}

struct history_store *
history_store_open(const char *path, char *why, size_t n)
{
	struct history_store *store = xcalloc(1, sizeof *store);
	bool good;

	store->db = lists_db_open_alone(path, why, n);
	if (store->db == NULL) {
		free(store);
		return NULL;
	}
	store->rooms = recent_new(ROOMS_MAX, free);
	good = migrate(store) && history_read_prepare(store);
	for (size_t i = 0; good && i < sizeof texts / sizeof texts[0]; i++) {
		struct lists_query *q = lists_db_query(store->db,
		    texts[i].sql);

		memcpy((char *)store + texts[i].place, &q, sizeof q);
		good = q != NULL;
	}
	if (!good) {
		snprintf(why, n, "%s: %s", path, lists_db_why(store->db));
		return history_store_close(store);
	}
	return store;
}

struct history_store *
history_store_close(struct history_store *store)
{
	if (store != NULL) {
		recent_free(store->rooms);
		lists_db_close(store->db);
	}
	free(store);
	return NULL;
}

const char *
history_store_why(const struct history_store *store)
{
	return lists_db_why(store->db);
}

/* ---- writing ---- */

static void
bind_texts(struct lists_query *q, int first, const char *const *values,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		query_bind_text(q, first + (int)i, values[i]);
}

static bool
add_verdict(struct history_store *store, const struct history_row *row)
{
	struct lists_query *q = store->add_verdict;
	const char *const before[] = { row->session, row->peer, row->role,
	    row->helo, row->sender, row->recipients, row->author, row->action,
	    row->rule, row->shadow, row->shadow_rule };
	const char *const after[] = { row->facts, row->unknown, row->results,
	    row->reasons, row->tried, row->dns };

	query_bind_text(q, 1, row->message);
	query_bind_number(q, 2, (int64_t)row->at);
	bind_texts(q, 3, before, sizeof before / sizeof before[0]);
	query_bind_number(q, 14, row->mixed);
	bind_texts(q, 15, after, sizeof after / sizeof after[0]);
	return query_step(q) == QUERY_DONE;
}

/* How many more rows the network may have.  Counted once in an hour, and what
 * is added since is known. */
static uint64_t *
room_of(struct history_store *store, const struct history_row *row,
    const struct history_limits *limits)
{
	size_t n = strlen(row->network);
	uint64_t *room = recent_get(store->rooms, row->network, n,
	    row->at * 1000), left = 0;

	if (room != NULL)
		return room;
	query_bind_text(store->room, 1, row->network);
	query_bind_number(store->room, 2, (int64_t)limits->rows_per_network);
	if (query_step(store->room) == QUERY_ROW)
		left = (uint64_t)query_number(store->room, 0);
	query_reset(store->room);
	recent_put(store->rooms, row->network, n, xmemdup(&left, sizeof left),
	    (row->at + ROOM_KEPT_S) * 1000);
	return recent_get(store->rooms, row->network, n, row->at * 1000);
}

/* A network that fills its share is forgotten from now on, not others. */
static bool
has_room(struct history_store *store, const struct history_row *row,
    const struct history_limits *limits)
{
	uint64_t *room = room_of(store, row, limits);

	if (room == NULL || *room == 0)
		return false;
	--*room;
	return true;
}

static bool
add_pushback(struct history_store *store, const struct history_row *row)
{
	struct lists_query *q = store->add_pushback;
	const char *const after[] = { row->message_id_hash, row->network,
	    row->helo };

	query_bind_text(q, 1, row->message);
	query_bind_number(q, 2, (int64_t)row->at);
	query_bind_text(q, 3, row->sender);
	query_bind_text(q, 4, row->pushed_back_for);
	query_bind_text(q, 5, row->author_domain);
	query_bind_number(q, 6, row->authenticated);
	query_bind_number(q, 7, row->in_a_book);
	bind_texts(q, 8, after, sizeof after / sizeof after[0]);
	return query_step(q) == QUERY_DONE;
}

/* The same message over IPv4. */
static bool
close_pushbacks(struct history_store *store, const struct history_row *row)
{
	struct lists_query *q = store->close;
	const char *const values[] = { row->message, row->network, row->helo,
	    row->sender, row->message_id_hash, row->recipients };

	query_bind_number(q, 1, (int64_t)row->at);
	bind_texts(q, 2, values, sizeof values / sizeof values[0]);
	return query_step(q) == QUERY_DONE;
}

static bool
count_domain(struct history_store *store, const struct history_row *row)
{
	struct lists_query *q = store->count_domain;

	query_bind_text(q, 1, row->author_domain);
	query_bind_number(q, 2, (int64_t)(row->at / DAY_S));
	query_bind_number(q, 3, row->accepted);
	query_bind_number(q, 4, !row->accepted && !row->spam);
	query_bind_number(q, 5, row->spam);
	return query_step(q) == QUERY_DONE;
}

static bool
write_row(struct history_store *store, const struct history_row *row,
    const struct history_limits *limits)
{
	if (row->pushed_back_for[0] != '\0') {
		if (!has_room(store, row, limits))
			return true;
		return add_verdict(store, row) && add_pushback(store, row);
	}
	if (!add_verdict(store, row))
		return false;
	if (row->ipv6)
		return true;
	if (!close_pushbacks(store, row))
		return false;
	return !row->authenticated || count_domain(store, row);
}

bool
history_store_write(struct history_store *store,
    const struct history_row *rows, size_t count,
    const struct history_limits *limits)
{
	bool good = lists_db_run(store->db, "BEGIN");

	for (size_t i = 0; i < count && good; i++)
		good = write_row(store, &rows[i], limits);
	if (good && lists_db_run(store->db, "COMMIT"))
		return true;
	lists_db_run(store->db, "ROLLBACK");
	return false;
}

/* ---- forgetting ---- */

static int64_t
forget(struct history_store *store, struct lists_query *q, uint64_t now,
    uint64_t keep_s, uint64_t rows)
{
	query_bind_number(q, 1, (int64_t)(now > keep_s ? now - keep_s : 0));
	query_bind_number(q, 2, (int64_t)rows);
	return query_step(q) == QUERY_DONE ? lists_db_changes(store->db) : 0;
}

bool
history_store_prune(struct history_store *store, uint64_t now,
    const struct history_limits *limits)
{
	int64_t verdicts = forget(store, store->forget_verdicts, now,
	    limits->shadow_keep_s, limits->rows);
	int64_t pushbacks = forget(store, store->forget_pushbacks, now,
	    limits->pushback_keep_s, limits->rows);

	query_bind_number(store->forget_days, 1,
	    (int64_t)((now - limits->shadow_keep_s) / DAY_S));
	query_step(store->forget_days);
	query_bind_number(store->forget_applied, 1, (int64_t)(now - YEAR_S));
	query_step(store->forget_applied);
	return verdicts > 0 || pushbacks > 0;
}

void
history_store_domain(struct history_store *store, const char *domain,
    struct history_counts *ret_counts)
{
	*ret_counts = (struct history_counts){ .accepted = 0 };
	query_bind_text(store->domain, 1, domain);
	if (query_step(store->domain) != QUERY_ROW)
		return;
	ret_counts->accepted = (uint64_t)query_number(store->domain, 0);
	ret_counts->spam = (uint64_t)query_number(store->domain, 1);
	ret_counts->refused = (uint64_t)query_number(store->domain, 2);
	query_reset(store->domain);
}

/* ---- suggestions that were followed ---- */

bool
history_store_note_applied(struct history_store *store, const char *domain,
    uint64_t now)
{
	query_bind_text(store->note_applied, 1, domain);
	query_bind_number(store->note_applied, 2, (int64_t)now);
	return query_step(store->note_applied) == QUERY_DONE;
}

uint64_t
history_store_applied_since(struct history_store *store, uint64_t since)
{
	uint64_t count = UINT64_MAX;	/* in doubt no more */

	query_bind_number(store->applied_since, 1, (int64_t)since);
	if (query_step(store->applied_since) == QUERY_ROW)
		count = (uint64_t)query_number(store->applied_since, 0);
	query_reset(store->applied_since);
	return count;
}
