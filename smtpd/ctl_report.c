/* SPDX-License-Identifier: ISC */
#include "smtpd/ctl_report.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/human.h"
#include "util/table.h"
#include "util/utf8.h"
#include "util/xalloc.h"

struct report {
	json_t				*root;		/* NULL: for people */
	const struct report_column	*columns;	/* of the open table */
	size_t				 column_count;
	size_t				 next_column;
	json_t				*rows;
	json_t				*row;
	struct table			*table;
	struct table_column		*table_columns;
	bool				 facts;	/* the table holds facts */
	bool				 printed;
};

static const struct table_column fact_columns[2];

struct report *
report_new(bool json)
{
	struct report *r = xcalloc(1, sizeof *r);

	if (json)
		r->root = json_object();
	return r;
}

/* JSON is UTF-8: other octets become U+FFFD. */
static json_t *
json_of(const char *text, size_t n)
{
	const char *end = text + n;
	struct buf clean;
	json_t *value;

	buf_init(&clean, SIZE_MAX / 2);
	while (text < end) {
		size_t length = (unsigned char)*text < 128 ? 1 :
		    utf8_length(text, end);

		if (length > 0)
			buf_add(&clean, text, length);
		else
			buf_add_str(&clean, "\xef\xbf\xbd");
		text += length > 0 ? length : 1;
	}
	value = json_stringn((const char *)buf_bytes(&clean), buf_len(&clean));
	buf_done(&clean);
	return value;
}

static json_t *
json_number(enum report_kind kind, uint64_t value)
{
	if (kind == REPORT_YESNO)
		return json_boolean(value != 0);
	return json_integer((json_int_t)value);
}

static const char *
number_for_people(enum report_kind kind, uint64_t value,
    char text[static HUMAN_SIZE])
{
	switch (kind) {
	case REPORT_TEXT:
	case REPORT_NUMBER:
		snprintf(text, HUMAN_SIZE, "%" PRIu64, value);
		return text;
	case REPORT_BYTES:
		return human_bytes(value, text);
	case REPORT_SECONDS:
		return human_duration(value, text);
	case REPORT_TIME:
		return human_time(value, text);
	case REPORT_YESNO:
		return value != 0 ? "yes" : "no";
	}
	return "";
}

/* Ends the open table or list of facts; without a row nothing is shown. */
static void
close_table(struct report *r)
{
	assert(r->next_column == 0);
	if (r->table != NULL && table_rows(r->table) > 0) {
		if (r->printed)
			putchar('\n');
		table_print(r->table, stdout);
		r->printed = true;
	}
	r->table = table_free(r->table);
	free(r->table_columns);
	r->table_columns = NULL;
	r->facts = false;
	r->columns = NULL;
	r->rows = NULL;
}

static void
open_facts(struct report *r)
{
	if (r->facts)
		return;
	close_table(r);
	r->table = table_new(fact_columns, 2);
	r->facts = true;
}

void
report_fact_text(struct report *r, const char *key, const char *heading,
    const char *value)
{
	if (r->root != NULL) {
		json_object_set_new(r->root, key,
		    json_of(value, strlen(value)));
		return;
	}
	open_facts(r);
	table_add(r->table, heading);
	table_add(r->table, value);
}

void
report_fact(struct report *r, const char *key, const char *heading,
    enum report_kind kind, uint64_t value)
{
	char text[HUMAN_SIZE];

	if (r->root != NULL)
		json_object_set_new(r->root, key, json_number(kind, value));
	else
		report_fact_text(r, key, heading,
		    number_for_people(kind, value, text));
}

static bool
is_right(enum report_kind kind)
{
	return kind == REPORT_NUMBER || kind == REPORT_BYTES ||
	    kind == REPORT_SECONDS;
}

void
report_table(struct report *r, const char *key,
    const struct report_column *columns, size_t count)
{
	close_table(r);
	r->columns = columns;
	r->column_count = count;
	if (r->root != NULL) {
		r->rows = json_array();
		json_object_set_new(r->root, key, r->rows);
		return;
	}
	r->table_columns = xcalloc(count, sizeof *r->table_columns);
	for (size_t i = 0; i < count; i++) {
		r->table_columns[i].heading = columns[i].heading;
		r->table_columns[i].right = is_right(columns[i].kind);
	}
	r->table = table_new(r->table_columns, count);
}

static void
add_json(struct report *r, json_t *value)
{
	if (r->next_column == 0) {
		r->row = json_object();
		json_array_append_new(r->rows, r->row);
	}
	json_object_set_new(r->row, r->columns[r->next_column].key, value);
}

static void
next_column(struct report *r)
{
	r->next_column = (r->next_column + 1) % r->column_count;
}

void
report_text(struct report *r, const char *value)
{
	if (r->root != NULL)
		add_json(r, json_of(value, strlen(value)));
	else
		table_add(r->table, value);
	next_column(r);
}

void
report_number(struct report *r, uint64_t value)
{
	enum report_kind kind = r->columns[r->next_column].kind;
	char text[HUMAN_SIZE];

	if (r->root != NULL)
		add_json(r, json_number(kind, value));
	else
		table_add(r->table, number_for_people(kind, value, text));
	next_column(r);
}

void
report_unknown(struct report *r)
{
	if (r->root != NULL)
		add_json(r, json_null());
	else
		table_add(r->table, "-");
	next_column(r);
}

void
report_say(struct report *r, const char *format, ...)
{
	va_list args;

	if (r->root != NULL)
		return;
	close_table(r);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	r->printed = true;
}

void
report_lines(struct report *r, const char *key, const char *text, size_t n)
{
	struct buf shown;

	if (r->root != NULL) {
		json_object_set_new(r->root, key, json_of(text, n));
		return;
	}
	close_table(r);
	if (r->printed)
		putchar('\n');
	buf_init(&shown, SIZE_MAX / 2);
	while (n > 0) {
		const char *cr = memmem(text, n, "\r\n", 2);
		size_t line = cr == NULL ? n : (size_t)(cr - text);

		table_add_safe(&shown, text, line, true);
		n -= line;
		text += line;
		if (n > 0) {	/* lines end in LF here: the CR goes */
			n--;
			text++;
		}
	}
	fwrite(buf_bytes(&shown), 1, buf_len(&shown), stdout);
	buf_done(&shown);
	r->printed = true;
}

void
report_end(struct report *r)
{
	close_table(r);
	if (r->root != NULL) {
		json_dumpf(r->root, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(r->root);
	}
	free(r);
}

void
report_stream_json(const struct report_column *columns,
    const char *const *texts, const uint64_t *numbers, size_t count)
{
	json_t *row = json_object();

	for (size_t i = 0; i < count; i++)
		json_object_set_new(row, columns[i].key,
		    columns[i].kind == REPORT_TEXT ?
		    json_of(texts[i], strlen(texts[i])) :
		    json_number(columns[i].kind, numbers[i]));
	json_dumpf(row, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(row);
}
