/* SPDX-License-Identifier: ISC */
/*
 * The author of a message: what is one mailbox, and the tricks with which a
 * reader of mail is shown another one than a checker reads.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/from.h"

#define GOOD(value, address)	{ FROM_ONE, value, sizeof value - 1, address }
#define BAD(status, value)	{ status, value, sizeof value - 1, NULL }

struct row {
	enum from_status	 status;
	const char		*value;
	size_t			 length;
	const char		*address;
};

static const struct row rows[] = {
	/* RFC 5322, 6854 and 6532 */
	GOOD(" a@b.example", "a@b.example"),
	GOOD("a@b.example", "a@b.example"),
	GOOD(" <a@b.example>", "a@b.example"),
	GOOD(" A Name <a@b.example>", "a@b.example"),
	GOOD(" \"A, Name\" <a@b.example>", "a@b.example"),
	GOOD(" John Q. Public <a@b.example>", "a@b.example"),
	GOOD(" a@B.EXAMPLE", "a@b.example"),
	GOOD("\r\n\tA\r\n Name\r\n <a@b.example>\r\n ", "a@b.example"),
	GOOD(" a@b.example (A Name)", "a@b.example"),
	GOOD(" (A (nested \\) comment)) a@b.example (more)", "a@b.example"),
	GOOD(" A (comment) <a@b.example> (more)", "a@b.example"),
	GOOD(" \"a b\"@c.example", "\"a b\"@c.example"),
	GOOD(" <\"a@x\"@c.example>", "\"a@x\"@c.example"),
	GOOD(" a@[192.0.2.1]", "a@[192.0.2.1]"),
	GOOD(" <a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"),
	GOOD(" J\xc3\xbcrgen <j\xc3\xbcrgen@b\xc3\xbc""cher.example>",
	    "j\xc3\xbcrgen@xn--bcher-kva.example"),
	GOOD(" \xe2\x80\xae <a@b.example>", "a@b.example"),
	GOOD(" \"bank@bank.example\" <a@b.example>", "a@b.example"),
	GOOD(" =?utf-8?Q?bank=40bank.example?= <a@b.example>", "a@b.example"),
	GOOD(" =?utf-8?B?PGJhbmtAYmFuay5leGFtcGxlPg==?= <a@b.example>",
	    "a@b.example"),
	GOOD(" \"bank.example\\\" x\" <a@b.example>", "a@b.example"),

	/* several, and groups */
	BAD(FROM_SEVERAL_MAILBOXES, " a@b.example, c@d.example"),
	BAD(FROM_SEVERAL_MAILBOXES, " A <a@b.example>,\r\n C <c@d.example>"),
	BAD(FROM_SEVERAL_MAILBOXES, " a@b.example,"),
	BAD(FROM_SEVERAL_MAILBOXES, " a@b.example (x), <c@d.example>"),
	BAD(FROM_GROUP, " A group: a@b.example;"),
	BAD(FROM_GROUP, " A group: a@b.example, c@d.example;"),
	BAD(FROM_GROUP, " undisclosed-senders:;"),
	BAD(FROM_GROUP, " \"x\":<a@b.example>;"),

	/* nothing */
	BAD(FROM_MALFORMED, ""),
	BAD(FROM_MALFORMED, " "),
	BAD(FROM_MALFORMED, " <>"),
	BAD(FROM_MALFORMED, " A Name"),
	BAD(FROM_MALFORMED, " A Name <>"),
	BAD(FROM_MALFORMED, " a@"),
	BAD(FROM_MALFORMED, " @b.example"),
	BAD(FROM_MALFORMED, " <a>"),
	BAD(FROM_MALFORMED, " (a@b.example)"),
	BAD(FROM_MALFORMED, " \"a@b.example\""),
	BAD(FROM_MALFORMED, " ,a@b.example"),
	BAD(FROM_MALFORMED, " ;"),

	/* two addresses, one of them to be seen */
	BAD(FROM_MALFORMED, " bank@bank.example <a@b.example>"),
	BAD(FROM_MALFORMED, " <bank@bank.example> <a@b.example>"),
	BAD(FROM_MALFORMED, " <bank@bank.example> a@b.example"),
	BAD(FROM_MALFORMED, " A <bank@bank.example> B <a@b.example>"),
	BAD(FROM_MALFORMED, " <<bank@bank.example>a@b.example>"),
	BAD(FROM_MALFORMED, " <a@b.example <bank@bank.example>>"),
	BAD(FROM_MALFORMED, " bank@bank.example a@b.example"),
	BAD(FROM_MALFORMED, " a@b.example@bank.example"),
	BAD(FROM_MALFORMED, " <a@b.example@bank.example>"),
	BAD(FROM_MALFORMED, " \"A <bank@bank.example>\" <a@b.example>"),
	BAD(FROM_MALFORMED, " (<bank@bank.example>) a@b.example"),
	BAD(FROM_MALFORMED, " a@b.example (bank@bank.example)"),
	BAD(FROM_MALFORMED, " A <a@b.example> (bank@bank.example)"),
	BAD(FROM_MALFORMED, " Doe, John <a@b.example>"),
	BAD(FROM_MALFORMED, " <a@b.example> Bank"),

	/* the same, with what some readers drop or decode */
	BAD(FROM_MALFORMED, " =?utf-8?Q?bank=40bank.example?=@b.example"),
	BAD(FROM_MALFORMED, " <=?utf-8?B?YmFua0BiYW5rLmV4YW1wbGUA?=@b.example>"),
	BAD(FROM_MALFORMED, " \"=?utf-8?Q?a?=\"@b.example"),
	BAD(FROM_MALFORMED, " =?utf-8?Q?=3Cbank=40bank.example=3E?="),
	BAD(FROM_MALFORMED, " bank@bank.example\0@b.example"),
	BAD(FROM_MALFORMED, " bank@bank.example\0 <a@b.example>"),
	BAD(FROM_MALFORMED, " a@b.example\0"),
	BAD(FROM_MALFORMED, " \"x\0y\" <a@b.example>"),
	BAD(FROM_MALFORMED, " (x\0y) <a@b.example>"),
	BAD(FROM_MALFORMED, " x\x1b$B <a@b.example>"),
	BAD(FROM_MALFORMED, " x\x7f <a@b.example>"),
	BAD(FROM_MALFORMED, " x\rBcc: y <a@b.example>"),
	BAD(FROM_MALFORMED, " J\xfcrgen <a@b.example>"),
	BAD(FROM_MALFORMED, " <j\xfcrgen@b.example>"),
	BAD(FROM_MALFORMED, " a@b.example\xe3"),
	BAD(FROM_MALFORMED, " <a\xc0\xc0""b@b.example>"),

	/* obsolete or unbalanced */
	BAD(FROM_MALFORMED, " <@c.example:a@b.example>"),
	BAD(FROM_MALFORMED, " <@c.example,@d.example:a@b.example>"),
	BAD(FROM_MALFORMED, " \"a\".\"b\"@c.example"),
	BAD(FROM_MALFORMED, " a . b@c.example"),
	BAD(FROM_MALFORMED, " a @b.example"),
	BAD(FROM_MALFORMED, " a@ b.example"),
	BAD(FROM_MALFORMED, " a(x)@b.example"),
	BAD(FROM_MALFORMED, " a@(x)b.example"),
	BAD(FROM_MALFORMED, " a@b.example."),
	BAD(FROM_MALFORMED, " a..b@c.example"),
	BAD(FROM_MALFORMED, " < a@b.example>"),
	BAD(FROM_MALFORMED, " <a@b.example >"),
	BAD(FROM_MALFORMED, " <a@b.example"),
	BAD(FROM_MALFORMED, " a@b.example>"),
	BAD(FROM_MALFORMED, " \"A <a@b.example>"),
	BAD(FROM_MALFORMED, " \"A\\\" <a@b.example>"),
	BAD(FROM_MALFORMED, " (A <a@b.example>"),
	BAD(FROM_MALFORMED, " A) <a@b.example>"),
	BAD(FROM_MALFORMED, " a@[192.0.2.1"),
	BAD(FROM_MALFORMED, " A [x] <a@b.example>"),
	BAD(FROM_MALFORMED, " a@b_c.example"),
	BAD(FROM_MALFORMED, " <mailto:a@b.example>"),
};

