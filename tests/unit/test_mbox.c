/* SPDX-License-Identifier: ISC */
/* Mailboxes cut into messages, and messages taken back to how they came. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "smtpd/mbox.h"
#include "smtpd/stored.h"
#include "util/number.h"
#include "util/xalloc.h"

static FILE *
file_of(const char *text, size_t n)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, n, "r");

	assert_non_null(file);
	return file;
}

/* Messages, each behind "sender|". */
static char *
cut(const char *text)
{
	FILE *file = file_of(text, strlen(text));
	struct buf all, one;
	struct mbox m;
	char *result;

	buf_init(&all, 65536);
	buf_init(&one, 65536);
	mbox_init(&m, file);
	while (mbox_next(&m, &one)) {
		buf_addf(&all, "%s|", m.sender);
		buf_add(&all, buf_bytes(&one), buf_len(&one));
	}
	result = xstrdup(buf_cstr(&all));
	buf_done(&all);
	buf_done(&one);
	fclose(file);
	return result;
}

static void
cuts(const char *text, const char *expected)
{
	char *result = cut(text);

	assert_string_equal(result, expected);
	free(result);
}

static void
test_mbox(void **state)
{
	(void)state;
	cuts("From a@b Mon\nA: b\n\nx\n\nFrom c@d Tue\nC: d\n\ny\n",
	    "a@b|A: b\r\n\r\nx\r\nc@d|C: d\r\n\r\ny\r\n");
	/* Only behind an empty line. */
	cuts("From a@b Mon\nA: b\n\nx\nFrom here on\n",
	    "a@b|A: b\r\n\r\nx\r\nFrom here on\r\n");
	/* mboxrd, mboxo */
	cuts("From a@b\nA: b\n\n>From x\n>>From y\n> From\n",
	    "a@b|A: b\r\n\r\nFrom x\r\n>From y\r\n> From\r\n");
	/* CRLF stays, the last line may lack its end. */
	cuts("From a@b\r\nA: b\r\n\r\nx\r\n\r\nFrom c\r\nC: d",
	    "a@b|A: b\r\n\r\nx\r\nc|C: d");
	/* A long sender is none. */
	cuts("From - Mon\n\nx\n", "-|\r\nx\r\n");
}

static void
test_long_lines(void **state)
{
	size_t n = 3 * MBOX_PIECE;
	char *text = xcalloc(1, n + 64), *result;

	(void)state;
	strcpy_bounded(text, 64, "From a@b\n");
	memset(text + 9, 'x', n);
	/* No separator, for it begins no line; no line end is made up. */
	memcpy(text + 9 + MBOX_PIECE, "From z@z", 8);
	strcpy_bounded(text + 9 + n, 32, "\n\nFrom c\ny\n");
	result = cut(text);
	assert_int_equal(strlen(result), 4 + n + 2 + 2 + 3);
	assert_string_equal(result + 4 + n, "\r\nc|y\r\n");
	free(result);
	free(text);
}

static void
test_too_large(void **state)
{
	const char text[] = "From a@b\nlong line\n\nFrom c@d\nx\n";
	FILE *file = file_of(text, sizeof text - 1);
	struct buf one;
	struct mbox m;

	(void)state;
	buf_init(&one, 8);
	mbox_init(&m, file);
	assert_true(mbox_is_one(&m));
	assert_true(mbox_next(&m, &one));
	assert_true(one.overflow);
	assert_true(mbox_next(&m, &one));
	assert_false(one.overflow);
	assert_string_equal(buf_cstr(&one), "x\r\n");
	assert_false(mbox_next(&m, &one));
	buf_done(&one);
	fclose(file);
}

/* ---- back to how it came ---- */

#define PATH	"Return-Path: <a@b.example>\r\n"
#define TO	"Delivered-To: r@one.example\r\n"
#define HOP(ip)	"Received: from h (x [" ip "]) by mx; date\r\n"
#define LMTP	"Received: from mx by box with LMTP id 3; date\r\n"
#define REST	"From: <a@b.example>\r\n\r\nx\r\n"

