/* SPDX-License-Identifier: ISC */
#include "smtpd/data.h"

#include <string.h>
#include <strings.h>

void
data_init(struct data *d, struct body *body, const struct data_limits *limits,
    bool dots, bool normalize)
{
	memset(d, 0, sizeof *d);
	d->body = body;
	d->limits = *limits;
	d->dots = dots;
	d->normalize = normalize;
	d->proper = true;	/* the CRLF of the command line */
	d->in_header = true;
	d->header_start = d->header_end = d->line_start = body_len(body);
}

static void
set_fault(struct data *d, enum reply fault)
{
	if (d->fault == REPLY_NONE)
		d->fault = fault;
	body_done(d->body);
}

static void
store(struct data *d, const uint8_t *bytes, size_t n)
{
	d->size += n;
	d->line_length += n;
	if (d->fault != REPLY_NONE)
		return;
	if (d->size > d->limits.size_max)
		set_fault(d, REPLY_TOO_LARGE);
	else if (d->line_length > d->limits.line_max + 2)
		set_fault(d, REPLY_TEXT_LINE_TOO_LONG);
	else if (d->in_header && body_len(d->body) + n - d->header_start >
	    d->limits.header_max)
		set_fault(d, REPLY_HEADER_TOO_LARGE);
	else if (memchr(bytes, '\0', n) != NULL)
		set_fault(d, REPLY_NUL_IN_MESSAGE);
	else if (!body_add(d->body, bytes, n))
		set_fault(d, REPLY_TOO_LARGE);
}

/* A whole line of the header is at the end of the body. */
static void
end_header_line(struct data *d)
{
	const char *line = (const char *)body_bytes(d->body) + d->line_start;
	size_t n = body_len(d->body) - d->line_start;

	if (n == 2) {
		d->in_header = false;
		return;
	}
	d->line_start = d->header_end = body_len(d->body);
	if (n > 9 && strncasecmp(line, "Received:", 9) == 0 &&
	    ++d->received > d->limits.received_max)
		set_fault(d, REPLY_MAIL_LOOP);
}

static void
end_line(struct data *d, bool proper)
{
	if (d->in_header && d->fault == REPLY_NONE)
		end_header_line(d);
	d->line_length = 0;
	d->position = DATA_LINE_START;
	d->proper = proper;
}

static void
store_end(struct data *d, const char *text, bool proper)
{
	store(d, (const uint8_t *)text, strlen(text));
	end_line(d, proper);
}

/* An LF without CR before it; `text` is what it stands for. */
static bool
mend(struct data *d, const char *text)
{
	if (!d->normalize)
		return false;
	store_end(d, text, false);
	return true;
}

/* The octets of one line, as far as they are there. */
static size_t
feed_line(struct data *d, const uint8_t *p, size_t n, bool *ret_bare)
{
	const uint8_t *lf = memchr(p, '\n', n);
	size_t span = lf == NULL ? n : (size_t)(lf - p);
	const uint8_t *cr = span == 0 ? NULL : memchr(p, '\r', span);

	if (cr != NULL && lf != NULL && cr + 1 == lf) {
		store(d, p, span + 1);
		end_line(d, true);
		return span + 1;
	}
	if (cr != NULL) {
		store(d, p, (size_t)(cr - p));
		d->position = DATA_IN_LINE_CR;
		return (size_t)(cr - p) + 1;
	}
	store(d, p, span);
	if (lf == NULL)
		return span;
	*ret_bare = !mend(d, "\r\n");
	return span + 1;
}

/* One octet, where the position alone decides. */
static enum data_status
feed_octet(struct data *d, uint8_t c, bool *ret_used)
{
	*ret_used = true;
	switch (d->position) {
	case DATA_LINE_START:
		*ret_used = d->dots && c == '.';
		d->position = *ret_used ? DATA_DOT : DATA_IN_LINE;
		return DATA_MORE;
	case DATA_DOT:
		if (c == '\r') {
			d->position = DATA_DOT_CR;
			return DATA_MORE;
		}
		if (c == '\n')
			return mend(d, ".\r\n") ? DATA_MORE : DATA_BARE;
		*ret_used = false;	/* the dot was stuffing */
		d->position = DATA_IN_LINE;
		return DATA_MORE;
	case DATA_DOT_CR:
		if (c != '\n')
			return DATA_BARE;
		if (d->proper)
			return DATA_END;
		store_end(d, ".\r\n", true);
		return DATA_MORE;
	case DATA_IN_LINE_CR:
		if (c != '\n')
			return DATA_BARE;
		store_end(d, "\r\n", true);
		return DATA_MORE;
	case DATA_IN_LINE:
		break;
	}
	*ret_used = false;
	return DATA_MORE;
}

size_t
data_feed(struct data *d, const uint8_t *bytes, size_t n,
    enum data_status *ret_status)
{
	size_t at = 0;

	*ret_status = DATA_MORE;
	while (at < n && *ret_status == DATA_MORE) {
		bool bare = false, used;

		if (d->position == DATA_IN_LINE) {
			at += feed_line(d, bytes + at, n - at, &bare);
			if (bare)
				*ret_status = DATA_BARE;
		} else {
			*ret_status = feed_octet(d, bytes[at], &used);
			at += used;
		}
	}
	if (*ret_status == DATA_MORE && d->size / 2 > d->limits.size_max)
		*ret_status = DATA_FLOOD;
	return at;
}

enum data_status
data_finish(struct data *d)
{
	if (d->position == DATA_IN_LINE_CR)
		return DATA_BARE;
	if (d->position == DATA_IN_LINE)
		store_end(d, "\r\n", true);
	return DATA_END;
}
