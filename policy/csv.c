/* SPDX-License-Identifier: ISC */
/*
 * A record is parsed field by field into csv->text:
 *
 *	record = field *("," field) (LF / CRLF / end)
 *	field  = *blank (quoted / plain) *blank
 *	quoted = DQUOTE *(any / 2DQUOTE) DQUOTE		may hold line ends
 */

#include "policy/csv.h"

#include <string.h>

void
csv_init(struct csv *csv, const char *text, size_t n)
{
	csv->next = text;
	csv->end = text + n;
	csv->next_line = 1;
	csv->line = 0;
	csv->fault = NULL;
	csv->count = 0;
}

static bool
at_line_end(const struct csv *csv)
{
	return csv->next == csv->end || *csv->next == '\n' ||
	    (*csv->next == '\r' && csv->end - csv->next > 1 &&
	    csv->next[1] == '\n');
}

static void
skip_line(struct csv *csv)
{
	while (csv->next < csv->end && *csv->next++ != '\n')
		;
	csv->next_line++;
}

static void
skip_blanks(struct csv *csv)
{
	while (csv->next < csv->end && (*csv->next == ' ' ||
	    *csv->next == '\t'))
		csv->next++;
}

/* Appends one octet to the record's text, at *used. */
static bool
keep(struct csv *csv, size_t *used, char c)
{
	if (c == '\0') {
		csv->fault = "it holds a NUL";
		return false;
	}
	if (*used + 1 >= sizeof csv->text) {
		csv->fault = "the record is longer than 16383 octets";
		return false;
	}
	csv->text[(*used)++] = c;
	return true;
}

static bool
read_quoted(struct csv *csv, size_t *used)
{
	for (csv->next++; csv->next < csv->end; csv->next++) {
		if (*csv->next == '"') {
			csv->next++;
			if (csv->next == csv->end || *csv->next != '"')
				return true;
		}
		if (*csv->next == '\n')
			csv->next_line++;
		if (!keep(csv, used, *csv->next))
			return false;
	}
	csv->fault = "a quote is opened and never closed";
	return false;
}

static bool
read_plain(struct csv *csv, size_t *used)
{
	size_t start = *used;

	while (!at_line_end(csv) && *csv->next != ',') {
		if (*csv->next == '"') {
			csv->fault = "a quote stands inside a field that "
			    "does not begin with one";
			return false;
		}
		if (!keep(csv, used, *csv->next++))
			return false;
	}
	while (*used > start && (csv->text[*used - 1] == ' ' ||
	    csv->text[*used - 1] == '\t'))
		(*used)--;
	return true;
}

static bool
read_field(struct csv *csv, size_t *used)
{
	if (csv->count == CSV_FIELDS_MAX) {
		csv->fault = "it has more than 128 fields";
		return false;
	}
	csv->fields[csv->count++] = csv->text + *used;
	skip_blanks(csv);
	if (csv->next < csv->end && *csv->next == '"') {
		if (!read_quoted(csv, used))
			return false;
		skip_blanks(csv);
	} else if (!read_plain(csv, used)) {
		return false;
	}
	if (*used + 1 >= sizeof csv->text) {
		csv->fault = "the record is longer than 16383 octets";
		return false;
	}
	csv->text[(*used)++] = '\0';
	if (!at_line_end(csv) && *csv->next != ',') {
		csv->fault = "something follows a closing quote";
		return false;
	}
	return true;
}

bool
csv_next(struct csv *csv)
{
	size_t used = 0;

	for (;;) {
		skip_blanks(csv);
		if (csv->next == csv->end)
			return false;
		if (!at_line_end(csv) && *csv->next != '#')
			break;
		skip_line(csv);
	}
	csv->line = csv->next_line;
	csv->fault = NULL;
	csv->count = 0;
	while (read_field(csv, &used) && !at_line_end(csv))
		csv->next++;	/* the comma */
	skip_line(csv);
	return true;
}

void
csv_write(FILE *out, const char *const *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *field = fields[i];
		size_t n = strlen(field);
		bool plain = n > 0 ? strpbrk(field, ",\"\r\n#") == NULL &&
		    strchr(" \t", field[0]) == NULL &&
		    strchr(" \t", field[n - 1]) == NULL : count > 1;

		if (i > 0)
			putc(',', out);
		if (plain) {
			fputs(field, out);
			continue;
		}
		putc('"', out);
		for (; *field != '\0'; field++) {
			if (*field == '"')
				putc('"', out);
			putc(*field, out);
		}
		putc('"', out);
	}
	putc('\n', out);
}
