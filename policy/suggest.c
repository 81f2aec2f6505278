/* SPDX-License-Identifier: ISC */
#include "policy/suggest.h"

#include <time.h>

#include "policy/lists_signs.h"
#include "util/xalloc.h"

#define LOOK_AT		500	/* suggestions at once */
#define LOST_LEAST	3
#define DAY_S		86400
#define TIME_SIZE	32

static bool
has_good_history(const struct history_counts *c,
    const struct suggest_settings *settings)
{
	uint64_t all = c->accepted + c->spam + c->refused;

	return all >= settings->good_messages &&
	    c->accepted * 100 >= all * settings->good_percent;
}

enum suggest_answer
suggest_decide(const struct history_suggestion *row,
    const struct suggest_settings *settings)
{
	if (row->applied)
		return SUGGEST_BEFORE;
	if (row->lost < LOST_LEAST)
		return SUGGEST_TOO_FEW;
	if (row->counts.spam > 0 || row->counts.refused > 0)
		return SUGGEST_BAD_SIGN;
	if (row->in_books == 0 && !has_good_history(&row->counts, settings))
		return SUGGEST_NO_GOOD_SIGN;
	return SUGGEST_YES;
}

/* The rows that may be added, copied: the database is not read any more when
 * it is written. */
struct picked {
	const struct suggest_settings	*settings;
	struct history_suggestion	 rows[LOOK_AT];	/* domains are ours */
	size_t				 count;
};

static void
pick(void *arg, const struct history_suggestion *row)
{
	struct picked *p = arg;

	if (p->count == LOOK_AT ||
	    suggest_decide(row, p->settings) != SUGGEST_YES)
		return;
	p->rows[p->count] = *row;
	p->rows[p->count++].domain = xstrdup(row->domain);
}

/* ABSENT: it was not there before, and is now. */
static enum lists_status
add(struct lists *lists, const struct history_suggestion *row, uint64_t until)
{
	char note[LISTS_VALUE_SIZE], expires[TIME_SIZE], why[LISTS_WHY_SIZE];
	const char *const values[] = { "domain", row->domain, note,
	    "suggested", expires };
	time_t at = (time_t)until;
	struct tm tm;
	enum lists_status status;

	status = lists_green_host(lists, LISTS_GREEN_DOMAIN, row->domain,
	    note);
	if (status != LISTS_ABSENT)
		return status;
	snprintf(note, sizeof note, "%llu push-backs, never returned",
	    (unsigned long long)row->pushed_back);
	gmtime_r(&at, &tm);
	strftime(expires, sizeof expires, "%Y-%m-%dT%H:%M:%SZ", &tm);
	status = lists_add(lists, LISTS_GREENLIST, values, 5, why);
	return status == LISTS_OK ? LISTS_ABSENT : status;
}

/* A row that the schema refuses, or that is there, is not the end of all. */
static enum lists_status
add_picked(struct picked *p, struct history_store *history,
    struct lists *lists, uint64_t now, uint64_t room,
    void (*added)(void *, const struct history_suggestion *), void *arg)
{
	for (size_t i = 0; i < p->count && room > 0; i++) {
		const struct history_suggestion *row = &p->rows[i];
		enum lists_status status = add(lists, row,
		    now + p->settings->keep_s);

		if (status == LISTS_TROUBLE)
			return status;
		if (status != LISTS_ABSENT)
			continue;
		room--;
		added(arg, row);
		if (!history_store_note_applied(history, row->domain, now))
			return LISTS_TROUBLE;
	}
	return LISTS_OK;
}

enum lists_status
suggest_apply(struct history_store *history, struct lists *lists,
    const struct suggest_settings *settings, uint64_t now,
    void (*added)(void *arg, const struct history_suggestion *row), void *arg)
{
	uint64_t today = history_store_applied_since(history, now - DAY_S);
	struct picked *p;
	enum lists_status status;

	if (today >= settings->per_day)
		return LISTS_OK;
	p = xcalloc(1, sizeof *p);
	p->settings = settings;
	history_store_suggest(history, now, LOOK_AT, pick, p);
	status = add_picked(p, history, lists, now, settings->per_day - today,
	    added, arg);
	for (size_t i = 0; i < p->count; i++)
		free((char *)p->rows[i].domain);
	free(p);
	return status;
}
