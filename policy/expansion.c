/* SPDX-License-Identifier: ISC */
#include "policy/expansion.h"

#include <search.h>
#include <stdio.h>

#include "util/xalloc.h"

const char expansion_too_large[] = "an alias has too many targets";

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

bool
expansion_fail(struct expansion *e, enum recipient_status status,
    const char *why)
{
	if (e->status == RECIPIENT_OK) {
		e->status = status;
		/* A copy: the next look-up has its own word on itself. */
		snprintf(e->why, LISTS_WHY_SIZE, "%s", why);
	}
	return false;
}

bool
expansion_found(struct expansion *e, enum lists_status status)
{
	switch (status) {
	case LISTS_OK:
		return true;
	case LISTS_ABSENT:
		return false;
	case LISTS_EXISTS:
	case LISTS_REFUSED:
	case LISTS_TROUBLE:
		return expansion_fail(e, RECIPIENT_TROUBLE,
		    lists_why(e->lists));
	}
	abort();
}

bool
expansion_first_time(struct expansion *e, const char *text)
{
	char *copy = xstrdup(text);
	char **node = tsearch(copy, &e->seen, compare_texts);

	if (node == NULL)
		abort();	/* out of memory */
	if (*node == copy && ++e->seen_count <= 2 * TARGETS_MAX)
		return true;
	if (*node != copy)
		free(copy);
	else
		expansion_fail(e, RECIPIENT_TROUBLE, expansion_too_large);
	return false;
}

void
expansion_add_target(struct expansion *e, enum target_kind kind,
    const char *address)
{
	if (!targets_add(&e->targets, kind, address, "", ""))
		expansion_fail(e, RECIPIENT_TROUBLE, expansion_too_large);
}

void
expansion_add_mailbox(struct expansion *e, const struct lists_mailbox *m,
    const char *transport)
{
	if (!targets_add_mailbox(&e->targets, m, transport,
	    e->settings->maildir, e->settings->lmtp))
		expansion_fail(e, RECIPIENT_TROUBLE, expansion_too_large);
}

void
expansion_done(struct expansion *e)
{
	tdestroy(e->seen, free);
	e->seen = NULL;
}