static const struct {
	const char		*text;
	const char		*envelope;
	size_t			 received;
	const char		*trusted;
	const char		*rcpt;
	enum stored_fault	 fault;
	const char		*peer, *sender, *to;
} messages[] = {
	{ PATH TO HOP("192.0.2.1") REST, "", 1, NULL, NULL, STORED_OK,
	    "192.0.2.1", "a@b.example", "r@one.example" },
	{ TO HOP("192.0.2.1") REST, "e@f.example", 1, NULL, NULL, STORED_OK,
	    "192.0.2.1", "e@f.example", "r@one.example" },
	{ "Return-Path: <>\r\n" TO HOP("192.0.2.1") REST, "x@y", 1, NULL,
	    NULL, STORED_OK, "192.0.2.1", "", "r@one.example" },
	{ PATH "X-Original-To: alias@one.example\r\n" TO HOP("192.0.2.1")
	    REST, "", 1, NULL, NULL, STORED_OK, "192.0.2.1", "a@b.example",
	    "alias@one.example" },
	{ PATH TO HOP("192.0.2.1") REST, "", 1, NULL, "me@one.example",
	    STORED_OK, "192.0.2.1", "a@b.example", "me@one.example" },
	/* Loopback, LMTP and what is trusted are hops of our own. */
	{ PATH TO HOP("127.0.0.1") LMTP HOP("2001:db8::1") REST, "", 1, NULL,
	    NULL, STORED_OK, "2001:db8::1", "a@b.example", "r@one.example" },
	{ PATH TO HOP("192.0.2.9") HOP("192.0.2.1") REST, "", 1,
	    "192.0.2.8/29", NULL, STORED_OK, "192.0.2.1", "a@b.example",
	    "r@one.example" },
	{ PATH TO HOP("192.0.2.9") HOP("192.0.2.1") REST, "", 2, NULL, NULL,
	    STORED_OK, "192.0.2.1", "a@b.example", "r@one.example" },
	/* What strangers wrote below does not count. */
	{ HOP("192.0.2.1") PATH TO REST, "", 1, NULL, NULL, STORED_NO_SENDER,
	    NULL, NULL, NULL },
	{ PATH HOP("192.0.2.1") TO REST, "", 1, NULL, NULL, STORED_NO_RCPT,
	    NULL, NULL, NULL },
	{ PATH TO REST, "", 1, NULL, NULL, STORED_NO_RECEIVED, NULL, NULL,
	    NULL },
	{ PATH TO LMTP REST, "", 1, NULL, NULL, STORED_NO_RECEIVED, NULL,
	    NULL, NULL },
	{ PATH TO "Received: by mx with local\r\n" HOP("192.0.2.1") REST, "",
	    1, NULL, NULL, STORED_NO_CLIENT, NULL, NULL, NULL },
	{ PATH TO "Received: from h (\r\n" HOP("192.0.2.1") REST, "", 1, NULL,
	    NULL, STORED_MALFORMED, NULL, NULL, NULL },
	{ PATH TO "Received: from h ([192.0.2.1] [192.0.2.2])\r\n" REST, "",
	    1, NULL, NULL, STORED_AMBIGUOUS, NULL, NULL, NULL },
	{ "", "", 1, NULL, NULL, STORED_NO_RECEIVED, NULL, NULL, NULL },
};

static void
test_stored(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
		const char *text = messages[i].text;
		struct netblock trusted;
		struct stored_view view = { .received = messages[i].received,
		    .rcpt = messages[i].rcpt, .trusted = &trusted };
		struct stored s;
		char peer[NETADDR_TEXT_SIZE];

		if (messages[i].trusted != NULL)
			view.trusted_count = netblock_parse(
			    messages[i].trusted, &trusted);
		if (stored_read(text, strlen(text), messages[i].envelope,
		    &view, &s) != messages[i].fault)
			fail_msg("another answer: %s", text);
		if (messages[i].fault != STORED_OK)
			continue;
		assert_string_equal(netaddr_format(&s.hop.peer, peer),
		    messages[i].peer);
		assert_string_equal(s.sender, messages[i].sender);
		assert_string_equal(s.rcpt, messages[i].to);
		assert_string_equal(text + s.start, REST);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mbox),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
