/* SPDX-License-Identifier: ISC */
#include "policy/fold.h"

#include <string.h>

void
fold_init(struct fold *f, const char *text, size_t n)
{
	/* A byte order mark says nothing here. */
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		n -= 3;
	}
	f->next = text;
	f->end = text + n;
	f->next_line = 1;
	f->line = 0;
	f->cut = f->nul = false;
	f->n = 0;
	f->text[0] = '\0';
}

/* Adds one line of the file, without its end. */
static void
take(struct fold *f)
{
	const char *eol = memchr(f->next, '\n', (size_t)(f->end - f->next));
	const char *stop = eol == NULL ? f->end : eol;

	if (stop > f->next && stop[-1] == '\r')
		stop--;
	for (const char *p = f->next; p < stop; p++) {
		if (*p == '\0')
			f->nul = true;
		else if (f->n + 1 < sizeof f->text)
			f->text[f->n++] = *p;
		else
			f->cut = true;
	}
	f->text[f->n] = '\0';
	f->next = eol == NULL ? f->end : eol + 1;
	f->next_line++;
}

bool
fold_next(struct fold *f)
{
	if (f->next == f->end)
		return false;
	f->line = f->next_line;
	f->n = 0;
	f->cut = f->nul = false;
	take(f);
	while (f->next < f->end && (*f->next == ' ' || *f->next == '\t')) {
		f->next++;
		if (f->next < f->end)
			take(f);
	}
	return true;
}

bool
fold_join(struct fold *f)
{
	if (f->next == f->end)
		return false;
	take(f);
	return true;
}
