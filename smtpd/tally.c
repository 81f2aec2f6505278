/* SPDX-License-Identifier: ISC */
#include "smtpd/tally.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

static int
compare_keys(const void *a, const void *b)
{
	const struct tally_row *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int
compare_counts(const void *a, const void *b)
{
	const struct tally_row *x = a, *y = b;

	return x->count != y->count ? (x->count < y->count ? 1 : -1) :
	    strcmp(x->key, y->key);
}

void
tally_add(struct tally *t, const char *key)
{
	struct tally_row wanted = { xstrdup(key), 1 };
	struct tally_row *const *found = tfind(&wanted, &t->tree,
	    compare_keys);

	if (found != NULL) {
		(*found)->count++;
		free(wanted.key);
	} else if (t->keys == TALLY_KEYS_MAX) {
		t->others++;
		free(wanted.key);
	} else {
		struct tally_row *row = xmemdup(&wanted, sizeof wanted);

		if (tsearch(row, &t->tree, compare_keys) == NULL)
			abort();	/* out of memory */
		t->keys++;
	}
}

struct filling {
	struct tally_row	*rows;
	size_t			 count;
};

static void
take_row(const void *node, VISIT visit, void *arg)
{
	struct filling *f = arg;

	if (visit == postorder || visit == leaf)
		f->rows[f->count++] = **(struct tally_row *const *)node;
}

struct tally_row *
tally_rows(const struct tally *t)
{
	struct filling f = { xcalloc(t->keys + 1, sizeof *f.rows), 0 };

	twalk_r(t->tree, take_row, &f);
	qsort(f.rows, f.count, sizeof *f.rows, compare_counts);
	return f.rows;
}

static void
free_row(void *arg)
{
	struct tally_row *row = arg;

	free(row->key);
	free(row);
}

void
tally_done(struct tally *t)
{
	tdestroy(t->tree, free_row);
	*t = (struct tally){ .tree = NULL };
}
