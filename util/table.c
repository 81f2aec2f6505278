/* SPDX-License-Identifier: ISC */
#include "util/table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/utf8.h"
#include "util/xalloc.h"

#define GAP	2

struct table {
	const struct table_column	 *columns;
	size_t				  column_count;
	size_t				 *widths;
	char				**cells;
	size_t				  cell_count;
	size_t				  room;
};

/* Characters of safe text: octets that begin one. */
static size_t
width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

void
table_add_safe(struct buf *b, const char *text, size_t n, bool keep_lines)
{
	const char *end = text + n;

	while (text < end) {
		size_t length = 1;

		if ((unsigned char)*text > 127)
			length = utf8_length(text, end);
		else if ((*text < ' ' || *text == 0x7f) &&
		    (!keep_lines || (*text != '\n' && *text != '\t')))
			length = 0;
		if (length > 0)
			buf_add(b, text, length);
		else
			buf_addf(b, "\\x%02x", (unsigned char)*text);
		text += length > 0 ? length : 1;
	}
}

struct table *
table_new(const struct table_column *columns, size_t count)
{
	struct table *t = xcalloc(1, sizeof *t);

	t->columns = columns;
	t->column_count = count;
	t->widths = xcalloc(count, sizeof *t->widths);
	for (size_t i = 0; i < count; i++)
		if (columns[i].heading != NULL)
			t->widths[i] = width_of(columns[i].heading);
	return t;
}

struct table *
table_free(struct table *t)
{
	if (t == NULL)
		return NULL;
	for (size_t i = 0; i < t->cell_count; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t->widths);
	free(t);
	return NULL;
}

void
table_add(struct table *t, const char *cell)
{
	size_t column = t->cell_count % t->column_count, width;
	struct buf safe;

	buf_init(&safe, SIZE_MAX / 2);
	table_add_safe(&safe, cell, strlen(cell), false);
	if (t->cell_count == t->room) {
		t->room = t->room == 0 ? 64 : t->room * 2;
		t->cells = xreallocarray(t->cells, t->room, sizeof *t->cells);
	}
	t->cells[t->cell_count++] = xstrdup(buf_cstr(&safe));
	width = width_of(buf_cstr(&safe));
	if (width > t->widths[column])
		t->widths[column] = width;
	buf_done(&safe);
}

size_t
table_rows(const struct table *t)
{
	return t->cell_count / t->column_count;
}

static void
print_blanks(FILE *out, size_t n)
{
	for (; n > 0; n--)
		putc(' ', out);
}

/* Blanks wait until something follows them. */
static void
print_row(const struct table *t, FILE *out, const char *const *cells)
{
	size_t waiting = 0;

	for (size_t i = 0; i < t->column_count; i++) {
		const char *cell = cells[i] == NULL ? "" : cells[i];
		size_t blanks = t->widths[i] - width_of(cell);

		if (t->columns[i].right)
			waiting += blanks;
		if (*cell != '\0') {
			print_blanks(out, waiting);
			waiting = 0;
			fputs(cell, out);
		}
		if (!t->columns[i].right)
			waiting += blanks;
		waiting += GAP;
	}
	putc('\n', out);
}

void
table_print(const struct table *t, FILE *out)
{
	const char **headings = xcalloc(t->column_count, sizeof *headings);
	bool any = false;

	for (size_t i = 0; i < t->column_count; i++) {
		headings[i] = t->columns[i].heading;
		any |= headings[i] != NULL;
	}
	if (any)
		print_row(t, out, headings);
	for (size_t i = 0; i < table_rows(t); i++)
		print_row(t, out,
		    (const char *const *)t->cells + i * t->column_count);
	free(headings);
}
