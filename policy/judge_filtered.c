/* SPDX-License-Identifier: ISC */
/*
 * Messages that filters see after the verdict: their rows of the history wait
 * for what comes of it.  A row that waits in vain is written as the verdict was,
 * but does its domain no good.
 */

#include "policy/judge.h"

#include "policy/history_row.h"
#include "util/xalloc.h"

#define WAITING_MAX	4096
#define WAITING_MS	(15 * 60 * 1000)	/* longer than filters may take */
#define REASONS_MAX	16384

struct waiting {
	struct history_row	 row;
	bool			 told;
};

static void
free_waiting(void *value)
{
	struct waiting *w = value;

	if (!w->told) {
		w->row.accepted = false;
		history_add(judge.history, &w->row);
	}
	history_row_done(&w->row);
	free(w);
}

bool
judge_awaits_filter(const struct judgement *j)
{
	const struct config *config = judge.child->config;
	enum verdict_action action = j->outcome.action;

	for (size_t i = 0; i < config->filter_count; i++)
		if (action == VERDICT_FILTER || (config->filters[i].malware &&
		    (verdict_accepts(action) || action == VERDICT_FALLBACK)))
			return true;
	return false;
}

static void
keep_row(void *arg, const struct history_row *row)
{
	history_row_copy(arg, row);
}

void
judge_await_filter(struct judgement *j)
{
	struct waiting *w = xcalloc(1, sizeof *w);
	const char *message = j->ask->message;

	if (judge.waiting == NULL)
		judge.waiting = recent_new(WAITING_MAX, free_waiting);
	judge_row(j, keep_row, &w->row);
	recent_put(judge.waiting, message, strlen(message), w,
	    uv_now(judge.child->loop) + WAITING_MS);
}

/* What the filter made of the verdict. */
static void
change_row(struct history_row *row, const struct policy_filtered_ask *ask)
{
	row->accepted = ask->taken && !ask->spam;
	row->spam = ask->spam;
	if (!ask->taken)
		row->pushed_back_for = ask->pushed_back ? row->recipients : "";
	if (ask->pushed_back)
		row->action = verdict_action_name(VERDICT_FALLBACK);
	else if (!ask->taken)
		row->action = verdict_action_name(ask->later ?
		    VERDICT_DEFER : VERDICT_REJECT);
}

void
judge_filtered(const struct policy_filtered_ask *ask)
{
	struct waiting *w = judge.waiting == NULL ? NULL :
	    recent_get(judge.waiting, ask->message, strlen(ask->message),
	    uv_now(judge.child->loop));
	struct history_row row;
	struct buf reasons;

	if (w == NULL || w->told)
		return;
	w->told = true;
	row = w->row;
	change_row(&row, ask);
	buf_init(&reasons, REASONS_MAX);
	buf_addf(&reasons, "%sfilter\t%s: %s%s%s\n", row.reasons, ask->filter,
	    ask->result, ask->said[0] != '\0' ? ", " : "", ask->said);
	row.reasons = buf_cstr(&reasons);
	history_add(judge.history, &row);
	buf_done(&reasons);
	judge_gather_settle(ask->message, ask->taken && !ask->spam);
}

void
judge_filtered_stop(void)
{
	judge.waiting = recent_free(judge.waiting);
}
