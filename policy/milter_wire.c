/* SPDX-License-Identifier: ISC */
#include "policy/milter_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

static void
put_be32(uint8_t *to, uint32_t n)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* begun counts from the first live byte, which stays where it is meanwhile. */
size_t
wire_begin(struct buf *out, enum wire_command command)
{
	const uint8_t head[WIRE_HEAD + 1] = { 0, 0, 0, 0, (uint8_t)command };
	size_t begun = buf_len(out);

	buf_add(out, head, sizeof head);
	return begun;
}

void
wire_end(struct buf *out, size_t begun)
{
	if (!out->overflow)
		put_be32(out->data + out->start + begun,
		    (uint32_t)(buf_len(out) - begun - WIRE_HEAD));
}

void
wire_u32(struct buf *out, uint32_t n)
{
	uint8_t bytes[4];

	put_be32(bytes, n);
	buf_add(out, bytes, sizeof bytes);
}

void
wire_str(struct buf *out, const char *text)
{
	buf_add(out, text, strlen(text) + 1);
}

bool
wire_read_u32(struct wire_data *d, uint32_t *ret_n)
{
	uint32_t n = 0;

	if (d->left < 4)
		return false;
	for (int i = 0; i < 4; i++)
		n = n << 8 | d->next[i];
	d->next += 4;
	d->left -= 4;
	*ret_n = n;
	return true;
}

bool
wire_read_str(struct wire_data *d, const char **ret_text)
{
	const uint8_t *end = d->left == 0 ? NULL :
	    memchr(d->next, '\0', d->left);
	size_t n;

	if (end == NULL)
		return false;
	n = (size_t)(end - d->next) + 1;
	*ret_text = (const char *)d->next;
	d->next += n;
	d->left -= n;
	return true;
}

/* ---- refusals in the filter's words ---- */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Octets of an enhanced status code of this class (RFC 3463 2.) and what
 * parts it from the text; 0 if there is none. */
static size_t
enhanced_size(const char *line, char class)
{
	size_t at = 1;

	if (line[0] != class)
		return 0;
	for (int part = 0; part < 2; part++) {
		size_t digits = 0;

		if (line[at++] != '.')
			return 0;
		while (digits < 3 && is_digit(line[at + digits]))
			digits++;
		if (digits == 0)
			return 0;
		at += digits;
	}
	return line[at] == ' ' || line[at] == '\0' ? at : 0;
}

/* Adds to text at *at; false where it is full or an octet does not belong. */
static bool
add_text(const char *line, size_t n, char *text, size_t *at)
{
	for (size_t i = 0; i < n; i++) {
		const uint8_t octet = (uint8_t)line[i];

		if (octet < ' ' || octet == 0x7f || *at + 2 > WIRE_TEXT_SIZE)
			return false;
		if (octet == '%' && i + 1 < n && line[i + 1] == '%')
			i++;		/* libmilter wants it doubled */
		text[(*at)++] = octet > 0x7f ? '?' : line[i];
	}
	return true;
}

static bool
take_line(const char *line, size_t n, bool last, char *code, char *enhanced,
    char *text, size_t *at)
{
	char copy[WIRE_TEXT_SIZE];
	size_t skip;

	if (n < 3 || n >= sizeof copy)
		return false;
	memcpy(copy, line, n);
	copy[n] = '\0';
	if (code[0] == '\0') {
		if ((copy[0] != '4' && copy[0] != '5') || !is_digit(copy[1]) ||
		    !is_digit(copy[2]))
			return false;
		memcpy(code, copy, 3);
		code[3] = '\0';
	}
	if (memcmp(copy, code, 3) != 0 ||
	    (copy[3] != (last ? ' ' : '-') && (!last || copy[3] != '\0')))
		return false;
	if (n <= 4)
		return true;
	skip = enhanced_size(copy + 4, code[0]);
	if (skip > 0 && enhanced[0] == '\0')
		snprintf(enhanced, WIRE_ENHANCED_SIZE, "%.*s", (int)skip,
		    copy + 4);
	if (copy[4 + skip] == ' ')
		skip++;
	return add_text(copy + 4 + skip, n - 4 - skip, text, at);
}

bool
wire_read_refusal(const char *reply, char code[static 4],
    char enhanced[static WIRE_ENHANCED_SIZE], char text[static WIRE_TEXT_SIZE])
{
	size_t at = 0, n;
	int lines = 0;
	bool last;

	code[0] = enhanced[0] = '\0';
	do {
		const char *end = strstr(reply, "\r\n");

		/* A CRLF at the very end begins no line. */
		last = end == NULL || end[2] == '\0';
		n = end == NULL ? strlen(reply) : (size_t)(end - reply);
		if (lines++ == WIRE_LINES_MAX)
			return false;
		if (at > 0 && at + 1 < WIRE_TEXT_SIZE)
			text[at++] = '\n';
		if (!take_line(reply, n, last, code, enhanced, text, &at))
			return false;
		if (!last)
			reply = end + 2;
	} while (!last);
	text[at] = '\0';
	if (strcmp(code, "421") == 0)
		memcpy(code, "451", 3);
	return true;
}

/* ---- header fields ---- */

bool
wire_is_field_name(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > 200)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (name[i] <= ' ' || name[i] > '~' || name[i] == ':')
			return false;
	}
	return true;
}

char *
wire_field_value(const char *value, bool add_blank)
{
	size_t n = strlen(value), at = 0;
	char *out;

	while (n > 0 && (value[n - 1] == '\n' || value[n - 1] == '\r'))
		n--;
	out = xmalloc(2 * n + 2);
	if (n > 0 && add_blank)
		out[at++] = ' ';
	for (size_t i = 0; i < n; i++) {
		if (value[i] == '\r' && value[i + 1] == '\n')
			continue;
		if (value[i] == '\n') {
			/* A line of blanks alone would be an empty one. */
			size_t next = i + 1 + strspn(value + i + 1, " \t");

			if (next == i + 1 || next >= n ||
			    value[next] == '\n' || value[next] == '\r') {
				free(out);
				return NULL;
			}
			out[at++] = '\r';
		} else if (value[i] == '\r') {
			free(out);
			return NULL;
		}
		out[at++] = value[i];
	}
	out[at] = '\0';
	return out;
}
