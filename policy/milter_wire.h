/* SPDX-License-Identifier: ISC */
#ifndef POLICY_MILTER_WIRE_H
#define POLICY_MILTER_WIRE_H

/*
 * The bytes of the milter protocol:
 *
 *	 0             4         5
 *	| length (BE)  | command | data ... |
 *
 * where the length counts the command.  Strings in the data end with NUL.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define WIRE_HEAD	4

enum wire_command {		/* to the filter */
	WIRE_MACRO = 'D',
	WIRE_NEGOTIATE = 'O',	/* and back */
	WIRE_CONNECT = 'C',
	WIRE_HELO = 'H',
	WIRE_MAIL = 'M',
	WIRE_RCPT = 'R',
	WIRE_DATA = 'T',
	WIRE_HEADER = 'L',
	WIRE_END_OF_HEADER = 'N',
	WIRE_BODY = 'B',
	WIRE_END = 'E',
	WIRE_QUIT = 'Q',
};

enum wire_reply {
	WIRE_CONTINUE = 'c',
	WIRE_ACCEPT = 'a',
	WIRE_DISCARD = 'd',
	WIRE_REJECT = 'r',
	WIRE_TEMPFAIL = 't',
	WIRE_REPLYCODE = 'y',
	WIRE_PROGRESS = 'p',
	WIRE_SKIP = 's',
	WIRE_CONNFAIL = 'f',
	WIRE_SHUTDOWN = '4',
	/* In answer to WIRE_END only: */
	WIRE_ADD_HEADER = 'h',
	WIRE_INSERT_HEADER = 'i',
	WIRE_CHANGE_HEADER = 'm',
	WIRE_QUARANTINE = 'q',
	WIRE_ADD_RCPT = '+',
	WIRE_ADD_RCPT_PAR = '2',
	WIRE_DELETE_RCPT = '-',
	WIRE_CHANGE_FROM = 'e',
	WIRE_REPLACE_BODY = 'b',
};

/* What a filter may do (SMFIF_*), as far as we offer it. */
enum wire_actions {
	WIRE_MAY_ADD = 0x01,
	WIRE_MAY_CHANGE = 0x10,
	WIRE_MAY_QUARANTINE = 0x20,
	WIRE_MAY_LIST_MACROS = 0x100,	/* the list is read over */
};

/* What it need not see (SMFIP_NO*), does not answer (SMFIP_NR_*), and knows. */
enum wire_steps {
	WIRE_NO_CONNECT = 0x1,
	WIRE_NO_HELO = 0x2,
	WIRE_NO_MAIL = 0x4,
	WIRE_NO_RCPT = 0x8,
	WIRE_NO_BODY = 0x10,
	WIRE_NO_HEADER = 0x20,
	WIRE_NO_EOH = 0x40,
	WIRE_NR_HEADER = 0x80,
	WIRE_NO_UNKNOWN = 0x100,
	WIRE_NO_DATA = 0x200,
	WIRE_SKIPS = 0x400,
	WIRE_NR_CONNECT = 0x1000,
	WIRE_NR_HELO = 0x2000,
	WIRE_NR_MAIL = 0x4000,
	WIRE_NR_RCPT = 0x8000,
	WIRE_NR_DATA = 0x10000,
	WIRE_NR_UNKNOWN = 0x20000,
	WIRE_NR_EOH = 0x40000,
	WIRE_NR_BODY = 0x80000,
	WIRE_LEADING_SPACE = 0x100000,
	WIRE_STEPS_OFFERED = 0x1ff7ff,	/* all of these */
};

/* A frame is begun, filled with buf_add and the like, and ended. */
size_t wire_begin(struct buf *out, enum wire_command command);
void wire_end(struct buf *out, size_t begun);
void wire_u32(struct buf *out, uint32_t n);
void wire_str(struct buf *out, const char *text);

/* What is left of a reply's data; each reader returns false where it does not
 * hold what it should. */
struct wire_data {
	const uint8_t	*next;
	size_t		 left;
};
bool wire_read_u32(struct wire_data *d, uint32_t *ret_n);
/* Points into the data. */
bool wire_read_str(struct wire_data *d, const char **ret_text);

/*
 * "550 5.7.1 Text", lines parted by CRLF with a - for the blank in all but
 * the last (RFC 5321 4.2), all with one code.  Text gets the lines' texts,
 * parted by \n; enhanced is "" without one.  Only 4xx and 5xx; 421, which
 * would end the session, becomes 451.
 */
#define WIRE_LINES_MAX		10
#define WIRE_TEXT_SIZE		4096
#define WIRE_ENHANCED_SIZE	12
bool wire_read_refusal(const char *reply, char code[static 4],
    char enhanced[static WIRE_ENHANCED_SIZE], char text[static WIRE_TEXT_SIZE]);

/* A header field's name (RFC 5322 3.6.8). */
bool wire_is_field_name(const char *name);
/*
 * A header field's value, its lines parted by LF or CRLF, as what stands
 * behind the colon, with CRLF; add_blank: it begins without one.  NULL where
 * it would begin another field or end the header.  free(3).
 */
char *wire_field_value(const char *value, bool add_blank);

#endif
