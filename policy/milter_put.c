/* SPDX-License-Identifier: ISC */
/*
 * What each stage of the milter protocol says: the frames that show a
 * message, with the macros that belong to them.
 */
#include "policy/milter_int.h"

#include <string.h>

#define VERSION	6
#define ACTIONS	(WIRE_MAY_ADD | WIRE_MAY_CHANGE | WIRE_MAY_QUARANTINE | \
		WIRE_MAY_LIST_MACROS)

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

void
milter_put_negotiate(struct milter *m)
{
	size_t begun = wire_begin(&m->out, WIRE_NEGOTIATE);

	wire_u32(&m->out, VERSION);
	wire_u32(&m->out, ACTIONS);
	wire_u32(&m->out, WIRE_STEPS_OFFERED);
	wire_end(&m->out, begun);
}

/* A client without a verified name is called by its address, in brackets. */
void
milter_put_connect(struct milter *m)
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

void
milter_put_helo(struct milter *m)
{
	const struct macro macros[] = {
		{ "{tls_version}", m->message->tls },
		{ "{cipher}", m->message->cipher },
	};

	put_macros(m, WIRE_HELO, macros, 2);
	put_string(m, WIRE_HELO, m->message->helo);
}

void
milter_put_mail(struct milter *m)
{
	const struct macro macros[] = {
		{ "i", m->message->id }, { "{mail_addr}", m->message->sender },
	};

	put_macros(m, WIRE_MAIL, macros, 2);
	put_address(m, WIRE_MAIL, m->message->sender);
}

void
milter_put_rcpt(struct milter *m)
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

void
milter_put_data(struct milter *m)
{
	put_bare(m, WIRE_DATA);
}

void
milter_put_eoh(struct milter *m)
{
	put_bare(m, WIRE_END_OF_HEADER);
}

void
milter_put_end(struct milter *m)
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
void
milter_put_header(struct milter *m)
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
