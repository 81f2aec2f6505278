/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_REPLY_H
#define SMTPD_REPLY_H

/*
 * Replies as text (RFC 5321 4.2).  What a reply says is a row of
 * smtpd/replies.def, or, for a verdict, what the judge gave.
 */

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

enum reply {
	REPLY_NONE,
#define REPLY(name, code, enhanced, text) REPLY_##name,
#include "smtpd/replies.def"
#undef REPLY
	REPLIES,
};

/* RFC 5321 4.5.3.1.5, with the code and CRLF. */
#define REPLY_LINE_MAX	512
/* Lines of one multi-line reply that are printed (MX6.md, Receiver). */
#define REPLY_LINES_MAX	10

const char *reply_code(enum reply reply);
const char *reply_enhanced(enum reply reply);
const char *reply_text(enum reply reply);
/* 5xx: the client's doing (4xx is ours, or nobody's). */
bool reply_is_error(enum reply reply);

/* Appends one line: code, enhanced code, text and, if not NULL, a blank and
 * detail.  Octets that are not printable ASCII become "?". */
void reply_add(struct buf *out, enum reply reply, const char *detail);
/* Appends the last line of a connection: RFC 5321 4.2.3 wants the server's name
 * before the text of 221 and 421. */
void reply_add_last(struct buf *out, enum reply reply, const char *hostname);
/* Appends one line of several: "250-text", and "250 text" for the last. */
void reply_add_line(struct buf *out, const char *code, bool last,
    const char *text);
/* Appends one line of a reply that is told to several. */
void reply_add_codes(struct buf *out, const char *code, const char *enhanced,
    const char *text);
/* The codes are those of a refusal, and fit to each other. */
bool reply_is_refusal(const char *code, const char *enhanced);
/*
 * Appends a refusal of the judge: the enhanced code on every line, long lines
 * broken (at a blank where there is one), at most REPLY_LINES_MAX lines.
 * false, and nothing appended, if the codes are not those of a refusal or
 * there is no text.
 */
bool reply_add_refusal(struct buf *out, const char *code, const char *enhanced,
    const char *const *lines, size_t count);

#endif
