/* SPDX-License-Identifier: ISC */
/* The Authentication-Results and Received-SPF fields, word by word. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/authresults.h"
#include "policy/received_spf.h"

static struct authresults results;
static struct buf field;

static int
set_up(void **state)
{
	(void)state;
	authresults_init(&results, "mx.example.org");
	buf_init(&field, AUTHRESULTS_TEXT_MAX);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	buf_done(&field);
	return 0;
}

static struct netaddr
addr(const char *text)
{
	struct netaddr a;

	assert_true(netaddr_parse(text, &a));
	return a;
}

static void
whole(void **state)
{
	const struct authresults_dkim good = { .result = DKIM_RESULT_PASS,
	    .domain = "example.com", .selector = "s1", .key_bits = 2048,
	    .algorithm = "rsa-sha256", .why = "" };
	const struct authresults_dkim bad = { .result = DKIM_RESULT_FAIL,
	    .domain = "list.example.net", .selector = "k", .algorithm = "",
	    .why = "body hash does not match" };
	struct netaddr peer = addr("2001:db8::25");

	(void)state;
	authresults_add_spf_helo(&results, SPF_RESULT_NONE,
	    "mail.example.com");
	authresults_add_spf(&results, SPF_RESULT_PASS, false,
	    "bounce+x=y@example.com", "mail.example.com");
	authresults_add_dmarc(&results, DMARC_RESULT_PASS,
	    DMARC_POLICY_NONE, "example.com");
	authresults_add_address(&results, &peer, IPREV_PASS,
	    "mail.example.com");
	authresults_add_dkim(&results, &good);
	authresults_add_dkim(&results, &bad);
	authresults_field(&results, &field);
	assert_string_equal(buf_cstr(&field),
	    "Authentication-Results: mx.example.org;\r\n"
	    "\tspf=none smtp.helo=mail.example.com;\r\n"
	    "\tspf=pass smtp.mailfrom=bounce+x=y@example.com;\r\n"
	    "\tdmarc=pass header.from=example.com;\r\n"
	    "\tiprev=pass policy.iprev=\"2001:db8::25\" (mail.example.com);"
	    "\r\n"
	    "\tdkim=pass (2048 bits) header.d=example.com header.s=s1 "
	    "header.a=rsa-sha256;\r\n"
	    "\tdkim=fail reason=\"body hash does not match\" "
	    "header.d=list.example.net header.s=k\r\n");
}

static void
nothing(void **state)
{
	(void)state;
	authresults_field(&results, &field);
	assert_string_equal(buf_cstr(&field),
	    "Authentication-Results: mx.example.org;\r\n\tnone\r\n");
}

static void
no_signature(void **state)
{
	const struct authresults_dkim none = { .result = DKIM_RESULT_NONE };

	(void)state;
	authresults_add_dkim(&results, &none);
	assert_string_equal(results.pieces[1], "dkim=none");
}

static void
dmarc_policy(void **state)
{
	(void)state;
	authresults_add_dmarc(&results, DMARC_RESULT_FAIL,
	    DMARC_POLICY_QUARANTINE, "example.com");
	assert_string_equal(results.pieces[1],
	    "dmarc=fail header.from=example.com policy.dmarc=quarantine");
}

static void
senders(void **state)
{
	static const struct {
		const char *sender, *helo, *text;
	} rows[] = {
		{ "a@example.com", "h.example", "spf=pass "
		    "smtp.mailfrom=a@example.com" },
		{ "", "h.example", "spf=pass "
		    "smtp.mailfrom=postmaster@h.example" },
		{ "", "[192.0.2.1]", "spf=pass" },
		{ "\"a b\"@example.com", "h", "spf=pass "
		    "smtp.mailfrom=example.com" },
		{ "\"a@b\"@example.com", "h", "spf=pass "
		    "smtp.mailfrom=example.com" },
		{ "m\303\274ller@example.com", "h", "spf=pass "
		    "smtp.mailfrom=example.com" },
		{ "a..b;@example.com", "h", "spf=pass "
		    "smtp.mailfrom=example.com" },
		{ "a@[IPv6:2001:db8::1]", "h", "spf=pass "
		    "smtp.mailfrom=\"[IPv6:2001:db8::1]\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		authresults_init(&results, "mx.example.org");
		authresults_add_spf(&results, SPF_RESULT_PASS, false,
		    rows[i].sender, rows[i].helo);
		assert_string_equal(results.pieces[1], rows[i].text);
	}
}

static void
best_guess(void **state)
{
	(void)state;
	authresults_add_spf(&results, SPF_RESULT_PASS, true, "a@example.com",
	    "h.example");
	assert_string_equal(results.pieces[1],
	    "spf=none (best guess: pass) smtp.mailfrom=a@example.com");
}

static void
forgery(void **state)
{
	const struct authresults_dkim signature = {
		.result = DKIM_RESULT_FAIL,
		.domain = "x;\r\n\tdmarc=pass", .selector = "\"; dmarc=pass",
		.algorithm = "a\\", .why = "no (\") ; dkim=pass\r\nX: y" };

	(void)state;
	authresults_add_spf_helo(&results, SPF_RESULT_FAIL,
	    "x; dmarc=pass (\"");
	authresults_add_dkim(&results, &signature);
	assert_string_equal(results.pieces[1],
	    "spf=fail smtp.helo=\"x; dmarc=pass (\\\"\";");
	assert_string_equal(results.pieces[2], "dkim=fail "
	    "reason=\"no ___ _ dkim=pass__X: y\" "
	    "header.s=\"\\\"; dmarc=pass\" header.a=\"a\\\\\"");
}

/* Values that are too long are left out as a whole. */
static void
long_words(void **state)
{
	char domain[254];
	struct authresults_dkim signature = { .result = DKIM_RESULT_PASS,
	    .domain = domain, .selector = domain, .algorithm = "rsa-sha256",
	    .why = "" };

	(void)state;
	memset(domain, 'a', sizeof domain - 1);
	domain[sizeof domain - 1] = '\0';
	authresults_add_dkim(&results, &signature);
	assert_non_null(strstr(results.pieces[1], "header.d=aaa"));
	assert_null(strstr(results.pieces[1], "header.s="));
	assert_non_null(strstr(results.pieces[1], "header.a=rsa-sha256"));
	for (int i = 0; i < 50; i++)
		authresults_add_dkim(&results, &signature);
	assert_int_equal(results.count, AUTHRESULTS_PIECES_MAX);
	authresults_field(&results, &field);
	assert_false(field.overflow);
	assert_string_equal(buf_cstr(&field) + buf_len(&field) - 4,
	    "56\r\n");
}

