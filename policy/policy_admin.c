/* SPDX-License-Identifier: ISC */
/* What mx6ctl asks: verdicts explained, push-backs, senders, suggestions. */

#include "policy/judge.h"

#include <time.h>

#include "policy/policy_admin_ipc.h"
#include "util/xalloc.h"

#define IPC_NAME policy_admin
#define IPC_FILE "policy/policy_admin.msg"
#include "util/ipc_serve.h"

#define ROWS_MAX	5000	/* in one answer */

const struct ipc_service *
policy_admin_offer(void)
{
	return &policy_admin_service;
}

static struct policy_admin_verdict
verdict_row(const struct history_row *row)
{
	return (struct policy_admin_verdict){
		.message = row->message, .at = row->at,
		.session = row->session, .peer = row->peer, .role = row->role,
		.helo = row->helo, .sender = row->sender,
		.recipients = row->recipients, .author = row->author,
		.action = row->action, .rule = row->rule,
		.shadow = row->shadow, .shadow_rule = row->shadow_rule,
		.mixed = row->mixed, .facts = row->facts,
		.unknown = row->unknown, .results = row->results,
		.reasons = row->reasons, .tried = row->tried, .dns = row->dns,
	};
}

static void
explained(void *arg, const struct history_row *row)
{
	const struct policy_admin_verdict v = verdict_row(row);
	const struct policy_admin_explain_answer answer = { .rows = &v,
	    .rows_count = 1 };

	policy_admin_explain_reply(arg, &answer);
}

void
policy_admin_write(struct ipc_writer *w, const struct history_row *row)
{
	const struct policy_admin_verdict v = verdict_row(row);
	const struct policy_admin_explain_answer answer = { .rows = &v,
	    .rows_count = 1 };

	write_policy_admin_explain_answer(w, &answer);
}

void
serve_policy_admin_explain(struct ipc_call *call,
    const struct policy_admin_explain_ask *ask)
{
	static const struct policy_admin_explain_answer none;
	struct history_store *store = history_store(judge.history);

	history_flush(judge.history);
	if (store == NULL || !history_store_find(store, ask->message,
	    explained, call))
		policy_admin_explain_reply(call, &none);
}

/* ---- push-backs ---- */

/* Rows of an answer, their texts copied. */
struct rows {
	void	*items;
	size_t	 count;
	size_t	 most;		/* where it is not the database that counts */
	char	**texts;
	size_t	 text_count;
};

static void *
next_row(struct rows *rows, size_t size)
{
	if (rows->items == NULL)
		rows->items = xcalloc(ROWS_MAX, size);
	return (char *)rows->items + rows->count++ * size;
}

static const char *
keep_text(struct rows *rows, const char *text)
{
	rows->texts = xreallocarray(rows->texts, rows->text_count + 1,
	    sizeof *rows->texts);
	rows->texts[rows->text_count] = xstrdup(text);
	return rows->texts[rows->text_count++];
}

static void
rows_done(struct rows *rows)
{
	for (size_t i = 0; i < rows->text_count; i++)
		free(rows->texts[i]);
	free(rows->texts);
	free(rows->items);
}

static uint64_t
bounded(uint64_t limit)
{
	return limit == 0 || limit > ROWS_MAX ? ROWS_MAX : limit;
}

static void
add_pushback(void *arg, const struct history_pushback *p)
{
	struct rows *rows = arg;
	struct policy_admin_pushback *row = next_row(rows, sizeof *row);

	row->message = keep_text(rows, p->message);
	row->at = p->at;
	row->sender = keep_text(rows, p->sender);
	row->recipients = keep_text(rows, p->recipients);
	row->network = keep_text(rows, p->network);
	row->authenticated = p->authenticated;
	row->closed_at = p->closed_at;
	row->closed_by = keep_text(rows, p->closed_by);
	row->closed_from = keep_text(rows, p->closed_from);
	row->same_helo = p->same_helo;
}

