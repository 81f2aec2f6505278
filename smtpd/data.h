/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_DATA_H
#define SMTPD_DATA_H

/*
 * Takes the octets of a message as they come, in pieces of any size, and
 * leaves the message in a struct body: CRLF line ends, no dot stuffing.
 *
 * What ends a line is CRLF and nothing else (RFC 5321 2.3.8), and what ends
 * DATA is CRLF.CRLF and nothing else: a CR or LF alone is an error that ends
 * the session before anything behind it is looked at.  With `normalize` a
 * bare LF is mended to CRLF, but neither of the line ends around the final
 * dot may be such a one.
 *
 *	position	what was read of the line
 *	LINE_START	nothing
 *	DOT		"."		only with `dots`
 *	DOT_CR		".\r"
 *	IN_LINE		anything else
 *	IN_LINE_CR	anything else, the last octet a CR
 *
 * A fault of the message (too large, ...) is remembered, and the rest is read
 * to its end without being kept.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtpd/body.h"
#include "smtpd/reply.h"

enum data_status {
	DATA_MORE,	/* all was taken, the end is not there yet */
	DATA_END,	/* CRLF.CRLF was read; what follows is not of the message */
	DATA_BARE,	/* a CR or LF alone: close */
	DATA_FLOOD,	/* far beyond the largest message: close */
};

enum data_position {
	DATA_LINE_START,
	DATA_DOT,
	DATA_DOT_CR,
	DATA_IN_LINE,
	DATA_IN_LINE_CR,
};

struct data_limits {
	uint64_t	size_max;	/* octets of a message */
	uint64_t	line_max;	/* octets of a line without CRLF */
	uint64_t	header_max;	/* octets of the header section */
	uint64_t	received_max;	/* Received fields */
};

struct data {
	struct body		*body;
	struct data_limits	 limits;
	uint64_t		 size;		/* octets so far */
	uint64_t		 line_length;
	uint64_t		 received;	/* fields counted */
	size_t			 header_start;	/* offsets in body */
	size_t			 header_end;	/* behind the last field */
	size_t			 line_start;	/* only within the header */
	enum data_position	 position;
	enum reply		 fault;		/* REPLY_NONE: none */
	bool			 dots;
	bool			 normalize;
	bool			 proper;	/* the line before ended in CRLF */
	bool			 in_header;
};

/* The message begins at the end of body; dots: it ends with CRLF.CRLF and is
 * dot-stuffed (DATA), else its length is known by other means (BDAT). */
void data_init(struct data *d, struct body *body,
    const struct data_limits *limits, bool dots, bool normalize);
/* Returns how many of the n octets were taken. */
size_t data_feed(struct data *d, const uint8_t *bytes, size_t n,
    enum data_status *ret_status);
/* The message is complete: a last line without CRLF gets one.  Not for
 * messages with dots, which end by themselves. */
enum data_status data_finish(struct data *d);

#endif
