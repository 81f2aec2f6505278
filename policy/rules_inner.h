/* SPDX-License-Identifier: ISC */
#ifndef POLICY_RULES_INNER_H
#define POLICY_RULES_INNER_H

/* What rules.c and rules_default.c share, and nobody else. */

#include "policy/rules.h"

struct rules {
	struct rule	*items[RULE_LISTS];
	size_t		 count[RULE_LISTS];
};

/* At the end of the list; name and rule are copied. */
void rules_add(struct rules *rules, enum rule_list list, const char *name,
    const struct rule *rule);
/* The defaults of lists that are empty, and the last rule of each. */
void rules_add_defaults(const struct rules_options *options,
    struct rules *rules);

#endif
