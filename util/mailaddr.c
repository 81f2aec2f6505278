/* SPDX-License-Identifier: ISC */
/*
 * The grammar of RFC 5321 4.1.2, each production its own function:
 *
 *	Path        = "<" [ A-d-l ":" ] Mailbox ">"
 *	A-d-l       = "@" Domain *( "," "@" Domain )
 *	Mailbox     = Local-part "@" ( Domain / address-literal )
 *	Local-part  = Dot-string / Quoted-string
 *
 * No comments, no white space, no obsolete forms: those belong to header
 * fields, not to an envelope.
 */
#include "util/mailaddr.h"

#include <string.h>
#include <strings.h>

#include "util/domain.h"
#include "util/netaddr.h"
#include "util/number.h"
#include "util/utf8.h"

struct cursor {
	const char	*next;
	const char	*end;
	bool		 allow_utf8;
	bool		 saw_utf8;	/* in the local part */
	size_t		 local_length;
	char		 local[MAILADDR_LOCAL_MAX];
};

static struct cursor
cursor_on(const char *text, size_t n, bool allow_utf8)
{
	struct cursor c = {
		.next = text, .end = text + n, .allow_utf8 = allow_utf8,
	};

	return c;
}

static bool
at(const struct cursor *c, char wanted)
{
	return c->next < c->end && *c->next == wanted;
}

static bool
take(struct cursor *c, char wanted)
{
	if (!at(c, wanted))
		return false;
	c->next++;
	return true;
}

