/* SPDX-License-Identifier: ISC */
/*
 * What a filter may answer: one table of replies, each with the stages at
 * which it may come.  Anything else makes it a silent filter.
 */
#include "policy/milter_int.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

enum when {
	AT_NEGOTIATE	= 1,
	AT_STAGE	= 2,	/* any from CONNECT on */
	AT_END		= 4,	/* also there */
};

void
milter_drop_edits(struct milter *m)
{
	for (size_t i = 0; i < m->result.edit_count; i++) {
		free(m->edits[i].name);
		free(m->edits[i].value);
	}
	m->result.edit_count = 0;
}

static void
end(struct milter *m, enum filter_status status)
{
	m->ended = true;
	m->waiting = false;
	m->result.status = status;
	m->result.code = m->code;
	m->result.enhanced = m->enhanced;
	m->result.text = m->text;
	m->result.why = m->why == NULL ? "" : m->why;
	m->result.edits = m->edits;
	if (status != FILTER_CLEAN && !m->result.quarantine)
		milter_drop_edits(m);
}

void
milter_lost(struct milter *m, const char *why)
{
	if (m->ended)
		return;
	m->why = xstrdup(why);
	m->result.quarantine = false;
	end(m, FILTER_SILENT);
}

void
milter_timeout(struct milter *m)
{
	milter_lost(m, m->due_ms < m->total_ms ? "it was silent too long" :
	    "it took too long");
}

const struct milter_result *
milter_result(const struct milter *m)
{
	return &m->result;
}

/* ---- the replies; false: not what the protocol says ---- */

/* What it asks for beyond the offer it does not get (rspamd asks for all). */
static bool
take_negotiate(struct milter *m, struct wire_data d)
{
	uint32_t actions, steps;

	if (!wire_read_u32(&d, &m->version) || !wire_read_u32(&d, &actions) ||
	    !wire_read_u32(&d, &steps) || m->version < 2 || m->version > 6)
		return false;
	m->actions = actions;
	m->steps = steps & WIRE_STEPS_OFFERED;
	milter_answered(m);
	return true;
}

static bool
take_continue(struct milter *m, struct wire_data d)
{
	if (d.left > 0)
		return false;
	if (m->stage != MILTER_END)
		milter_answered(m);
	else
		end(m, m->result.quarantine ? FILTER_SPAM : FILTER_CLEAN);
	return true;
}

/* Of the whole session, or of this message: either way it has seen enough. */
static bool
take_accept(struct milter *m, struct wire_data d)
{
	if (d.left > 0)
		return false;
	end(m, m->result.quarantine ? FILTER_SPAM : FILTER_CLEAN);
	return true;
}

static bool
take_discard(struct milter *m, struct wire_data d)
{
	if (d.left > 0)
		return false;
	m->result.quarantine = false;
	end(m, FILTER_SPAM);
	return true;
}

static bool
refuse(struct milter *m, enum filter_status status, const char *code,
    const char *enhanced)
{
	memcpy(m->code, code, 4);
	memcpy(m->enhanced, enhanced, strlen(enhanced) + 1);
	m->result.quarantine = false;
	end(m, status);
	return true;
}

static bool
take_reject(struct milter *m, struct wire_data d)
{
	return d.left == 0 && refuse(m, FILTER_SPAM, "550", "5.7.1");
}

/* Also the two by which a filter would have the connection closed. */
static bool
take_tempfail(struct milter *m, struct wire_data d)
{
	return d.left == 0 && refuse(m, FILTER_TEMPFAIL, "451", "4.7.1");
}

static bool
take_replycode(struct milter *m, struct wire_data d)
{
	char code[4], enhanced[WIRE_ENHANCED_SIZE];
	const char *reply;

	if (!wire_read_str(&d, &reply) || d.left > 0 ||
	    !wire_read_refusal(reply, code, enhanced, m->text))
		return false;
	if (enhanced[0] == '\0')
		memcpy(enhanced, code[0] == '4' ? "4.7.1" : "5.7.1", 6);
	return refuse(m, code[0] == '4' ? FILTER_TEMPFAIL : FILTER_SPAM, code,
	    enhanced);
}

static bool
take_progress(struct milter *m, struct wire_data d)
{
	(void)m;
	return d.left == 0;
}

static bool
take_skip(struct milter *m, struct wire_data d)
{
	if (d.left > 0 || m->stage != MILTER_BODY ||
	    (m->steps & WIRE_SKIPS) == 0)
		return false;
	m->skip_body = true;
	milter_answered(m);
	return true;
}

/* ---- changes ---- */

static bool
take_edit(struct milter *m, struct wire_data *d, enum filter_change kind,
    uint32_t index)
{
	const char *name, *value;
	char *clean;

	if (!wire_read_str(d, &name) || !wire_read_str(d, &value) ||
	    d->left > 0 || !wire_is_field_name(name) ||
	    m->result.edit_count == MILTER_EDITS_MAX ||
	    (clean = wire_field_value(value,
	    (m->steps & WIRE_LEADING_SPACE) == 0)) == NULL)
		return false;
	if (m->edits == NULL)
		m->edits = xcalloc(MILTER_EDITS_MAX, sizeof *m->edits);
	m->edits[m->result.edit_count++] = (struct milter_edit){
		.kind = kind,
		.index = index,
		.name = xstrdup(name),
		.value = clean,
	};
	return true;
}

