/* SPDX-License-Identifier: ISC */
#ifndef UTIL_LOG_H
#define UTIL_LOG_H

/*
 * The log: one line an event, key=value, on standard error (or, with the
 * same text, to syslog's socket in its place).
 *
 *	struct log_line l;
 *
 *	log_start(&l, LOG_LEVEL_INFO, "accept");
 *	log_text(&l, "id", id);
 *	log_number(&l, "size", size_bytes);
 *	log_send(&l);
 *
 * gives   2026-11-24T06:24:00.123Z smtp accept id=... size=4096
 *
 * or, where standard error is systemd's journal, the same with the level in
 * place of the time, which the journal writes itself.
 *
 * Values may hold a stranger's bytes: what is not plain is quoted and
 * escaped here, and a line is cut at LOG_LINE_MAX.  Below the level in force
 * all calls do nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/netaddr.h"

enum log_level {		/* worst first */
	LOG_LEVEL_ERROR,	/* somebody must act */
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,		/* what happened to each message */
	LOG_LEVEL_DEBUG,	/* and why */
};

#define LOG_LINE_MAX 4096

struct log_line {
	bool	on;
	size_t	length;
	uint8_t	level;
	char	text[LOG_LINE_MAX];
};

/* process names the writer in each line ("smtp"); to_syslog: descriptor 2 is
 * a connected syslog socket. */
void log_open(const char *process, bool to_syslog);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);
/* "error", "warning", "info", "debug"; false if it is none of these. */
bool log_level_parse(const char *name, enum log_level *ret_level);
const char *log_level_name(enum log_level level);

void log_start(struct log_line *l, enum log_level level, const char *event);
void log_text(struct log_line *l, const char *key, const char *value);
/* value as <value>, the way addresses are written. */
void log_mailbox(struct log_line *l, const char *key, const char *value);
void log_number(struct log_line *l, const char *key, uint64_t value);
void log_seconds(struct log_line *l, const char *key, uint64_t ms); /* 1.234 */
void log_addr(struct log_line *l, const char *key, const struct netaddr *addr);
void log_send(struct log_line *l);

/* The short form for what has only a sentence to say: event msg="...". */
void log_say(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* For trouble that may come many times a second: true once a minute.
 * *told_s is the caller's, 0 at first. */
bool log_due(uint64_t *told_s);

#endif