static bool
is_atext(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* Adds to the local part. */
static enum mailaddr_fault
keep(struct cursor *c, const char *octets, size_t n)
{
	if (n > sizeof c->local - c->local_length)
		return MAILADDR_TOO_LONG;
	memcpy(c->local + c->local_length, octets, n);
	c->local_length += n;
	return MAILADDR_OK;
}

/* One character beyond ASCII. */
static enum mailaddr_fault
take_utf8(struct cursor *c)
{
	size_t n = utf8_length(c->next, c->end);

	if (!c->allow_utf8)
		return MAILADDR_NEEDS_UTF8;
	if (n == 0)
		return MAILADDR_SYNTAX;
	c->next += n;
	c->saw_utf8 = true;
	return keep(c, c->next - n, n);
}

/* Dot-string = Atom *("." Atom) */
static enum mailaddr_fault
take_dot_string(struct cursor *c)
{
	enum mailaddr_fault fault = MAILADDR_OK;
	bool atom = false;

	while (c->next < c->end && fault == MAILADDR_OK) {
		char ch = *c->next;

		if ((unsigned char)ch > 127) {
			fault = take_utf8(c);
			atom = true;
			continue;
		}
		if (ch == '.' ? !atom : !is_atext(ch))
			break;
		atom = ch != '.';
		c->next++;
		fault = keep(c, &ch, 1);
	}
	return fault == MAILADDR_OK && !atom ? MAILADDR_SYNTAX : fault;
}

/* Quoted-string; quoted-pairs lose their backslash. */
static enum mailaddr_fault
take_quoted_string(struct cursor *c)
{
	enum mailaddr_fault fault = MAILADDR_OK;

	c->next++;
	while (c->next < c->end && fault == MAILADDR_OK) {
		char ch = *c->next;

		if ((unsigned char)ch > 127) {
			fault = take_utf8(c);
			continue;
		}
		c->next++;
		if (ch == '"')
			return MAILADDR_OK;
		if (ch == '\\' && c->next < c->end)
			ch = *c->next++;
		if (ch < ' ' || ch > '~')
			return MAILADDR_SYNTAX;
		fault = keep(c, &ch, 1);
	}
	return fault == MAILADDR_OK ? MAILADDR_SYNTAX : fault;
}

static enum mailaddr_fault
take_local(struct cursor *c, struct mailaddr *addr)
{
	const char *start = c->next;
	enum mailaddr_fault fault;

	fault = at(c, '"') ? take_quoted_string(c) : take_dot_string(c);
	if (fault != MAILADDR_OK)
		return fault;
	if (c->next - start > MAILADDR_LOCAL_MAX)
		return MAILADDR_TOO_LONG;
	memcpy(addr->local, c->local, c->local_length);
	addr->local[c->local_length] = '\0';
	addr->utf8 = c->saw_utf8;
	return MAILADDR_OK;
}

/* "[" ( IPv4 / "IPv6:" IPv6 ) "]"; no other tag is registered. */
static enum mailaddr_fault
take_literal(struct cursor *c, struct mailaddr *addr)
{
	static const char tag[] = "IPv6:";
	const char *close = memchr(c->next, ']', (size_t)(c->end - c->next));
	char text[NETADDR_TEXT_SIZE], literal[NETADDR_TEXT_SIZE];
	const char *address = text;
	struct netaddr ip;
	bool six;

	if (close == NULL || (size_t)(close - c->next) > sizeof text ||
	    memchr(c->next, '\0', (size_t)(close - c->next)) != NULL)
		return MAILADDR_SYNTAX;
	c->next++;
	memcpy(text, c->next, (size_t)(close - c->next));
	text[close - c->next] = '\0';
	c->next = close + 1;
	six = strncasecmp(text, tag, sizeof tag - 1) == 0;
	if (six)
		address += sizeof tag - 1;
	/* netaddr_parse would also take brackets and the other family. */
	if ((strchr(address, ':') != NULL) != six || *address == '[' ||
	    !netaddr_parse(address, &ip))
		return MAILADDR_SYNTAX;
	strcpy_bounded(addr->domain, sizeof addr->domain,
	    netaddr_format_literal(&ip, literal));
	addr->literal = true;
	return MAILADDR_OK;
}

static bool
is_domain_octet(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	    (unsigned char)c > 127;
}

static enum mailaddr_fault
take_domain(struct cursor *c, struct mailaddr *addr)
{
	const char *start = c->next;
	char domain[DOMAIN_SIZE];
	bool utf8 = false;
	size_t n;

	if (at(c, '['))
		return take_literal(c, addr);
	while (c->next < c->end && is_domain_octet(*c->next))
		utf8 |= (unsigned char)*c->next++ > 127;
	n = (size_t)(c->next - start);
	if (utf8 && !c->allow_utf8)
		return MAILADDR_NEEDS_UTF8;
	if (n > 0 && start[n - 1] == '.')	/* not in SMTP */
		return MAILADDR_SYNTAX;
	if (!domain_parse(start, n, false, domain))
		return n > DOMAIN_MAX ? MAILADDR_TOO_LONG : MAILADDR_SYNTAX;
	strcpy_bounded(addr->domain, sizeof addr->domain, domain);
	return MAILADDR_OK;
}

static enum mailaddr_fault
take_mailbox(struct cursor *c, struct mailaddr *addr)
{
	enum mailaddr_fault fault = take_local(c, addr);

	if (fault != MAILADDR_OK)
		return fault;
	if (!take(c, '@'))
		return MAILADDR_SYNTAX;
	return take_domain(c, addr);
}

enum mailaddr_fault
mailaddr_parse(const char *text, size_t n, bool allow_utf8,
    struct mailaddr *ret_addr)
{
	struct cursor c = cursor_on(text, n, allow_utf8);
	struct mailaddr addr = { .utf8 = false };
	enum mailaddr_fault fault = take_mailbox(&c, &addr);

	if (fault == MAILADDR_OK && c.next != c.end)
		fault = MAILADDR_SYNTAX;
	if (fault == MAILADDR_OK)
		*ret_addr = addr;
	return fault;
}

/* A source route is checked and forgotten (RFC 5321 Appendix C). */
static enum mailaddr_fault
drop_route(struct cursor *c)
{
	struct mailaddr hop;
	enum mailaddr_fault fault;

	if (!at(c, '@'))
		return MAILADDR_OK;
	do {
		if (!take(c, '@'))
			return MAILADDR_SYNTAX;
		fault = take_domain(c, &hop);
		if (fault != MAILADDR_OK)
			return fault;
	} while (take(c, ','));
	return take(c, ':') ? MAILADDR_OK : MAILADDR_SYNTAX;
}

enum mailaddr_fault
mailaddr_parse_path(const char *text, size_t n, bool allow_utf8,
    bool allow_postmaster, struct mailaddr *ret_addr, bool *ret_null,
    size_t *ret_used)
{
	static const char postmaster[] = "postmaster>";
	struct cursor c = cursor_on(text, n, allow_utf8);
	struct mailaddr addr = { .utf8 = false };
	enum mailaddr_fault fault = MAILADDR_OK;
	bool null = false;

	if (!take(&c, '<'))
		return MAILADDR_SYNTAX;
	if (take(&c, '>')) {
		null = true;
	} else if (allow_postmaster &&
	    (size_t)(c.end - c.next) >= sizeof postmaster - 1 &&
	    strncasecmp(c.next, postmaster, sizeof postmaster - 1) == 0) {
		memcpy(addr.local, postmaster, sizeof postmaster - 2);
		c.next += sizeof postmaster - 1;
	} else {
		fault = drop_route(&c);
		if (fault == MAILADDR_OK)
			fault = take_mailbox(&c, &addr);
		if (fault == MAILADDR_OK && !take(&c, '>'))
			fault = MAILADDR_SYNTAX;
	}
	if (fault != MAILADDR_OK)
		return fault;
	*ret_addr = addr;
	*ret_null = null;
	*ret_used = (size_t)(c.next - text);
	return MAILADDR_OK;
}

static bool
needs_quotes(const char *local)
{
	bool atom = false;

	for (; *local != '\0'; local++) {
		if (*local == '.' ? !atom :
		    !is_atext(*local) && (unsigned char)*local < 128)
			return true;
		atom = *local != '.';
	}
	return !atom;
}

/* Returns the end of what was written. */
static char *
format_quoted(char *to, const char *local)
{
	*to++ = '"';
	for (; *local != '\0'; local++) {
		if (*local == '"' || *local == '\\')
			*to++ = '\\';
		*to++ = *local;
	}
	*to++ = '"';
	return to;
}

const char *
mailaddr_format(const struct mailaddr *addr,
    char text[static MAILADDR_TEXT_SIZE])
{
	char *to = text;

	strcpy_bounded(text, MAILADDR_TEXT_SIZE, addr->local);
	if (addr->domain[0] == '\0')	/* the null sender, or <postmaster> */
		return text;
	if (needs_quotes(addr->local))
		to = format_quoted(to, addr->local);
	else
		to += strlen(to);
	*to++ = '@';
	strcpy_bounded(to, MAILADDR_DOMAIN_MAX + 1, addr->domain);
	return text;
}

bool
mailaddr_equal(const struct mailaddr *a, const struct mailaddr *b)
{
	return strcmp(a->local, b->local) == 0 &&
	    strcmp(a->domain, b->domain) == 0;
}
