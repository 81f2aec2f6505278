/* SPDX-License-Identifier: ISC */
#include "smtpd/stored.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "policy/header.h"

static const char *const texts[STORED_FAULTS] = {
	[STORED_OK] = "",
	[STORED_NO_RECEIVED] = "no Received field from outside",
	[STORED_NO_CLIENT] = "no client's address in the Received field",
	[STORED_AMBIGUOUS] = "several addresses in the Received field",
	[STORED_MALFORMED] = "a Received field that cannot be read",
	[STORED_NO_SENDER] = "no Return-Path",
	[STORED_NO_RCPT] = "no recipient; name one with --rcpt",
	[STORED_TOO_LARGE] = "larger than can be simulated",
	[STORED_UNREADABLE] = "the file cannot be read",
};

static const enum stored_fault of_received[] = {
	[RECEIVED_OK] = STORED_OK,
	[RECEIVED_NO_FROM] = STORED_NO_CLIENT,
	[RECEIVED_NO_ADDRESS] = STORED_NO_CLIENT,
	[RECEIVED_AMBIGUOUS] = STORED_AMBIGUOUS,
	[RECEIVED_MALFORMED] = STORED_MALFORMED,
};

const char *
stored_fault_text(enum stored_fault fault)
{
	return texts[fault];
}

static bool
is_trusted(const struct stored_view *view, const struct netaddr *addr)
{
	if (netaddr_is_loopback(addr))
		return true;
	for (size_t i = 0; i < view->trusted_count; i++)
		if (netblock_contains(&view->trusted[i], addr))
			return true;
	return false;
}

/* From one program of ours to another: Dovecot's LMTP names no address. */
static bool
is_handed_over(enum received_fault fault, const struct received_hop *hop)
{
	return (fault == RECEIVED_NO_ADDRESS || fault == RECEIVED_NO_FROM) &&
	    strncasecmp(hop->with, "LMTP", 4) == 0;
}

/* The field that counts; *ret_field is set unless there is none. */
static enum stored_fault
find_hop(const char *text, size_t size, const struct stored_view *view,
    struct received_hop *ret_hop, struct header_field *ret_field)
{
	struct header_field f;
	size_t at = 0, number = 0;

	while (header_field_at(text, size, at, &f)) {
		enum received_fault fault;

		at = f.end;
		if (!header_field_is(&f, "Received") ||
		    ++number < view->received)
			continue;
		fault = received_read(f.value, f.value_length, ret_hop);
		if (is_handed_over(fault, ret_hop) ||
		    (fault == RECEIVED_OK && is_trusted(view, &ret_hop->peer)))
			continue;
		*ret_field = f;
		return of_received[fault];
	}
	return STORED_NO_RECEIVED;
}

/* ---- the envelope ---- */

static void
trim(const char **p, size_t *n)
{
	while (*n > 0 && strchr(" \t\r\n", **p) != NULL) {
		(*p)++;
		(*n)--;
	}
	while (*n > 0 && strchr(" \t\r\n", (*p)[*n - 1]) != NULL)
		(*n)--;
}

/* "<a@b>", "a@b" or "<>"; false: something else. */
static bool
read_path(const char *p, size_t n, char to[static MAILADDR_TEXT_SIZE])
{
	struct mailaddr addr;

	trim(&p, &n);
	if (n >= 2 && p[0] == '<' && p[n - 1] == '>') {
		p++;
		n -= 2;
	}
	if (n == 0)
		to[0] = '\0';
	else if (memchr(p, '\0', n) == NULL &&
	    mailaddr_parse(p, n, true, &addr) == MAILADDR_OK)
		mailaddr_format(&addr, to);
	else
		return false;
	return true;
}

/* The first such field above the one that counts. */
static bool
read_above(const char *text, size_t size, const char *name,
    char to[static MAILADDR_TEXT_SIZE])
{
	struct header_field f;
	size_t at = 0;

	while (header_field_at(text, size, at, &f)) {
		at = f.end;
		if (header_field_is(&f, name))
			return read_path(f.value, f.value_length, to);
	}
	return false;
}

static bool
read_rcpt(const char *text, size_t size, const struct stored_view *view,
    struct stored *s)
{
	static const char *const names[] = { "X-Original-To", "Delivered-To" };

	if (view->rcpt != NULL)
		return read_path(view->rcpt, strlen(view->rcpt), s->rcpt) &&
		    s->rcpt[0] != '\0';
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (read_above(text, size, names[i], s->rcpt) &&
		    s->rcpt[0] != '\0')
			return true;
	memcpy(s->rcpt, s->hop.rcpt, sizeof s->rcpt);
	return s->rcpt[0] != '\0';
}

enum stored_fault
stored_read(const char *text, size_t n, const char *envelope,
    const struct stored_view *view, struct stored *s)
{
	struct header_field f;
	size_t size = header_size(text, n);
	enum stored_fault fault;

	*s = (struct stored){ .start = 0 };
	fault = find_hop(text, size, view, &s->hop, &f);
	if (fault != STORED_OK)
		return fault;
	s->start = f.end;
	if (!read_above(text, f.start, "Return-Path", s->sender) &&
	    (envelope[0] == '\0' ||
	    !read_path(envelope, strlen(envelope), s->sender)))
		return STORED_NO_SENDER;
	return read_rcpt(text, f.start, view, s) ? STORED_OK :
	    STORED_NO_RCPT;
}
