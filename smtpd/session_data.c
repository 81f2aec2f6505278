/* SPDX-License-Identifier: ISC */
/* DATA and BDAT: the text of a message comes in. */
#include "smtpd/session_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "smtpd/received.h"
#include "util/number.h"

/* What our own fields may add to a message. */
#define FIELDS_MAX	(64 * 1024)

/* The trace field comes first; then the scanner takes over. */
static void
begin_text(struct session *s, bool dots)
{
	struct transaction *t = s->t;
	const struct config *config = s->env->config;
	const struct data_limits limits = {
		.size_max = config->message_size_max,
		.line_max = config->text_line_length_max,
		.header_max = SESSION_HEADER_MAX,
		.received_max = config->received_max,
	};
	const struct received fields = {
		.helo = session_client_name(s),
		.rdns = session_rdns(s),
		.peer = &s->place.peer,
		.by = s->env->hostname,
		.id = t->id,
		.tls = s->tls,
		.rcpt = t->rcpt_count == 1 ? t->rcpts[0].address : NULL,
		.extended = s->extended,
		.utf8 = t->utf8,
		.at_ms = s->now_ms,
	};
	struct buf field;

	buf_init(&field, RECEIVED_MAX);
	received_add(&field, &fields);
	body_init(&t->body, config->message_size_max + FIELDS_MAX);
	body_add(&t->body, buf_bytes(&field), buf_len(&field));
	buf_done(&field);
	data_init(&t->data, &t->body, &limits, dots, s->normalize);
	t->began_ms = s->now_ms;
}

void
session_data(struct session *s, const char *text, size_t n)
{
	(void)text;
	(void)n;
	begin_text(s, true);
	s->mode = MODE_DATA;
	session_say(s, REPLY_GO_AHEAD, NULL);
}

/* data-rate-min: who sends a byte a minute shall not hold a session. */
static bool
too_slow(const struct session *s)
{
	const struct transaction *t = s->t;
	const struct config *config = s->env->config;
	uint64_t ms = s->now_ms > t->began_ms ? s->now_ms - t->began_ms : 0;

	return ms > config->data_rate_grace * 1000 &&
	    t->data.size * 1000 / ms < config->data_rate_min;
}

/* Up to n octets of text; false: the session is over. */
static enum data_status
take_text(struct session *s, size_t n)
{
	enum data_status status;
	size_t used = data_feed(&s->t->data, s->next, n, &status);

	s->next += used;
	s->left -= used;
	s->t->chunk_left -= used < s->t->chunk_left ? used : s->t->chunk_left;
	if (status == DATA_BARE)
		session_end(s, REPLY_BARE_LINE_END);
	else if (status == DATA_FLOOD)
		session_end(s, REPLY_TOO_LARGE);
	else if (status == DATA_MORE && too_slow(s))
		session_end(s, REPLY_TOO_SLOW);
	return status;
}

void
session_take_data(struct session *s)
{
	enum data_status status = take_text(s, s->left);

	if (s->waiting_for == SESSION_CLOSED)
		return;
	if (status != DATA_END) {
		session_check_room(s);
		return;
	}
	s->mode = MODE_COMMAND;
	session_message_complete(s);
}

/* ---- BDAT (RFC 3030) ---- */

/* "SIZE" or "SIZE LAST" */
static bool
parse_chunk(const char *text, size_t n, uint64_t *ret_size, bool *ret_last)
{
	char copy[32];
	char *blank;

	if (n == 0 || n >= sizeof copy)
		return false;
	memcpy(copy, text, n);
	copy[n] = '\0';
	blank = strchr(copy, ' ');
	*ret_last = blank != NULL;
	if (blank != NULL) {
		*blank++ = '\0';
		blank += strspn(blank, " ");
		if (strcasecmp(blank, "LAST") != 0)
			return false;
	}
	return number_parse(copy, 0, INT64_MAX, ret_size);
}

void
session_end_chunk(struct session *s)
{
	struct transaction *t = s->t;
	char size[24];

	s->mode = MODE_COMMAND;
	if (t->chunk_last && data_finish(&t->data) == DATA_BARE)
		session_end(s, REPLY_BARE_LINE_END);
	else if (t->chunk_last)
		session_message_complete(s);
	else if (t->data.fault != REPLY_NONE)
		session_refuse_message(s, t->data.fault);
	else {
		snprintf(size, sizeof size, "%" PRIu64, t->chunk_size);
		session_say(s, REPLY_CHUNK_OK, size);
	}
}

/* A chunk that comes at the wrong time is read and thrown away (RFC 3030
 * 4.2), else its octets would be taken for commands. */
static void
skip_chunk(struct session *s, uint64_t size)
{
	s->skip_left = size;
	if (size > 0)
		s->mode = MODE_SKIP;
	if (size > 2 * s->env->config->message_size_max)
		session_end(s, REPLY_TOO_LARGE);
	else if (s->state == AT_GREET)
		session_say(s, REPLY_HELLO_FIRST, NULL);
	else
		session_say(s, s->state == AT_MAIL ? REPLY_NO_RECIPIENTS :
		    REPLY_MAIL_FIRST, NULL);
}

void
session_bdat(struct session *s, const char *text, size_t n)
{
	uint64_t size;
	bool last;

	if (!parse_chunk(text, n, &size, &last)) {
		session_end(s, REPLY_BAD_CHUNK);	/* where would it end? */
		return;
	}
	if (s->state != AT_RCPT && s->state != AT_CHUNKS) {
		skip_chunk(s, size);
		return;
	}
	if (s->state == AT_RCPT)
		begin_text(s, false);
	s->state = AT_CHUNKS;
	s->t->chunk_size = s->t->chunk_left = size;
	s->t->chunk_last = last;
	s->mode = MODE_CHUNK;
	if (size == 0)
		session_end_chunk(s);
}

void
session_take_chunk(struct session *s)
{
	uint64_t want = s->t->chunk_left;

	take_text(s, want < s->left ? (size_t)want : s->left);
	if (s->waiting_for == SESSION_CLOSED)
		return;
	session_check_room(s);
	if (s->t->chunk_left == 0 && s->waiting_for == SESSION_INPUT)
		session_end_chunk(s);
}

void
session_take_skip(struct session *s)
{
	size_t n = s->skip_left < s->left ? (size_t)s->skip_left : s->left;

	s->next += n;
	s->left -= n;
	s->skip_left -= n;
	if (s->skip_left == 0)
		s->mode = MODE_COMMAND;
}
