/* SPDX-License-Identifier: ISC */
#ifndef POLICY_HISTORY_INNER_H
#define POLICY_HISTORY_INNER_H

/* What history_store.c and history_read.c share, and nobody else. */

#include "policy/history_store.h"
#include "policy/lists_db.h"
#include "policy/recent.h"

struct history_store {
	struct lists_db		*db;
	struct recent		*rooms;		/* uint64_t by network */
	struct lists_query	*add_verdict;
	struct lists_query	*room;
	struct lists_query	*add_pushback;
	struct lists_query	*close;
	struct lists_query	*count_domain;
	struct lists_query	*forget_verdicts;
	struct lists_query	*forget_pushbacks;
	struct lists_query	*forget_days;
	struct lists_query	*domain;
	struct lists_query	*find;
	struct lists_query	*pushbacks;
	struct lists_query	*senders;
	struct lists_query	*suggest;
	struct lists_query	*note_applied;
	struct lists_query	*applied_since;
	struct lists_query	*forget_applied;
};

bool history_read_prepare(struct history_store *store);

#endif