static void
values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[MAILADDR_TEXT_SIZE];
		struct mailaddr from;
		const char *why = NULL;
		enum from_status status = from_parse(rows[i].value,
		    rows[i].length, &from, &why);

		if (status != rows[i].status)
			fail_msg("%d for %s (%s)", status, rows[i].value, why);
		assert_int_equal(why[0] == '\0', status == FROM_ONE);
		if (status == FROM_ONE)
			assert_string_equal(mailaddr_format(&from, text),
			    rows[i].address);
	}
}

static void
check_header(enum from_status status, const char *text)
{
	struct mailaddr from;
	struct header header;

	header_init(&header, text, strlen(text));
	if (from_extract(&header, &from, NULL) != status)
		fail_msg("not %d: %s", status, text);
	header_done(&header);
}

static void
headers(void **state)
{
	(void)state;
	check_header(FROM_ONE, "To: x\r\nfRoM: a@b.example\r\n\r\nFrom: x");
	check_header(FROM_ONE, "From : a@b.example\r\nFrom-X: y\r\n\r\n");
	check_header(FROM_MISSING, "To: x\r\n\r\nFrom: a@b.example\r\n");
	check_header(FROM_MISSING, "");
	check_header(FROM_MISSING, "Sender: a@b.example\r\n\r\n");
	check_header(FROM_SEVERAL_FIELDS,
	    "From: a@b.example\r\nTo: x\r\nFrom: a@b.example\r\n\r\n");
	check_header(FROM_SEVERAL_FIELDS,
	    "From: a@b.example\r\nTo: x\r\nFROM\t: c@d.example\r\n\r\n");
	check_header(FROM_MALFORMED,
	    "From: a@b.example\r\nno field\r\nTo: x\r\n\r\n");
	check_header(FROM_MALFORMED, " From: x\r\nFrom: a@b.example\r\n\r\n");
	check_header(FROM_MALFORMED,
	    "From a@b.example Tue\r\nFrom: a@b.example\r\n\r\n");
	check_header(FROM_MALFORMED, "From:\r\nTo: a@b.example\r\n\r\n");
}

static void
long_value(void **state)
{
	static char value[FROM_VALUE_MAX + 1];
	static const char address[] = "<a@b.example>";
	struct mailaddr from;

	(void)state;
	memset(value, 'x', sizeof value);
	memcpy(value + sizeof value - strlen(address), address,
	    strlen(address));
	assert_int_equal(from_parse(value + 1, sizeof value - 1, &from, NULL),
	    FROM_ONE);
	assert_int_equal(from_parse(value, sizeof value, &from, NULL),
	    FROM_MALFORMED);
	memset(value, '(', sizeof value);
	assert_int_equal(from_parse(value + 1, sizeof value - 1, &from, NULL),
	    FROM_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values), cmocka_unit_test(headers),
		cmocka_unit_test(long_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