static bool
take_add(struct milter *m, struct wire_data d)
{
	return (m->actions & WIRE_MAY_ADD) != 0 &&
	    take_edit(m, &d, FILTER_ADD, 0);
}

static bool
take_insert(struct milter *m, struct wire_data d)
{
	uint32_t index;

	return (m->actions & WIRE_MAY_ADD) != 0 &&
	    wire_read_u32(&d, &index) &&
	    take_edit(m, &d, FILTER_INSERT, index);
}

static bool
take_change(struct milter *m, struct wire_data d)
{
	uint32_t index;

	return (m->actions & WIRE_MAY_CHANGE) != 0 &&
	    wire_read_u32(&d, &index) &&
	    take_edit(m, &d, FILTER_CHANGE, index);
}

static bool
take_quarantine(struct milter *m, struct wire_data d)
{
	const char *reason;

	if ((m->actions & WIRE_MAY_QUARANTINE) == 0 ||
	    !wire_read_str(&d, &reason) || d.left > 0)
		return false;
	m->result.quarantine = true;
	return true;
}

/* Envelope and body stay as they are; that was not offered. */
static bool
take_nothing(struct milter *m, struct wire_data d)
{
	(void)m;
	(void)d;
	return true;
}

static const struct {
	enum wire_reply	reply;
	unsigned	when;		/* enum when */
	bool		(*take)(struct milter *, struct wire_data);
} replies[] = {
	{ (enum wire_reply)WIRE_NEGOTIATE, AT_NEGOTIATE, take_negotiate },
	{ WIRE_CONTINUE, AT_STAGE | AT_END, take_continue },
	{ WIRE_ACCEPT, AT_STAGE | AT_END, take_accept },
	{ WIRE_DISCARD, AT_STAGE | AT_END, take_discard },
	{ WIRE_REJECT, AT_STAGE | AT_END, take_reject },
	{ WIRE_TEMPFAIL, AT_STAGE | AT_END, take_tempfail },
	{ WIRE_CONNFAIL, AT_STAGE | AT_END, take_tempfail },
	{ WIRE_SHUTDOWN, AT_STAGE | AT_END, take_tempfail },
	{ WIRE_REPLYCODE, AT_STAGE | AT_END, take_replycode },
	{ WIRE_PROGRESS, AT_STAGE | AT_END, take_progress },
	{ WIRE_SKIP, AT_STAGE, take_skip },
	{ WIRE_ADD_HEADER, AT_END, take_add },
	{ WIRE_INSERT_HEADER, AT_END, take_insert },
	{ WIRE_CHANGE_HEADER, AT_END, take_change },
	{ WIRE_QUARANTINE, AT_END, take_quarantine },
	{ WIRE_ADD_RCPT, AT_END, take_nothing },
	{ WIRE_ADD_RCPT_PAR, AT_END, take_nothing },
	{ WIRE_DELETE_RCPT, AT_END, take_nothing },
	{ WIRE_CHANGE_FROM, AT_END, take_nothing },
	{ WIRE_REPLACE_BODY, AT_END, take_nothing },
};

static bool
take_reply(struct milter *m, uint8_t letter, struct wire_data d)
{
	unsigned now = m->stage == MILTER_NEGOTIATE ? AT_NEGOTIATE :
	    m->stage == MILTER_END ? AT_END : AT_STAGE;

	if (!m->waiting)
		return false;	/* an answer that nobody asked for */
	for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
		if ((uint8_t)replies[i].reply == letter &&
		    (replies[i].when & now) != 0)
			return replies[i].take(m, d);
	}
	return false;
}

/* ---- bytes to replies ---- */

/* One reply from the front of `in`; false if it is not whole or is wrong. */
static bool
take_frame(struct milter *m, uint64_t now_ms)
{
	struct wire_data d = { buf_bytes(&m->in), buf_len(&m->in) };
	uint32_t size;

	if (!wire_read_u32(&d, &size))
		return false;
	if (size == 0 || size > MILTER_REPLY_MAX) {
		milter_lost(m, "it spoke no milter protocol");
		return false;
	}
	if (d.left < size)
		return false;
	d.left = size - 1;
	d.next++;
	m->due_ms = now_ms + m->timeout_ms;
	if (!take_reply(m, d.next[-1], d)) {
		milter_lost(m, "it spoke no milter protocol");
		return false;
	}
	buf_consume(&m->in, WIRE_HEAD + (size_t)size);
	return true;
}

void
milter_bytes(struct milter *m, const void *data, size_t n, uint64_t now_ms)
{
	const uint8_t *next = data;

	while (n > 0 && !m->ended) {
		size_t room = m->in.max_bytes - buf_len(&m->in);
		size_t piece = n < room ? n : room;

		m->replied += piece;
		if (m->replied > MILTER_REPLIES_MAX) {
			milter_lost(m, "it said too much");
			return;
		}
		buf_add(&m->in, next, piece);
		next += piece;
		n -= piece;
		while (!m->ended && take_frame(m, now_ms))
			;
	}
}
