/* SPDX-License-Identifier: ISC */
#ifndef POLICY_WEIGH_H
#define POLICY_WEIGH_H

/* What one filter said of a message, and whose word counts among several. */

#include "policy/milter.h"
#include "util/config.h"

struct opinion {
	char			*filter;	/* name */
	bool			 malware;
	bool			 passable;	/* may pass if it was silent */
	enum filter_status	 status;
	char			*code;		/* NULL as "" */
	char			*enhanced;
	char			*text;
	bool			 quarantine;
	struct milter_edit	*edits;
	size_t			 edit_count;
};

void opinion_init(struct opinion *o, const struct config_filter *filter);
/* Copies. */
void opinion_set(struct opinion *o, const struct milter_result *result);
void opinion_done(struct opinion *o);
/*
 * The heaviest decides: malware; then what refuses or discards; what says
 * later; what could not be asked; quarantine; a silent one that may be passed
 * over; and clean.
 */
unsigned opinion_weight(const struct opinion *o);

#endif
