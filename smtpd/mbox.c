/* SPDX-License-Identifier: ISC */
#include "smtpd/mbox.h"

#include <string.h>

static bool
is_empty(const struct mbox *m)
{
	return m->starts && (m->length == 1 ? m->piece[0] == '\n' :
	    m->length == 2 && memcmp(m->piece, "\r\n", 2) == 0);
}

static void
read_piece(struct mbox *m)
{
	int c = EOF;

	m->starts = m->length == 0 || m->piece[m->length - 1] == '\n';
	m->after_cr = m->length > 0 && m->piece[m->length - 1] == '\r';
	m->length = 0;
	while (m->length < sizeof m->piece && c != '\n' &&
	    (c = getc_unlocked(m->file)) != EOF)
		m->piece[m->length++] = (char)c;
}

static void
next_piece(struct mbox *m)
{
	m->after_empty = is_empty(m);
	read_piece(m);
}

void
mbox_init(struct mbox *m, FILE *file)
{
	*m = (struct mbox){ .file = file, .after_empty = true };
	read_piece(m);
}

static bool
is_separator(const struct mbox *m)
{
	return m->starts && m->after_empty && m->length > 5 &&
	    memcmp(m->piece, "From ", 5) == 0;
}

bool
mbox_is_one(const struct mbox *m)
{
	return is_separator(m);
}

/* ">From ", with any number of ">". */
static bool
is_quoted(const struct mbox *m)
{
	size_t i = 0;

	while (i < m->length && m->piece[i] == '>')
		i++;
	return m->starts && i > 0 && m->length - i > 5 &&
	    memcmp(m->piece + i, "From ", 5) == 0;
}

static void
add_piece(const struct mbox *m, size_t skipped, struct buf *text)
{
	size_t n = m->length;
	bool ends = n > 0 && m->piece[n - 1] == '\n';
	bool cr = n > 1 ? m->piece[n - 2] == '\r' : m->after_cr;

	if (ends && !cr) {
		buf_add(text, m->piece + skipped, n - 1 - skipped);
		buf_add(text, "\r\n", 2);
	} else
		buf_add(text, m->piece + skipped, n - skipped);
}

static void
read_sender(struct mbox *m)
{
	const char *start = m->piece + 5;
	size_t n = 0, most = m->length - 5;

	while (n < most && strchr(" \t\r\n", start[n]) == NULL)
		n++;
	m->sender[0] = '\0';
	if (n >= sizeof m->sender || memchr(start, '\0', n) != NULL)
		return;
	memcpy(m->sender, start, n);
	m->sender[n] = '\0';
}

/* The empty line before a separator is not of the message. */
static void
drop_last_line(struct buf *text)
{
	size_t n = buf_len(text);
	const uint8_t *bytes = buf_bytes(text);

	if (n >= 4 && memcmp(bytes + n - 4, "\r\n\r\n", 4) == 0)
		text->end -= 2;
}

bool
mbox_next(struct mbox *m, struct buf *text)
{
	buf_clear(text);
	if (m->length == 0)
		return false;
	if (is_separator(m)) {
		read_sender(m);
		do
			next_piece(m);
		while (m->length > 0 && !m->starts);
	}
	while (m->length > 0 && !is_separator(m)) {
		add_piece(m, is_quoted(m), text);
		next_piece(m);
	}
	drop_last_line(text);
	return true;
}

void
mbox_rest(struct mbox *m, struct buf *text)
{
	buf_clear(text);
	m->sender[0] = '\0';
	for (; m->length > 0; next_piece(m))
		add_piece(m, 0, text);
}
