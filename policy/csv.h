/* SPDX-License-Identifier: ISC */
#ifndef POLICY_CSV_H
#define POLICY_CSV_H

/*
 * Comma-separated values (RFC 4180), one record at a time out of memory that
 * stays the caller's.  Blank lines and lines that begin with # are passed
 * over; blanks around a field that is not quoted do not count.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CSV_FIELDS_MAX	128	/* what other programs export has 90 */
#define CSV_RECORD_MAX	16384	/* octets of one record's fields */

struct csv {
	const char	*next;
	const char	*end;
	uint64_t	 next_line;
	/* The record that csv_next found: */
	uint64_t	 line;		/* where it begins, from 1 */
	const char	*fault;		/* NULL, or why it is no record */
	const char	*fields[CSV_FIELDS_MAX];
	size_t		 count;
	char		 text[CSV_RECORD_MAX];
};

void csv_init(struct csv *csv, const char *text, size_t n);
/* false at the end.  After a record with a fault the next line is read. */
bool csv_next(struct csv *csv);

/* One record, with its line end, as csv_next reads it back. */
void csv_write(FILE *out, const char *const *fields, size_t count);

#endif
