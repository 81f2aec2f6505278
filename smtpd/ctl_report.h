/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CTL_REPORT_H
#define SMTPD_CTL_REPORT_H

/*
 * What a command has found out, written once and shown in one of two ways:
 * for people as lines and tables with units, for programs as one JSON value
 * with plain numbers (bytes, seconds, unix time).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum report_kind {
	REPORT_TEXT,
	REPORT_NUMBER,
	REPORT_BYTES,
	REPORT_SECONDS,		/* a length of time */
	REPORT_TIME,		/* unix seconds; 0: never */
	REPORT_YESNO,
};

struct report_column {
	const char		*key;		/* in JSON */
	const char		*heading;	/* for people */
	enum report_kind	 kind;
};

struct report;

struct report *report_new(bool json);
/* Prints what is left to print and frees the report. */
void report_end(struct report *r);

/* One fact: "heading: value". */
void report_fact_text(struct report *r, const char *key, const char *heading,
    const char *value);
void report_fact(struct report *r, const char *key, const char *heading,
    enum report_kind kind, uint64_t value);

/* Begins a table (in JSON a list of objects below key).  The cells follow,
 * row by row, each by the function for its column's kind.  For people a table
 * without rows is not there. */
void report_table(struct report *r, const char *key,
    const struct report_column *columns, size_t count);
void report_text(struct report *r, const char *value);
void report_number(struct report *r, uint64_t value);
void report_unknown(struct report *r);		/* "-", null */

/* A sentence, for people only. */
void report_say(struct report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Lines as they are, made safe for a terminal. */
void report_lines(struct report *r, const char *key, const char *text,
    size_t n);

/* One row of a stream, as a JSON object on a line of its own. */
void report_stream_json(const struct report_column *columns,
    const char *const *texts, const uint64_t *numbers, size_t count);

#endif
