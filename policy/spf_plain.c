/* SPDX-License-Identifier: ISC */
/*
 * What libspf2 cannot read or gets wrong is written otherwise:
 *
 *	ip4:192.0.2.1/0		ip4:0.0.0.0/1 ip4:128.0.0.0/1
 *	ip6:2001:db8::1/0	ip6:::/1 ip6:8000::/1
 *	a:x/0, mx:x//0		prefix length 1, for want of a better form:
 *				only half of the clients can match
 *	exp=x, other=y		nothing: they never decide
 */

#include "policy/spf_plain.h"

#include "policy/spf_record.h"
#include "util/buf.h"

static const char *const names[] = {
	[SPF_ALL] = "all",
	[SPF_INCLUDE] = "include:",
	[SPF_A] = "a",
	[SPF_MX] = "mx",
	[SPF_PTR] = "ptr",
	[SPF_EXISTS] = "exists:",
	[SPF_REDIRECT] = "redirect=",
};

static char
qualifier(const struct spf_term *term)
{
	return term->result == SPF_RESULT_FAIL ? '-' :
	    term->result == SPF_RESULT_SOFTFAIL ? '~' :
	    term->result == SPF_RESULT_NEUTRAL ? '?' : '+';
}

static void
add_network(struct buf *out, const struct spf_term *term,
    const struct netaddr *peer)
{
	bool ip6 = term->kind == SPF_IP6;
	char address[NETADDR_TEXT_SIZE], q = qualifier(term);
	unsigned bits = ip6 ? term->bits6 : term->bits4;

	if (ip6 != netaddr_is_ipv6(peer))
		return;
	if (bits > 0)
		buf_addf(out, " %cip%c:%s/%u", q, ip6 ? '6' : '4',
		    netaddr_format(&term->addr, address), bits);
	else if (ip6)
		buf_addf(out, " %cip6:::/1 %cip6:8000::/1", q, q);
	else
		buf_addf(out, " %cip4:0.0.0.0/1 %cip4:128.0.0.0/1", q, q);
}

static void
add_mechanism(struct buf *out, const struct spf_term *term,
    const struct netaddr *peer)
{
	bool ip6 = netaddr_is_ipv6(peer);
	unsigned bits = ip6 ? term->bits6 : term->bits4;
	bool optional = term->kind == SPF_A || term->kind == SPF_MX ||
	    term->kind == SPF_PTR;

	buf_addf(out, " ");
	if (term->kind != SPF_REDIRECT)
		buf_addf(out, "%c", qualifier(term));
	buf_addf(out, "%s%s%.*s", names[term->kind],
	    optional && term->domain_size > 0 ? ":" : "",
	    (int)term->domain_size,
	    term->domain_size == 0 ? "" : term->domain);
	if ((term->kind == SPF_A || term->kind == SPF_MX) &&
	    bits < (ip6 ? 128 : 32))
		buf_addf(out, "%s%u", ip6 ? "//" : "/", bits == 0 ? 1 : bits);
}

bool
spf_plain(const void *record, size_t size, const struct netaddr *peer,
    char ret_text[static SPF_PLAIN_SIZE])
{
	struct spf_term term;
	struct buf out;
	size_t at = 0;
	bool good;

	if (!spf_record_begins(record, size) ||
	    spf_record_check(record, size, &term) != NULL)
		return false;
	buf_init(&out, SPF_PLAIN_SIZE - 1);
	buf_add_str(&out, "v=spf1");
	while (spf_record_next(record, size, &at, &term)) {
		if (term.kind == SPF_EXP || term.kind == SPF_OTHER_MODIFIER)
			continue;
		if (term.kind == SPF_IP4 || term.kind == SPF_IP6)
			add_network(&out, &term, peer);
		else
			add_mechanism(&out, &term, peer);
	}
	good = !out.overflow && buf_len(&out) < SPF_PLAIN_SIZE;
	if (good)
		memcpy(ret_text, buf_cstr(&out), buf_len(&out) + 1);
	buf_done(&out);
	return good;
}
