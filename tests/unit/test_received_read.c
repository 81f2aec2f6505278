/* SPDX-License-Identifier: ISC */
/* Received fields as servers write them, and as strangers would like to. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "smtpd/received.h"
#include "smtpd/received_read.h"
#include "util/number.h"

struct row {
	enum received_fault	 fault;
	const char		*value;
	const char		*peer, *helo, *with, *rcpt;
};

static const struct row rows[] = {
	/* RFC 5321 4.4 */
	{ RECEIVED_OK, " from h.example ([192.0.2.1]) by mx.example; date",
	    "192.0.2.1", "h.example", "", "" },
	{ RECEIVED_OK, " from h.example (r.example [IPv6:2001:db8::1])\r\n"
	    "\tby mx.example with ESMTPS id 7\r\n\tfor <a@b.example>; date",
	    "2001:db8::1", "h.example", "ESMTPS", "a@b.example" },
	{ RECEIVED_OK, " from [192.0.2.1] (unknown [192.0.2.1]) by x; date",
	    "192.0.2.1", "[192.0.2.1]", "", "" },
	{ RECEIVED_OK, " from [192.0.2.1] by x with SMTP", "192.0.2.1",
	    "[192.0.2.1]", "SMTP", "" },
	/* A HELO that lies about the address is only a HELO. */
	{ RECEIVED_OK, " from [192.0.2.9] (r.example [192.0.2.1]) by x",
	    "192.0.2.1", "[192.0.2.9]", "", "" },
	{ RECEIVED_OK, " from 192.0.2.9 (r.example [192.0.2.1]) by x",
	    "192.0.2.1", "192.0.2.9", "", "" },
	/* sendmail */
	{ RECEIVED_OK, " from h (r.example [192.0.2.1] (may be forged))\n"
	    " by x (8.17/8.17) with ESMTPS id 4 for <a@b.example>; date",
	    "192.0.2.1", "h", "ESMTPS", "a@b.example" },
	/* Postfix */
	{ RECEIVED_OK, " from h.example (h.example [2001:db8::1])\n"
	    "\t(using TLSv1.3 with cipher X (256/256 bits)\n"
	    "\t key-exchange X25519)\n\tby x (Postfix) with ESMTPS id 4",
	    "2001:db8::1", "h.example", "ESMTPS", "" },
	/* Exim */
	{ RECEIVED_OK, " from r.example ([192.0.2.1] helo=h.example) by x",
	    "192.0.2.1", "h.example", "", "" },
	{ RECEIVED_OK, " from [192.0.2.1] (port=4 helo=h) by x", "192.0.2.1",
	    "h", "", "" },
	{ RECEIVED_OK, " from [192.0.2.1] (helo=[192.0.2.7]) by x",
	    "192.0.2.1", "[192.0.2.7]", "", "" },
	{ RECEIVED_OK, " from r.example ([192.0.2.1]:4711) by x", "192.0.2.1",
	    "r.example", "", "" },
	/* qmail, Exchange */
	{ RECEIVED_OK, " from unknown (HELO h.example) (192.0.2.1)\n by x",
	    "192.0.2.1", "h.example", "", "" },
	{ RECEIVED_OK, " from unknown (HELO 192.0.2.7) (192.0.2.1) by x",
	    "192.0.2.1", "192.0.2.7", "", "" },
	{ RECEIVED_OK, " from H.EXAMPLE (2001:db8::1) by X (::2) with\n"
	    " Microsoft SMTP Server id 15", "2001:db8::1", "H.EXAMPLE",
	    "Microsoft", "" },
	/* An IPv4-mapped address is the IPv4 address. */
	{ RECEIVED_OK, " from h ([IPv6:::ffff:192.0.2.1]) by x", "192.0.2.1",
	    "h", "", "" },
	{ RECEIVED_OK, " from by (by [192.0.2.1]) by by", "192.0.2.1", "by",
	    "", "" },
	{ RECEIVED_NO_ADDRESS, " from h.example by x with LMTP id 3", NULL,
	    NULL, "LMTP", "" },
	{ RECEIVED_NO_ADDRESS, " from h (unknown [UNAVAILABLE]) by x", NULL,
	    NULL, "", "" },
	{ RECEIVED_NO_ADDRESS, " from h by x ([192.0.2.1])", NULL, NULL, "",
	    "" },
	{ RECEIVED_NO_FROM, " by x (Postfix, from userid 0) id 4; date", NULL,
	    NULL, "", "" },
	{ RECEIVED_NO_FROM, "", NULL, NULL, "", "" },
	{ RECEIVED_NO_FROM, " by x; from h ([192.0.2.1])", NULL, NULL, "",
	    "" },
	{ RECEIVED_AMBIGUOUS, " from h (r [192.0.2.1]) (r [192.0.2.2]) by x",
	    NULL, NULL, NULL, NULL },
	{ RECEIVED_AMBIGUOUS, " from h ([192.0.2.1] [192.0.2.2]) by x", NULL,
	    NULL, NULL, NULL },
	{ RECEIVED_AMBIGUOUS, " from h ([192.0.2.1]) by x from i by y", NULL,
	    NULL, NULL, NULL },
	{ RECEIVED_MALFORMED, " from h ([192.0.2.1] by x", NULL, NULL, NULL,
	    NULL },
	{ RECEIVED_MALFORMED, " from h [192.0.2.1]) by x", NULL, NULL, NULL,
	    NULL },
	{ RECEIVED_MALFORMED, " from \"h ([192.0.2.1]) by x", NULL, NULL, NULL,
	    NULL },
	{ RECEIVED_MALFORMED, " from h\x01 ([192.0.2.1]) by x", NULL, NULL,
	    NULL, NULL },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		struct received_hop hop;
		char peer[NETADDR_TEXT_SIZE];

		if (received_read(row->value, strlen(row->value), &hop) !=
		    row->fault)
			fail_msg("another answer: %s", row->value);
		if (row->peer != NULL) {
			assert_string_equal(netaddr_format(&hop.peer, peer),
			    row->peer);
			assert_string_equal(hop.helo, row->helo);
		}
		if (row->with != NULL) {
			assert_string_equal(hop.with, row->with);
			assert_string_equal(hop.rcpt, row->rcpt);
		}
	}
}

static void
test_long(void **state)
{
	char text[2000] = " from ";
	struct received_hop hop;

	(void)state;
	memset(text + 6, 'h', 300);
	strcpy_bounded(text + 306, 100, " ([192.0.2.1]) by x");
	assert_int_equal(received_read(text, strlen(text), &hop),
	    RECEIVED_MALFORMED);
	assert_int_equal(received_read(" from h\0 ([192.0.2.1])", 22, &hop),
	    RECEIVED_MALFORMED);
}

/* What received_add writes is read back. */
static void
test_ours(void **state)
{
	struct received r = { .helo = "h.example", .rdns = "r.example",
	    .by = "mx.example", .id = "7", .tls = "TLSv1.3 X",
	    .rcpt = "a@b.example", .extended = true };
	struct received_hop hop;
	struct netaddr peer;
	struct buf out;

	(void)state;
	assert_true(netaddr_parse("2001:db8::1", &peer));
	r.peer = &peer;
	buf_init(&out, 4096);
	received_add(&out, &r);
	assert_int_equal(received_read((const char *)buf_bytes(&out) + 9,
	    buf_len(&out) - 11, &hop), RECEIVED_OK);
	assert_true(netaddr_equal(&hop.peer, &peer));
	assert_string_equal(hop.helo, "h.example");
	assert_string_equal(hop.with, "ESMTPS");
	assert_string_equal(hop.rcpt, "a@b.example");
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