void
serve_policy_admin_pushbacks(struct ipc_call *call,
    const struct policy_admin_pushbacks_ask *ask)
{
	struct history_store *store = history_store(judge.history);
	struct policy_admin_pushbacks_answer answer = { .rows_count = 0 };
	struct rows rows = { .count = 0 };

	history_flush(judge.history);
	if (store != NULL)
		history_store_pushbacks(store, ask->filter,
		    bounded(ask->limit), add_pushback, &rows);
	answer.rows = rows.items;
	answer.rows_count = (uint32_t)rows.count;
	policy_admin_pushbacks_reply(call, &answer);
	rows_done(&rows);
}

static void
add_sender(void *arg, const struct history_sender *s)
{
	struct rows *rows = arg;
	struct policy_admin_sender *row = next_row(rows, sizeof *row);

	row->sender = keep_text(rows, s->sender);
	row->network = keep_text(rows, s->network);
	row->pushed_back = s->pushed_back;
	row->returned = s->returned;
	row->lost = s->lost;
	row->delay_s = s->delay_s;
	row->same_helo = s->same_helo;
	row->last_at = s->last_at;
}

void
serve_policy_admin_senders(struct ipc_call *call,
    const struct policy_admin_senders_ask *ask)
{
	struct history_store *store = history_store(judge.history);
	struct policy_admin_senders_answer answer = { .rows_count = 0 };
	struct rows rows = { .count = 0 };

	history_flush(judge.history);
	if (store != NULL)
		history_store_senders(store, (uint64_t)time(NULL),
		    bounded(ask->limit), add_sender, &rows);
	answer.rows = rows.items;
	answer.rows_count = (uint32_t)rows.count;
	policy_admin_senders_reply(call, &answer);
	rows_done(&rows);
}

static void
add_suggestion(void *arg, const struct history_suggestion *s)
{
	struct rows *rows = arg;
	struct policy_admin_suggestion *row = next_row(rows, sizeof *row);

	row->domain = keep_text(rows, s->domain);
	row->pushed_back = s->pushed_back;
	row->first_at = s->first_at;
	row->last_at = s->last_at;
	row->accepted = s->counts.accepted;
	row->in_books = s->in_books;
}

void
serve_policy_admin_suggest(struct ipc_call *call,
    const struct policy_admin_suggest_ask *ask)
{
	struct history_store *store = history_store(judge.history);
	struct policy_admin_suggest_answer answer = { .rows_count = 0 };
	struct rows rows = { .count = 0 };

	history_flush(judge.history);
	if (store != NULL)
		history_store_suggest(store, (uint64_t)time(NULL),
		    bounded(ask->limit), add_suggestion, &rows);
	answer.rows = rows.items;
	answer.rows_count = (uint32_t)rows.count;
	policy_admin_suggest_reply(call, &answer);
	rows_done(&rows);
}

static void
add_guesser(void *arg, const struct guesses_row *g)
{
	struct rows *rows = arg;
	struct policy_admin_guesser *row;

	if (rows->count == rows->most)
		return;
	row = next_row(rows, sizeof *row);
	row->network = keep_text(rows, g->network);
	row->messages = g->messages;
	row->misses = g->misses;
	row->first_at = g->first_at;
	row->last_at = g->last_at;
}

void
serve_policy_admin_guesses(struct ipc_call *call,
    const struct policy_admin_guesses_ask *ask)
{
	struct policy_admin_guesses_answer answer = { .rows_count = 0 };
	struct rows rows = { .most = bounded(ask->limit) };

	history_flush(judge.history);
	if (history_guesses(judge.history) != NULL)
		guesses_each(history_guesses(judge.history),
		    (uint64_t)time(NULL), add_guesser, &rows);
	answer.rows = rows.items;
	answer.rows_count = (uint32_t)rows.count;
	policy_admin_guesses_reply(call, &answer);
	rows_done(&rows);
}
