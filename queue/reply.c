/* SPDX-License-Identifier: ISC */
#include "queue/reply.h"

#include <string.h>

/*
 * A bare LF ends a line here too.  That is harmless, unlike in a message: a
 * reply is never passed on, and where its lines end decides only about the
 * session with the server that wrote them.  `strict` remembers it, since the
 * fall-back reply is believed only when it is perfect.
 */

void
reply_init(struct reply *r)
{
	memset(r, 0, sizeof *r);
	buf_init(&r->line, REPLY_LINE_MAX);
	buf_init(&r->text, REPLY_TEXT_MAX);
	r->strict = true;
}

void
reply_done(struct reply *r)
{
	buf_done(&r->line);
	buf_done(&r->text);
}

void
reply_clear(struct reply *r)
{
	buf_clear(&r->line);
	buf_clear(&r->text);
	r->code[0] = r->enhanced[0] = '\0';
	r->class = 0;
	r->line_count = 0;
	r->line_ended = false;
	r->strict = true;
}

void
reply_rest(struct reply *r)
{
	reply_clear(r);
	buf_shrink(&r->line);
	buf_shrink(&r->text);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "1" to "999" or "0", no leading zero (RFC 3463 2.); 0 if it is none. */
static size_t
number_length(const char *text)
{
	size_t n = 0;

	while (n < 4 && is_digit(text[n]))
		n++;
	return n > 3 || (n > 1 && text[0] == '0') ? 0 : n;
}

size_t
reply_enhanced_length(const char *text, unsigned class)
{
	size_t subject, detail, n;

	if (!is_digit(text[0]) || (unsigned)(text[0] - '0') != class ||
	    text[1] != '.')
		return 0;
	subject = number_length(text + 2);
	if (subject == 0 || text[2 + subject] != '.')
		return 0;
	detail = number_length(text + 3 + subject);
	if (detail == 0)
		return 0;
	n = 3 + subject + detail;
	return text[n] == '\0' || text[n] == ' ' ? n : 0;
}

/* Codes outside the grammar's second digit (0 to 5) are in use, as 571. */
static bool
well_formed(const char *line, size_t n)
{
	return n >= 3 && line[0] >= '2' && line[0] <= '5' &&
	    is_digit(line[1]) && is_digit(line[2]) &&
	    (n == 3 || line[3] == ' ' || line[3] == '-');
}

const char *
reply_line_text(struct reply *r)
{
	return buf_cstr(&r->line) + (buf_len(&r->line) > 3 ? 4 : 3);
}

/* Adds the line's text, without the enhanced code that all lines repeat. */
static void
add_text(struct reply *r)
{
	const char *text = reply_line_text(r);
	const char *end = (const char *)buf_bytes(&r->line) +
	    buf_len(&r->line);
	size_t skip = reply_enhanced_length(text, r->class);
	char c;

	if (r->line_count == 1 && skip > 0) {
		memcpy(r->enhanced, text, skip);
		r->enhanced[skip] = '\0';
	}
	if (skip == strlen(r->enhanced) &&
	    memcmp(text, r->enhanced, skip) == 0)
		text += skip;
	while (text < end && *text == ' ')
		text++;
	if (buf_len(&r->text) > 0 && text < end)
		buf_add(&r->text, " ", 1);
	for (; text < end; text++) {
		c = *text >= ' ' && *text <= '~' ? *text : '?';
		buf_add(&r->text, &c, 1);
	}
}

static enum reply_status
take_line(struct reply *r)
{
	size_t n = buf_len(&r->line);
	const char *line = buf_cstr(&r->line);

	if (!well_formed(line, n) || r->line_count == REPLY_LINES_MAX ||
	    (r->line_count > 0 && memcmp(r->code, line, 3) != 0))
		return REPLY_MALFORMED;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			r->strict = false;
	r->line_count++;
	memcpy(r->code, line, 3);
	r->code[3] = '\0';
	r->class = (unsigned)(line[0] - '0');
	add_text(r);
	return n > 3 && line[3] == '-' ? REPLY_LINE : REPLY_WHOLE;
}

/* Cuts the line's CR off. */
static void
end_line(struct reply *r)
{
	size_t n = buf_len(&r->line);

	if (n > 0 && buf_bytes(&r->line)[n - 1] == '\r')
		r->line.end--;
	else
		r->strict = false;
}

enum reply_status
reply_feed(struct reply *r, const void *bytes, size_t n, size_t *ret_used)
{
	const char *lf = n == 0 ? NULL : memchr(bytes, '\n', n);
	size_t used = lf == NULL ? n : (size_t)(lf - (const char *)bytes);

	*ret_used = 0;
	if (r->line_ended) {	/* it was left for its reader to see */
		buf_clear(&r->line);
		r->line_ended = false;
	}
	/* The LF is not kept, but counts. */
	if (!buf_add(&r->line, bytes, used) ||
	    buf_len(&r->line) == REPLY_LINE_MAX)
		return REPLY_MALFORMED;
	*ret_used = used;
	if (lf == NULL)
		return REPLY_MORE;
	*ret_used = used + 1;
	end_line(r);
	r->line_ended = true;
	return take_line(r);
}
