/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_TALLY_H
#define SMTPD_TALLY_H

/* How often each text was seen. */

#include <stddef.h>
#include <stdint.h>

#define TALLY_KEYS_MAX	100000	/* further ones are only counted together */

struct tally_row {
	char		*key;
	uint64_t	 count;
};

/* Zeroed memory: empty. */
struct tally {
	void		*tree;
	size_t		 keys;
	uint64_t	 others;
};

void tally_add(struct tally *t, const char *key);
/* All rows, the most frequent first; the caller frees them, not their keys. */
struct tally_row *tally_rows(const struct tally *t);
void tally_done(struct tally *t);

#endif
