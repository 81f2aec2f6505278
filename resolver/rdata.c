/* SPDX-License-Identifier: ISC */
/*
 * RDATA to typed values: one row a type, one short reader for each kind of
 * content.  A reader takes from the front of the input and adds to store.
 */
#include "resolver/rdata.h"

#include <ctype.h>
#include <string.h>

#include "util/number.h"

#define LABEL_MAX	63	/* RFC 1035 2.3.4 */
#define NAME_WIRE_MAX	255
#define TLSA_LEAST	4	/* RFC 6698 2.1: three octets and some data */

struct input {
	const uint8_t	*next;
	size_t		 left;
	uint8_t		*store;
	bool		 bad;
};

static uint32_t
take_u16(struct input *in)
{
	uint32_t n;

	if (in->left < 2) {
		in->bad = true;
		return 0;
	}
	n = (uint32_t)(in->next[0] << 8 | in->next[1]);
	in->next += 2;
	in->left -= 2;
	return n;
}

/* Letters, digits, hyphen; underscore for service names; slash because
 * RFC 2317 names reverse zones with it. */
static bool
is_name_octet(uint8_t c)
{
	return c < 128 && (isalnum(c) || c == '-' || c == '_' || c == '/');
}

/* Lower-case text without the final dot; the root is "". */
static const char *
take_name(struct input *in)
{
	char *text = (char *)in->store, *to = text;
	size_t used = 0, label;

	for (;;) {
		if (used >= in->left || used >= NAME_WIRE_MAX)
			goto bad;
		label = in->next[used++];
		if (label == 0)
			break;
		if (label > LABEL_MAX || in->left - used < label)
			goto bad;
		if (to != text)
			*to++ = '.';
		for (size_t i = 0; i < label; i++) {
			uint8_t c = in->next[used++];

			if (!is_name_octet(c))
				goto bad;
			*to++ = ascii_lower((char)c);
		}
	}
	if (used > NAME_WIRE_MAX)
		goto bad;
	*to++ = '\0';
	in->store = (uint8_t *)to;
	in->next += used;
	in->left -= used;
	return text;
bad:
	in->bad = true;
	return "";
}

static void
take_addr(struct input *in, size_t size, struct rdata *r)
{
	if (in->left != size ||
	    !netaddr_from_bytes(in->next, size, &r->addr)) {
		in->bad = true;
		return;
	}
	in->left = 0;
}

static void
parse_a(struct input *in, struct rdata *r)
{
	take_addr(in, 4, r);
}

static void
parse_aaaa(struct input *in, struct rdata *r)
{
	take_addr(in, 16, r);
}

static void
parse_name(struct input *in, struct rdata *r)
{
	r->name = take_name(in);
}

static void
parse_mx(struct input *in, struct rdata *r)
{
	r->preference = take_u16(in);
	r->name = take_name(in);
}

/* RFC 2782. */
static void
parse_srv(struct input *in, struct rdata *r)
{
	r->preference = take_u16(in);
	r->weight = take_u16(in);
	r->port = take_u16(in);
	r->name = take_name(in);
}

/* RFC 7208 3.3, RFC 6376 3.6.2.2: strings are joined without blanks. */
static void
parse_txt(struct input *in, struct rdata *r)
{
	r->data = in->store;
	if (in->left == 0)
		in->bad = true;
	while (in->left > 0) {
		size_t n = *in->next;

		if (in->left - 1 < n) {
			in->bad = true;
			return;
		}
		memcpy(in->store, in->next + 1, n);
		in->store += n;
		in->next += 1 + n;
		in->left -= 1 + n;
		r->size += n;
	}
}

static void
parse_tlsa(struct input *in, struct rdata *r)
{
	if (in->left < TLSA_LEAST) {
		in->bad = true;
		return;
	}
	memcpy(in->store, in->next, in->left);
	r->data = in->store;
	r->size = in->left;
	in->left = 0;
}

static const struct {
	enum dns_type	type;
	void		(*parse)(struct input *, struct rdata *);
} types[] = {
	{ DNS_A,	parse_a },
	{ DNS_AAAA,	parse_aaaa },
	{ DNS_CNAME,	parse_name },
	{ DNS_MX,	parse_mx },
	{ DNS_PTR,	parse_name },
	{ DNS_SRV,	parse_srv },
	{ DNS_TLSA,	parse_tlsa },
	{ DNS_TXT,	parse_txt },
};

bool
rdata_parse(enum dns_type type, const uint8_t *wire, size_t n, uint8_t *store,
    struct rdata *ret_rdata)
{
	struct input in = { .next = wire, .left = n, .store = store };
	struct rdata r = { .name = "", .data = (const uint8_t *)"" };

	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (types[i].type != type)
			continue;
		types[i].parse(&in, &r);
		if (in.bad || in.left > 0)
			return false;
		*ret_rdata = r;
		return true;
	}
	return false;
}
