/* SPDX-License-Identifier: ISC */
/* The table of a row's texts, and copies of them. */

#include "policy/history_row.h"

#include <stddef.h>
#include <stdlib.h>

#include "util/xalloc.h"

static const size_t text_members[] = {
#define TEXT(member)	offsetof(struct history_row, member)
	TEXT(message), TEXT(session), TEXT(peer), TEXT(network), TEXT(role),
	TEXT(helo), TEXT(sender), TEXT(recipients), TEXT(pushed_back_for),
	TEXT(author), TEXT(author_domain), TEXT(message_id_hash), TEXT(action),
	TEXT(rule),
	TEXT(shadow), TEXT(shadow_rule), TEXT(facts), TEXT(unknown),
	TEXT(results), TEXT(reasons), TEXT(tried), TEXT(dns),
#undef TEXT
};
#define TEXT_MEMBERS (sizeof text_members / sizeof text_members[0])

static const char **
text_of(struct history_row *row, size_t member)
{
	return (const char **)(void *)((char *)row + text_members[member]);
}

/* The first text owns the allocation. */
void
history_row_copy(struct history_row *to, const struct history_row *from)
{
	size_t sizes[TEXT_MEMBERS], all = 0;
	char *next;

	*to = *from;
	for (size_t i = 0; i < TEXT_MEMBERS; i++) {
		sizes[i] = strlen(*text_of(to, i)) + 1;
		all += sizes[i];
	}
	next = xmalloc(all);
	for (size_t i = 0; i < TEXT_MEMBERS; i++) {
		memcpy(next, *text_of(to, i), sizes[i]);
		*text_of(to, i) = next;
		next += sizes[i];
	}
}

void
history_row_done(struct history_row *row)
{
	free((char *)*text_of(row, 0));
}
