/* SPDX-License-Identifier: ISC */
/*
 * The stages of the milter protocol as a table, and the loop that goes
 * through it.  Replies are in milter_reply.c.
 */
#include "policy/milter_int.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

#define VERSION	6
#define ACTIONS	(WIRE_MAY_ADD | WIRE_MAY_CHANGE | WIRE_MAY_QUARANTINE | \
		WIRE_MAY_LIST_MACROS)

/* More output than this waits until some has gone. */
#define OUTPUT_ENOUGH	(256 * 1024)
/* The header section is at most 256 KiB when it is taken, and grows by our
 * own fields; one field may be all of it. */
#define OUTPUT_MAX	(4 * 1024 * 1024)

/* ---- what is sent ---- */

struct macro {
	const char	*name;
	const char	*value;
};

/* What is known for this stage: of an empty value nothing is said. */
static void
put_macros(struct milter *m, enum wire_command stage,
    const struct macro *macros, size_t count)
{
	const uint8_t letter = (uint8_t)stage;
	size_t begun;

	while (count > 0 && *macros[count - 1].value == '\0')
		count--;
	if (count == 0)
		return;
	begun = wire_begin(&m->out, WIRE_MACRO);
	buf_add(&m->out, &letter, 1);
	for (size_t i = 0; i < count; i++) {
		if (*macros[i].value == '\0')
			continue;
		wire_str(&m->out, macros[i].name);
		wire_str(&m->out, macros[i].value);
	}
	wire_end(&m->out, begun);
}

static void
put_string(struct milter *m, enum wire_command command, const char *text)
{
	size_t begun = wire_begin(&m->out, command);

	wire_str(&m->out, text);
	wire_end(&m->out, begun);
}

static void
put_address(struct milter *m, enum wire_command command, const char *address)
{
	size_t begun = wire_begin(&m->out, command);

	buf_add_str(&m->out, "<");
	buf_add_str(&m->out, address);
	wire_str(&m->out, ">");
	wire_end(&m->out, begun);
}

static void
put_negotiate(struct milter *m)
{
	size_t begun = wire_begin(&m->out, WIRE_NEGOTIATE);

	wire_u32(&m->out, VERSION);
	wire_u32(&m->out, ACTIONS);
	wire_u32(&m->out, WIRE_STEPS_OFFERED);
	wire_end(&m->out, begun);
}

/* A client without a verified name is called by its address, in brackets. */
static void
put_connect(struct milter *m)
{
	const struct milter_message *message = m->message;
	const struct macro macros[] = {
		{ "j", message->hostname }, { "{daemon_name}", "mx6d" },
		{ "v", "mx6d" },
	};
	const uint16_t port = message->peer.port;
	const uint8_t place[] = {
		message->peer.family == NETADDR_IPV6 ? '6' : '4',
		(uint8_t)(port >> 8), (uint8_t)port,
	};
	char addr[NETADDR_TEXT_SIZE];
	size_t begun;

	netaddr_format(&message->peer, addr);
	put_macros(m, WIRE_CONNECT, macros, 3);
	begun = wire_begin(&m->out, WIRE_CONNECT);
	if (*message->rdns != '\0')
		wire_str(&m->out, message->rdns);
	else {
		buf_add_str(&m->out, "[");
		buf_add_str(&m->out, addr);
		wire_str(&m->out, "]");
	}
	buf_add(&m->out, place, sizeof place);
	wire_str(&m->out, addr);
	wire_end(&m->out, begun);
}

static void
put_helo(struct milter *m)
{
	const struct macro macros[] = { { "{tls_version}", m->message->tls } };

	put_macros(m, WIRE_HELO, macros, 1);
	put_string(m, WIRE_HELO, m->message->helo);
}

static void
put_mail(struct milter *m)
{
	const struct macro macros[] = {
		{ "i", m->message->id }, { "{mail_addr}", m->message->sender },
	};

	put_macros(m, WIRE_MAIL, macros, 2);
	put_address(m, WIRE_MAIL, m->message->sender);
}

