/* SPDX-License-Identifier: ISC */
#ifndef QUEUE_REPLY_H
#define QUEUE_REPLY_H

/*
 * A server's reply (RFC 5321 4.2), read from a stream line by line.
 *
 *	Reply-line = *( Reply-code "-" [ textstring ] CRLF )
 *		     Reply-code [ SP textstring ] CRLF
 *
 * The enhanced status code (RFC 2034, RFC 3463) is that of the first line,
 * and only believed if its class is that of the reply code.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define REPLY_LINE_MAX		2048	/* octets, with CRLF */
#define REPLY_LINES_MAX		100
#define REPLY_TEXT_MAX		4096	/* octets of text kept */
#define REPLY_ENHANCED_SIZE	12	/* "5.999.999" and NUL fit */

enum reply_status {
	REPLY_MORE,		/* all bytes taken, no whole line yet */
	REPLY_LINE,		/* a line, and not the last one */
	REPLY_WHOLE,		/* the last line */
	REPLY_MALFORMED,	/* no reply; the stream makes no sense any more */
};

struct reply {
	char		code[4];	/* "250" */
	unsigned	class;		/* 2 to 5 */
	char		enhanced[REPLY_ENHANCED_SIZE];	/* "2.1.0" or "" */
	bool		strict;		/* only CRLF ends, no control octets */
	unsigned	line_count;
	bool		line_ended;	/* the next byte starts a new line */
	struct buf	line;		/* the last line, without its end */
	/* Lines without codes, joined by blanks; printable ASCII, the rest
	 * as '?'; cut at REPLY_TEXT_MAX. */
	struct buf	text;
};

void reply_init(struct reply *r);
void reply_done(struct reply *r);
void reply_clear(struct reply *r);	/* ready for the next one */
void reply_rest(struct reply *r);	/* clear, and give memory back */

/* Takes bytes up to the end of one line; *ret_used of n were taken.  After
 * REPLY_WHOLE the reply stays until reply_clear. */
enum reply_status reply_feed(struct reply *r, const void *bytes, size_t n,
    size_t *ret_used);

/* The text behind code and separator in the last line, e.g. an EHLO keyword
 * with its parameters; a C string. */
const char *reply_line_text(struct reply *r);

/* The enhanced status code at the start of text, if it is one of RFC 3463's
 * form (no leading zeros) and of this class: its length, else 0. */
size_t reply_enhanced_length(const char *text, unsigned class);

#endif
