/* SPDX-License-Identifier: ISC */
#include "smtpd/received_read.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "policy/cfws.h"

enum clause {
	CLAUSE_NONE,
	CLAUSE_FROM,
	CLAUSE_BY,
	CLAUSE_VIA,
	CLAUSE_WITH,
	CLAUSE_ID,
	CLAUSE_FOR,
};

static const char *const keywords[] = {
	[CLAUSE_FROM] = "from",
	[CLAUSE_BY] = "by",
	[CLAUSE_VIA] = "via",
	[CLAUSE_WITH] = "with",
	[CLAUSE_ID] = "id",
	[CLAUSE_FOR] = "for",
};

struct word {
	const char	*text;
	size_t		 length;
};

struct reading {
	struct received_hop	*hop;
	enum clause		 clause;
	bool			 wants;		/* the clause's one word */
	bool			 from;		/* there is such a clause */
	bool			 ambiguous;
	bool			 malformed;
	struct netaddr		 bare;		/* without brackets */
	struct netaddr		 literal;	/* the word of `from` */
};

static bool
word_is(const struct word *w, const char *text)
{
	return strlen(text) == w->length &&
	    strncasecmp(w->text, text, w->length) == 0;
}

static bool
word_begins(const struct word *w, const char *text)
{
	size_t n = strlen(text);

	return w->length >= n && strncasecmp(w->text, text, n) == 0;
}

/* Whole, or not at all. */
static bool
copy(const struct word *w, char *to, size_t size)
{
	if (w->length >= size)
		return false;
	memcpy(to, w->text, w->length);
	to[w->length] = '\0';
	return true;
}

/* ---- addresses ---- */

static bool
read_address(const struct word *w, struct netaddr *ret_addr)
{
	char text[NETADDR_TEXT_SIZE];
	struct word inner = *w;

	if (word_begins(&inner, "IPv6:")) {
		inner.text += 5;
		inner.length -= 5;
	}
	return copy(&inner, text, sizeof text) && text[0] != '[' &&
	    netaddr_parse(text, ret_addr);
}

/* What stands in brackets somewhere in the word. */
static bool
read_bracketed(const struct word *w, struct netaddr *ret_addr)
{
	const char *open = memchr(w->text, '[', w->length);
	const char *end = w->text + w->length, *shut;
	struct word inner;

	if (open == NULL || (shut = memchr(open, ']',
	    (size_t)(end - open))) == NULL)
		return false;
	inner.text = open + 1;
	inner.length = (size_t)(shut - inner.text);
	return read_address(&inner, ret_addr);
}

static void
add_address(struct reading *r, struct netaddr *to, const struct netaddr *addr)
{
	if (to->family != NETADDR_NONE && !netaddr_equal(to, addr))
		r->ambiguous = true;
	*to = *addr;
}

/* ---- the comments behind `from` ---- */

static void
set_helo(struct reading *r, const struct word *w)
{
	if (!copy(w, r->hop->helo, sizeof r->hop->helo))
		r->malformed = true;
}

/* helo: the word follows "HELO". */
static void
take_remark(struct reading *r, const struct word *w, bool helo)
{
	struct netaddr addr;
	struct word rest = { w->text + 5, w->length - 5 };

	if (helo)
		set_helo(r, w);
	else if (word_begins(w, "helo=") || word_begins(w, "ehlo="))
		set_helo(r, &rest);
	else if (read_bracketed(w, &addr))
		add_address(r, &r->hop->peer, &addr);
	else if (read_address(w, &addr))
		add_address(r, &r->bare, &addr);
}

static bool
parts_remarks(char c)
{
	return strchr(" \t\r\n(),;", c) != NULL;
}

static void
take_comment(struct reading *r, const char *p, const char *end)
{
	bool helo = false;

	while (p < end) {
		struct word w = { p, 0 };

		if (parts_remarks(*p)) {
			p++;
			continue;
		}
		while (p < end && !parts_remarks(*p))
			p++;
		w.length = (size_t)(p - w.text);
		take_remark(r, &w, helo);
		helo = !helo && (word_is(&w, "HELO") || word_is(&w, "EHLO"));
	}
}

/* ---- the words ---- */

static void
take_rcpt(struct reading *r, struct word w)
{
	struct mailaddr addr;

	if (w.length > 2 && w.text[0] == '<' && w.text[w.length - 1] == '>') {
		w.text++;
		w.length -= 2;
	}
	if (r->hop->rcpt[0] == '\0' && mailaddr_parse(w.text, w.length, true,
	    &addr) == MAILADDR_OK)
		mailaddr_format(&addr, r->hop->rcpt);
}

static void
take_argument(struct reading *r, const struct word *w)
{
	r->wants = false;
	if (r->clause == CLAUSE_FROM) {
		set_helo(r, w);
		if (w->text[0] == '[')
			read_bracketed(w, &r->literal);
	} else if (r->clause == CLAUSE_WITH && r->hop->with[0] == '\0')
		copy(w, r->hop->with, sizeof r->hop->with);
	else if (r->clause == CLAUSE_FOR)
		take_rcpt(r, *w);
}

static void
take_word(struct reading *r, const struct word *w)
{
	if (r->wants) {
		take_argument(r, w);
		return;
	}
	for (enum clause c = CLAUSE_FROM; c <= CLAUSE_FOR; c++) {
		if (!word_is(w, keywords[c]))
			continue;
		if (c == CLAUSE_FROM && r->from)
			r->ambiguous = true;
		r->from |= c == CLAUSE_FROM;
		r->clause = c;
		r->wants = true;
		return;
	}
}

static bool
read_word(const char **p, const char *end, struct word *ret_word)
{
	const char *start = *p;

	while (*p < end && strchr(" \t\r\n(;", **p) == NULL) {
		if (**p == '"') {
			if (!cfws_quoted(p, end))
				return false;
		} else if ((unsigned char)**p < ' ' || **p == 127 ||
		    **p == ')')
			return false;
		else
			(*p)++;
	}
	*ret_word = (struct word){ start, (size_t)(*p - start) };
	return *p > start;
}

static bool
read_clauses(struct reading *r, const char *p, const char *end)
{
	struct word w;

	for (;;) {
		cfws_blanks(&p, end);
		if (p == end || *p == ';')
			return true;
		if (*p == '(') {
			const char *start = p;

			if (!cfws_comment(&p, end))
				return false;
			if (r->clause == CLAUSE_FROM)
				take_comment(r, start + 1, p - 1);
		} else if (!read_word(&p, end, &w))
			return false;
		else
			take_word(r, &w);
	}
}

enum received_fault
received_read(const char *value, size_t n, struct received_hop *ret_hop)
{
	struct reading r = { .hop = ret_hop };

	*ret_hop = (struct received_hop){ .helo = "" };
	if (memchr(value, '\0', n) != NULL ||
	    !read_clauses(&r, value, value + n) || r.malformed)
		return RECEIVED_MALFORMED;
	if (!r.from)
		return RECEIVED_NO_FROM;
	if (ret_hop->peer.family == NETADDR_NONE)
		ret_hop->peer = r.bare.family != NETADDR_NONE ? r.bare :
		    r.literal;
	if (r.ambiguous)
		return RECEIVED_AMBIGUOUS;
	if (ret_hop->peer.family == NETADDR_NONE)
		return RECEIVED_NO_ADDRESS;
	return ret_hop->helo[0] == '\0' ? RECEIVED_MALFORMED : RECEIVED_OK;
}