static void
put_rcpt(struct milter *m)
{
	const char *address = m->message->rcpts[m->rcpt_next++];
	const struct macro macros[] = {
		{ "i", m->message->id }, { "{rcpt_addr}", address },
	};

	put_macros(m, WIRE_RCPT, macros, 2);
	put_address(m, WIRE_RCPT, address);
}

static void
put_bare(struct milter *m, enum wire_command command)
{
	const struct macro macros[] = { { "i", m->message->id } };

	put_macros(m, command, macros, 1);
	wire_end(&m->out, wire_begin(&m->out, command));
}

static void
put_data(struct milter *m)
{
	put_bare(m, WIRE_DATA);
}

static void
put_eoh(struct milter *m)
{
	put_bare(m, WIRE_END_OF_HEADER);
}

static void
put_end(struct milter *m)
{
	put_bare(m, WIRE_END);
}

/* The next line end that no blank follows: there a field ends. */
static size_t
field_size(const char *at, size_t left)
{
	size_t n = 0;

	while (n < left) {
		const char *lf = memchr(at + n, '\n', left - n);

		if (lf == NULL)
			return left;
		n = (size_t)(lf - at) + 1;
		if (n < left && at[n] != ' ' && at[n] != '\t')
			break;
	}
	return n;
}

/* Lines of a value are parted by LF here, as libmilter has it; the other
 * control characters go as they are, but NUL, which is in no message. */
static void
put_value(struct milter *m, const char *value, size_t n)
{
	while (n > 0 && (value[n - 1] == '\n' || value[n - 1] == '\r'))
		n--;
	while (n > 0) {
		const char *cr = memchr(value, '\r', n);
		size_t run = cr == NULL ? n : (size_t)(cr - value);

		buf_add(&m->out, value, run);
		run += cr != NULL;
		value += run;
		n -= run;
	}
	buf_add(&m->out, "", 1);
}

/* What has no name is no field, and is not shown. */
static void
put_header(struct milter *m)
{
	const char *field = m->message->header + m->header_next;
	size_t n = field_size(field, m->message->header_size - m->header_next);
	const char *colon = memchr(field, ':', n), *value;
	size_t name_size, begun;

	m->header_next += n;
	if (colon == NULL || colon == field) {
		m->nothing_put = true;
		return;
	}
	name_size = (size_t)(colon - field);
	while (name_size > 0 && (field[name_size - 1] == ' ' ||
	    field[name_size - 1] == '\t'))
		name_size--;
	value = colon + 1;
	if ((m->steps & WIRE_LEADING_SPACE) == 0) {
		while (value < field + n && (*value == ' ' || *value == '\t'))
			value++;
	}
	begun = wire_begin(&m->out, WIRE_HEADER);
	buf_add(&m->out, field, name_size);
	buf_add(&m->out, "", 1);
	put_value(m, value, (size_t)(field + n - value));
	wire_end(&m->out, begun);
}

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
	[MILTER_NEGOTIATE] = { 0, 0, put_negotiate, NULL, false },
	[MILTER_CONNECT] = { WIRE_NO_CONNECT, WIRE_NR_CONNECT, put_connect,
	    NULL, false },
	[MILTER_HELO] = { WIRE_NO_HELO, WIRE_NR_HELO, put_helo, NULL, false },
	[MILTER_MAIL] = { WIRE_NO_MAIL, WIRE_NR_MAIL, put_mail, NULL, false },
	[MILTER_RCPT] = { WIRE_NO_RCPT, WIRE_NR_RCPT, put_rcpt, has_rcpt,
	    true },
	[MILTER_DATA] = { WIRE_NO_DATA, WIRE_NR_DATA, put_data,
	    since_version_4, false },
	[MILTER_HEADER] = { WIRE_NO_HEADER, WIRE_NR_HEADER, put_header,
	    has_header, true },
	[MILTER_EOH] = { WIRE_NO_EOH, WIRE_NR_EOH, put_eoh, NULL, false },
	[MILTER_BODY] = { WIRE_NO_BODY, WIRE_NR_BODY, NULL, has_body, true },
	[MILTER_END] = { 0, 0, put_end, NULL, false },
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