static void
line(void **state)
{
	struct authresults again;

	(void)state;
	authresults_add_spf_helo(&results, SPF_RESULT_FAIL, "x; \"y");
	authresults_add_dmarc(&results, DMARC_RESULT_FAIL,
	    DMARC_POLICY_REJECT, "example.com");
	authresults_line(&results, &field);
	assert_string_equal(buf_cstr(&field), "Authentication-Results: "
	    "mx.example.org; spf=fail smtp.helo=\"x; \\\"y\"; dmarc=fail "
	    "header.from=example.com policy.dmarc=reject");
	assert_true(authresults_read(buf_cstr(&field), &again));
	assert_int_equal(again.count, results.count);
	for (size_t i = 0; i < again.count; i++)
		assert_string_equal(again.pieces[i], results.pieces[i]);

	authresults_init(&results, "mx.example.org");
	buf_clear(&field);
	authresults_line(&results, &field);
	assert_string_equal(buf_cstr(&field),
	    "Authentication-Results: mx.example.org; none");
	assert_true(authresults_read(buf_cstr(&field), &again));
	assert_int_equal(again.count, 1);
}

static void
no_line(void **state)
{
	char text[1000];

	(void)state;
	assert_false(authresults_read("", &results));
	assert_false(authresults_read("Subject: x; y", &results));
	assert_false(authresults_read("Authentication-Results: x", &results));
	memset(text, 'a', sizeof text);
	memcpy(text, "Authentication-Results: ", 24);
	text[sizeof text - 1] = '\0';
	assert_false(authresults_read(text, &results));
	memset(text + 24, ';', sizeof text - 25);
	assert_false(authresults_read(text, &results));
}

static void
received_spf(void **state)
{
	struct received_spf spf = { .host = "mx.example.org",
	    .peer = addr("192.0.2.1"), .helo = "mail.example.com",
	    .sender = "a@example.com", .result = SPF_RESULT_PASS,
	    .domain = "example.com", .why = "ip4:192.0.2.0/24" };

	(void)state;
	received_spf_field(&spf, &field);
	assert_string_equal(buf_cstr(&field), "Received-SPF: pass "
	    "(mx.example.org: example.com permits 192.0.2.1)\r\n"
	    "\tclient-ip=192.0.2.1; envelope-from=\"a@example.com\";\r\n"
	    "\thelo=mail.example.com; receiver=mx.example.org; "
	    "identity=mailfrom;\r\n\tmechanism=\"ip4:192.0.2.0/24\";\r\n");

	spf.peer = addr("2001:db8::1");
	spf.sender = "";
	spf.helo = "[IPv6:2001:db8::1]";
	spf.domain = "";
	spf.result = SPF_RESULT_PERMERROR;
	spf.why = "two \"records\" (or\nmore)";
	buf_clear(&field);
	received_spf_field(&spf, &field);
	assert_string_equal(buf_cstr(&field), "Received-SPF: permerror "
	    "(mx.example.org: faulty SPF record of the sender for "
	    "2001:db8::1)\r\n"
	    "\tclient-ip=\"2001:db8::1\"; envelope-from=\"<>\";\r\n"
	    "\thelo=\"[IPv6:2001:db8::1]\"; receiver=mx.example.org; "
	    "identity=mailfrom;\r\n\tproblem=\"two _records_ _or_more_\";"
	    "\r\n");

	spf.best_guess = true;
	spf.result = SPF_RESULT_PASS;
	spf.domain = "example.com";
	spf.why = "";
	buf_clear(&field);
	received_spf_field(&spf, &field);
	assert_non_null(strstr(buf_cstr(&field), "Received-SPF: none "
	    "(mx.example.org: best guess without a record: example.com "
	    "permits 2001:db8::1)\r\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(whole), TEST(nothing), TEST(no_signature),
		TEST(dmarc_policy), TEST(senders), TEST(best_guess),
		TEST(forgery), TEST(long_words), TEST(line), TEST(no_line),
		TEST(received_spf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
