/* SPDX-License-Identifier: ISC */
/* Notifications against golden text, and with a stranger's bytes in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "queue/bounce.h"

static const char original[] =
	"Received: from a by b\r\nSubject: hello\r\n\tthere\r\n\r\nbody\r\n";

static const struct bounce_rcpt one = {
	.address = "joe@example.org",
	.status = "5.1.1",
	.reply = "550 5.1.1 no such user",
	.reason = "",
	.remote = "mx.example.org[192.0.2.1]",
	.last_at = 1795503840,
};

static const struct bounce base = {
	.kind = BOUNCE_FAILED,
	.hostname = "mx.example.net",
	.name = "B1",
	.about = "M1",
	.sender = "ann@example.net",
	.arrived_at = 1795503600,
	.expires_at = 1795935600,
	.now = 1795503840,
	.rcpts = &one,
	.rcpt_count = 1,
	.original = (const uint8_t *)original,
	.original_size = sizeof original - 1,
};

static const char golden[] =
	"Date: Tue, 24 Nov 2026 07:04:00 +0000\r\n"
	"From: Mail delivery system <MAILER-DAEMON@mx.example.net>\r\n"
	"To: <ann@example.net>\r\n"
	"Subject: Undelivered mail returned to sender\r\n"
	"Message-ID: <B1@mx.example.net>\r\n"
	"Auto-Submitted: auto-replied\r\n"
	"MIME-Version: 1.0\r\n"
	"Content-Type: multipart/report;\r\n"
	"\treport-type=delivery-status;\r\n"
	"\tboundary=\"=_B1_0\"\r\n"
	"\r\n"
	"This is a report in MIME format.\r\n"
	"\r\n--=_B1_0\r\n"
	"Content-Type: text/plain; charset=us-ascii\r\n"
	"\r\n"
	"This is the mail system at mx.example.net.\r\n"
	"\r\n"
	"Your message could not be delivered to the recipients below.\r\n"
	"It will not be tried again.\r\n"
	"\r\n"
	"<joe@example.org>:\r\n"
	"    mx.example.org[192.0.2.1] said: 550 5.1.1 no such user\r\n"
	"\r\n--=_B1_0\r\n"
	"Content-Type: message/delivery-status\r\n"
	"\r\n"
	"Reporting-MTA: dns; mx.example.net\r\n"
	"X-Queue-ID: M1\r\n"
	"Arrival-Date: Tue, 24 Nov 2026 07:00:00 +0000\r\n"
	"\r\n"
	"Final-Recipient: rfc822; joe@example.org\r\n"
	"Action: failed\r\n"
	"Status: 5.1.1\r\n"
	"Remote-MTA: dns; mx.example.org[192.0.2.1]\r\n"
	"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
	"Last-Attempt-Date: Tue, 24 Nov 2026 07:04:00 +0000\r\n"
	"\r\n--=_B1_0\r\n"
	"Content-Type: text/rfc822-headers\r\n"
	"\r\n"
	"Received: from a by b\r\nSubject: hello\r\n\tthere\r\n"
	"\r\n--=_B1_0--\r\n";

static const char *
compose(const struct bounce *b, bool *ret_eightbit)
{
	static struct buf out;

	buf_done(&out);
	buf_init(&out, BOUNCE_SIZE_MAX);
	assert_true(bounce_compose(b, &out, ret_eightbit));
	return buf_cstr(&out);
}

static void
test_golden(void **state)
{
	bool eightbit = true;

	(void)state;
	assert_string_equal(compose(&base, &eightbit), golden);
	assert_false(eightbit);
}

static void
test_delayed(void **state)
{
	struct bounce b = base;
	const char *text;
	bool eightbit;

	(void)state;
	b.kind = BOUNCE_DELAYED;
	text = compose(&b, &eightbit);
	assert_non_null(strstr(text, "\r\nAction: delayed\r\n"));
	assert_non_null(strstr(text,
	    "\r\nWill-Retry-Until: Sun, 29 Nov 2026 07:00:00 +0000\r\n"));
	assert_non_null(strstr(text,
	    "It will be given up on Sun, 29 Nov 2026 07:00:00 +0000.\r\n"));
}

static void
test_internationalized(void **state)
{
	struct bounce_rcpt r = one;
	struct bounce b = base;
	const char *text;
	bool eightbit = false;

	(void)state;
	r.address = "j\xc3\xb6@example.org";
	b.rcpts = &r;
	b.utf8 = true;
	text = compose(&b, &eightbit);
	assert_true(eightbit);
	assert_non_null(strstr(text, "message/global-delivery-status\r\n"));
	assert_non_null(strstr(text, "message/global-headers\r\n"));
	assert_non_null(strstr(text,
	    "Final-Recipient: utf-8; j\xc3\xb6@example.org\r\n"));
}

static void
test_strangers_bytes_stay_in_their_line(void **state)
{
	struct bounce_rcpt r = one;
	struct bounce b = base;
	char reply[5000];
	const char *text, *line;
	bool eightbit = true;

	(void)state;
	memset(reply, 'x', sizeof reply);
	memcpy(reply, "550 \r\n--=_B1_0--\r\n\xff\x01", 20);
	reply[sizeof reply - 1] = '\0';
	r.reply = reply;
	b.rcpts = &r;
	text = compose(&b, &eightbit);
	assert_false(eightbit);
	assert_non_null(strstr(text, "550   --=_B1_0--  ??xxx"));
	for (line = text; *line != '\0'; line = strchr(line, '\n') + 1)
		assert_true(strchr(line, '\n') - line < 998);
}

static void
test_boundary_is_not_in_the_header(void **state)
{
	static const char trap[] = "X: =_B1_0 =_B1_1\r\nY: \xe9\r\n\r\nZ";
	struct bounce b = base;
	const char *text;
	bool eightbit = false;

	(void)state;
	b.original = (const uint8_t *)trap;
	b.original_size = sizeof trap - 1;
	text = compose(&b, &eightbit);
	assert_non_null(strstr(text, "boundary=\"=_B1_2\""));
	assert_true(eightbit);
	assert_null(strstr(text, "Z\r\n\r\n--"));
}

static void
test_header_is_cut_at_a_line(void **state)
{
	static char large[3 * BOUNCE_HEADER_MAX];
	struct bounce b = base;
	const char *text;
	bool eightbit;
	size_t at = 0;

	(void)state;
	while (at + 100 < sizeof large) {
		memset(large + at, 'h', 98);
		memcpy(large + at, "A: ", 3);
		memcpy(large + at + 98, "\r\n", 2);
		at += 100;
	}
	b.original = (const uint8_t *)large;
	b.original_size = at;
	text = compose(&b, &eightbit);
	assert_in_range(strlen(text), BOUNCE_HEADER_MAX, BOUNCE_HEADER_MAX +
	    2000);
	assert_non_null(strstr(text, "hhh\r\n\r\n--=_B1_0--\r\n"));
}

static void
test_never_about_the_null_sender(void **state)
{
	(void)state;
	assert_false(bounce_wanted(""));
	assert_true(bounce_wanted("ann@example.net"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_delayed),
		cmocka_unit_test(test_internationalized),
		cmocka_unit_test(test_strangers_bytes_stay_in_their_line),
		cmocka_unit_test(test_boundary_is_not_in_the_header),
		cmocka_unit_test(test_header_is_cut_at_a_line),
		cmocka_unit_test(test_never_about_the_null_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
