/* SPDX-License-Identifier: ISC */
#ifndef UTIL_TABLE_H
#define UTIL_TABLE_H

/*
 * Text in columns that line up.  Cells may hold a stranger's bytes: what is
 * neither printable ASCII nor well-formed UTF-8 is shown as \xNN, so that no
 * cell can speak to the terminal.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "util/buf.h"

struct table;

struct table_column {
	const char	*heading;	/* NULL in all: no line of headings */
	bool		 right;		/* aligned to the right: numbers */
};

/* columns must outlive the table. */
struct table *table_new(const struct table_column *columns, size_t count);
struct table *table_free(struct table *t);
/* The next cell, row by row. */
void table_add(struct table *t, const char *cell);
size_t table_rows(const struct table *t);	/* complete ones */
/* Two blanks between columns, none at the end of a line. */
void table_print(const struct table *t, FILE *out);

/* Adds text made safe for a terminal; \n and \t stay if keep_lines. */
void table_add_safe(struct buf *b, const char *text, size_t n, bool keep_lines);

#endif
