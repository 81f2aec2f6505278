/* SPDX-License-Identifier: ISC */
#include "util/suggest.h"

#include <string.h>

#include "util/number.h"

#define WORD_MAX 63

static char
fold(char c)
{
	return c == '_' ? '-' : ascii_lower(c);
}

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein's distance, row by row. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX)
		return WORD_MAX;
	for (unsigned j = 0; j <= nb; j++)
		row[j] = j;
	for (size_t i = 1; i <= na; i++) {
		unsigned diagonal = row[0];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned cost = fold(a[i - 1]) != fold(b[j - 1]);
			unsigned up = row[j];

			row[j] = least(up + 1, row[j - 1] + 1, diagonal + cost);
			diagonal = up;
		}
	}
	return row[nb];
}

const char *
suggest_near(const char *word, const char *const *names, size_t n)
{
	unsigned best = (unsigned)strlen(word) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(word, names[i]);

		if (d <= best) {
			best = d;
			found = names[i];
			if (d == 0)
				break;
			best--;
		}
	}
	return found;
}
