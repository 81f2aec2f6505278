/* SPDX-License-Identifier: ISC */
/*
 * The stages of the milter protocol as a table, and the loop that goes
 * through it.  What each of them says is in milter_put.c, replies are in
 * milter_reply.c.
 */
#include "policy/milter_int.h"

#include <stdlib.h>

#include "util/xalloc.h"

/* More output than this waits until some has gone. */
#define OUTPUT_ENOUGH	(256 * 1024)
/* The header section is at most 256 KiB when it is taken, and grows by our
 * own fields; one field may be all of it. */
#define OUTPUT_MAX	(4 * 1024 * 1024)

/* ---- how often a stage comes ---- */

static bool
has_rcpt(const struct milter *m)
{
	return m->rcpt_next < m->message->rcpt_count;
}

static bool
has_header(const struct milter *m)
{
	return m->header_next < m->message->header_size;
}

static bool
has_body(const struct milter *m)
{
	return !m->skip_body && m->body_done < m->message->body_bytes;
}

static bool
since_version_4(const struct milter *m)
{
	return m->version >= 4;
}

/* put NULL: the owner has the octets.  more NULL: it always comes. */
static const struct {
	uint32_t	no;		/* enum wire_steps: not shown */
	uint32_t	no_reply;
	void		(*put)(struct milter *);
	bool		(*more)(const struct milter *);
	bool		repeats;
} stages[] = {
	[MILTER_NEGOTIATE] = { 0, 0, milter_put_negotiate, NULL, false },
	[MILTER_CONNECT] = { WIRE_NO_CONNECT, WIRE_NR_CONNECT,
	    milter_put_connect, NULL, false },
	[MILTER_HELO] = { WIRE_NO_HELO, WIRE_NR_HELO,
	    milter_put_helo, NULL, false },
	[MILTER_MAIL] = { WIRE_NO_MAIL, WIRE_NR_MAIL,
	    milter_put_mail, NULL, false },
	[MILTER_RCPT] = { WIRE_NO_RCPT, WIRE_NR_RCPT,
	    milter_put_rcpt, has_rcpt, true },
	[MILTER_DATA] = { WIRE_NO_DATA, WIRE_NR_DATA,
	    milter_put_data, since_version_4, false },
	[MILTER_HEADER] = { WIRE_NO_HEADER, WIRE_NR_HEADER,
	    milter_put_header, has_header, true },
	[MILTER_EOH] = { WIRE_NO_EOH, WIRE_NR_EOH,
	    milter_put_eoh, NULL, false },
	[MILTER_BODY] = { WIRE_NO_BODY, WIRE_NR_BODY, NULL, has_body, true },
	[MILTER_END] = { 0, 0, milter_put_end, NULL, false },
};

/* ---- the loop ---- */

static bool
is_wanted(const struct milter *m)
{
	return (m->steps & stages[m->stage].no) == 0 &&
	    (stages[m->stage].more == NULL || stages[m->stage].more(m));
}

static bool
is_answered(const struct milter *m)
{
	return (m->steps & stages[m->stage].no_reply) == 0;
}

void
milter_go_on(struct milter *m)
{
	while (!m->ended && !m->waiting && buf_len(&m->out) < OUTPUT_ENOUGH) {
		if (!is_wanted(m)) {
			m->stage++;	/* the last one is always wanted */
			continue;
		}
		if (stages[m->stage].put == NULL)
			return;
		m->nothing_put = false;
		stages[m->stage].put(m);
		if (!m->nothing_put && is_answered(m))
			m->waiting = true;
		else if (!stages[m->stage].repeats)
			m->stage++;
	}
}

void
milter_answered(struct milter *m)
{
	m->waiting = false;
	if (!stages[m->stage].repeats)
		m->stage++;
	milter_go_on(m);
}

struct milter *
milter_new(const struct milter_message *message, uint64_t timeout_ms,
    uint64_t now_ms)
{
	struct milter *m = xcalloc(1, sizeof *m);

	m->message = message;
	m->timeout_ms = timeout_ms;
	m->due_ms = now_ms + timeout_ms;
	m->total_ms = now_ms + MILTER_TOTAL_FACTOR * timeout_ms;
	buf_init(&m->out, OUTPUT_MAX);
	buf_init(&m->in, WIRE_HEAD + MILTER_REPLY_MAX);
	milter_go_on(m);
	return m;
}

struct milter *
milter_free(struct milter *m)
{
	if (m == NULL)
		return NULL;
	milter_drop_edits(m);
	free(m->edits);
	free(m->why);
	buf_done(&m->out);
	buf_done(&m->in);
	free(m);
	return NULL;
}

enum milter_next
milter_next(const struct milter *m)
{
	if (m->ended)
		return MILTER_ENDED;
	if (buf_len(&m->out) > 0)
		return MILTER_SENDS;
	return m->waiting ? MILTER_WAITS : MILTER_WANTS_BODY;
}

const uint8_t *
milter_output(const struct milter *m, size_t *ret_n)
{
	*ret_n = buf_len(&m->out);
	return buf_bytes(&m->out);
}

void
milter_output_taken(struct milter *m, size_t n, uint64_t now_ms)
{
	buf_consume(&m->out, n);
	m->due_ms = now_ms + m->timeout_ms;
	milter_go_on(m);
}

size_t
milter_body(struct milter *m, const void *data, size_t n)
{
	uint64_t left = m->message->body_bytes - m->body_done;
	size_t begun;

	if (milter_next(m) != MILTER_WANTS_BODY)
		return 0;
	n = n < MILTER_PIECE_MAX ? n : MILTER_PIECE_MAX;
	n = n < left ? n : (size_t)left;
	begun = wire_begin(&m->out, WIRE_BODY);
	buf_add(&m->out, data, n);
	wire_end(&m->out, begun);
	m->body_done += n;
	m->waiting = is_answered(m);
	milter_go_on(m);
	return n;
}

uint64_t
milter_due_ms(const struct milter *m)
{
	return m->due_ms < m->total_ms ? m->due_ms : m->total_ms;
}
