/* SPDX-License-Identifier: ISC */
/* The small parts of the server: ids, dates, replies, memory for a message. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "smtpd/body.h"
#include "util/message_id.h"
#include "smtpd/received.h"
#include "smtpd/reply.h"
#include "smtpd/transaction.h"

static void
ids_sort_and_differ(void **state)
{
	struct id_source a, b;
	char last[MESSAGE_ID_SIZE] = "", id[MESSAGE_ID_SIZE],
	    other[MESSAGE_ID_SIZE];

	(void)state;
	id_source_init(&a, 0, 1);
	id_source_init(&b, 1, 1);
	for (int i = 0; i < 5000; i++) {
		/* The clock stands still, moves on, and goes back. */
		uint64_t now = i <= 3000 ? 1795507440000 :
		    i <= 4000 ? 1795507441000 : 1795507440500;

		message_id_next(&a, now, id);
		message_id_next(&b, now, other);
		assert_int_equal(strlen(id), MESSAGE_ID_LENGTH);
		assert_true(strcmp(last, id) < 0);
		assert_string_not_equal(id, other);
		memcpy(last, id, sizeof last);
	}
}

static void
dates(void **state)
{
	static const struct {
		uint64_t	 at;
		const char	*text;
	} cases[] = {
		{ 0, "Thu, 1 Jan 1970 00:00:00 +0000" },
		{ 951782399, "Mon, 28 Feb 2000 23:59:59 +0000" },
		{ 951782400, "Tue, 29 Feb 2000 00:00:00 +0000" },
		{ 951868800, "Wed, 1 Mar 2000 00:00:00 +0000" },
		{ 1735689599, "Tue, 31 Dec 2024 23:59:59 +0000" },
		{ 4107542400, "Mon, 1 Mar 2100 00:00:00 +0000" },
	};
	char text[RECEIVED_DATE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(received_date(cases[i].at * 1000 + 999,
		    text), cases[i].text);
	received_date(UINT64_MAX, text);
}

/* The dates of 800 years as the C library counts them. */
static void
all_days(void **state)
{
	char text[RECEIVED_DATE_SIZE];
	char want[64], name[8], rest[32];

	(void)state;
	for (time_t day = 0; day < 292200; day++) {
		time_t at = day * 86400 + 3661;
		struct tm tm;

		gmtime_r(&at, &tm);
		strftime(name, sizeof name, "%a", &tm);
		strftime(rest, sizeof rest, "%b %Y %H:%M:%S +0000", &tm);
		snprintf(want, sizeof want, "%s, %d %s", name, tm.tm_mday,
		    rest);
		received_date((uint64_t)at * 1000, text);
		if (strcmp(text, want) != 0)
			assert_string_equal(text, want);
	}
}

/* RFC 5321 4.2: rows are whole, short, printable; RFC 2034: the classes of
 * both codes agree. */
static void
rows_of_replies(void **state)
{
	(void)state;
	for (enum reply r = REPLY_NONE + 1; r < REPLIES; r++) {
		const char *code = reply_code(r), *enhanced = reply_enhanced(r);

		assert_int_equal(strlen(code), 3);
		assert_int_equal(strspn(code, "0123456789"), 3);
		if (enhanced[0] != '\0')
			assert_int_equal(code[0], enhanced[0]);
		assert_true(strlen(reply_text(r)) < 80);
		assert_null(strpbrk(reply_text(r), "\r\n"));
	}
}

static void
refusals_are_checked(void **state)
{
	static const char *const lines[] = { "x" };
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	assert_false(reply_add_refusal(&out, "250", "2.0.0", lines, 1));
	assert_false(reply_add_refusal(&out, "55", "5.0.0", lines, 1));
	assert_false(reply_add_refusal(&out, "550", "4.0.0", lines, 1));
	assert_false(reply_add_refusal(&out, "550", "5.\r\n.0", lines, 1));
	assert_false(reply_add_refusal(&out, "550", "5.7.1", lines, 0));
	assert_int_equal(buf_len(&out), 0);
	assert_true(reply_add_refusal(&out, "550", "5.7.1", lines, 1));
	assert_string_equal(buf_cstr(&out), "550 5.7.1 x\r\n");
	buf_done(&out);
}

static void
fields_before_a_body(void **state)
{
	struct body b;
	char field[3000];

	(void)state;
	memset(field, 'f', sizeof field);
	body_init(&b, 20000);
	assert_true(body_add(&b, "text", 4));
	assert_true(body_prepend(&b, "two ", 4));
	assert_true(body_prepend(&b, "one ", 4));
	assert_memory_equal(body_bytes(&b), "one two text", 12);
	assert_true(body_prepend(&b, field, sizeof field));	/* more than room */
	assert_true(body_prepend(&b, field, sizeof field));
	assert_int_equal(body_len(&b), 12 + 2 * sizeof field);
	assert_memory_equal(body_bytes(&b) + 2 * sizeof field, "one two text",
	    12);
	for (int i = 0; i < 4; i++)
		assert_true(body_add(&b, field, sizeof field));
	assert_false(body_add(&b, field, sizeof field));
	assert_false(body_prepend(&b, field, sizeof field));
	body_truncate(&b, 3);
	assert_int_equal(body_len(&b), 3);
	body_done(&b);
	assert_true(body_prepend(&b, "alone", 5));
	assert_memory_equal(body_bytes(&b), "alone", 5);
	body_done(&b);
}

static void
recipients(void **state)
{
	struct transaction *t = transaction_new("a@b.test");
	struct target targets[] = {
		{ 1, "x@y.test", "user", "path" },
		{ 2, "z@y.test", "", "" },
	};

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct rcpt *rcpt = transaction_add_rcpt(t, i % 3 == 0 ?
		    "no@y.test" : "yes@y.test");

		rcpt->reply = i % 3 == 0 ? REPLY_NO_SUCH_MAILBOX :
		    REPLY_RECIPIENT_OK;
		rcpt_set_targets(rcpt, targets, 2);
	}
	transaction_drop_refused(t);
	assert_int_equal(t->rcpt_count, 6);
	for (size_t i = 0; i < t->rcpt_count; i++) {
		assert_string_equal(t->rcpts[i].address, "yes@y.test");
		assert_string_equal(t->rcpts[i].targets[0].path, "path");
		assert_string_equal(t->rcpts[i].targets[1].address, "z@y.test");
	}
	assert_null(transaction_free(t));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_sort_and_differ),
		cmocka_unit_test(dates),
		cmocka_unit_test(all_days),
		cmocka_unit_test(rows_of_replies),
		cmocka_unit_test(refusals_are_checked),
		cmocka_unit_test(fields_before_a_body),
		cmocka_unit_test(recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
