/* SPDX-License-Identifier: ISC */
/* Signatures: the example of RFC 8463, whole, changed and cut to pieces; what
 * the screen and the keys refuse. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/dkim.h"
#include "policy/dkim_key.h"
#include "policy/dkim_screen.h"
#include "policy/dkim_tags.h"
#include "util/buf.h"

#define NOW		1600000000
#define ED25519_KEY \
	"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA_P \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6" \
	"Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/" \
	"e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G" \
	"+2kryOTIKT+l/K4w3QIDAQAB"

/* RFC 8463 Appendix A.3 */
static const char rfc8463_signatures[] =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
    " date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n"
    " DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n"
    " dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n";
static const char rfc8463_message[] =
    "From: Joe SixPack <joe@football.example.com>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n"
    "\r\n"
    "We lost the game.  Are you hungry yet?\r\n"
    "\r\n"
    "Joe.\r\n";

static const char *ed25519_key, *rsa_key;
static enum dns_status dns;
static struct dkim_settings settings;
static struct buf message;
static size_t piece;
static struct header header;
static struct dkim_check *check;
static const struct dkim_signature *rows;
static size_t count;

static int
set_up(void **state)
{
	(void)state;
	ed25519_key = ED25519_KEY;
	rsa_key = "v=DKIM1; k=rsa; p=" RSA_P;
	dns = DNS_OK;
	settings = (struct dkim_settings){
		.signatures_max = 8, .key_bits_min = 1024,
	};
	piece = 1 << 20;
	buf_init(&message, 200 << 20);
	buf_add_str(&message, rfc8463_signatures);
	buf_add_str(&message, rfc8463_message);
	check = NULL;
	return 0;
}

static void
forget(void)
{
	check = dkim_check_free(check);
	header_done(&header);
}

static int
tear_down(void **state)
{
	(void)state;
	forget();
	buf_done(&message);
	return 0;
}

static void
answer(size_t i)
{
	const char *name = dkim_check_question(check, i);
	const char *key = strncmp(name, "brisbane.", 9) == 0 ? ed25519_key :
	    rsa_key;
	struct dkim_text text = { key, key == NULL ? 0 : strlen(key) };

	dkim_check_answer(check, i, key == NULL ? DNS_NXDOMAIN : dns, &text,
	    key != NULL && dns == DNS_OK);
}

/* Takes the message through; fills rows and count. */
static void
run(void)
{
	const char *text = buf_cstr(&message);
	size_t n = buf_len(&message);

	header_init(&header, text, n);
	check = dkim_check_new(&settings, &header, NOW);
	for (size_t i = 0; dkim_check_question(check, i) != NULL; i++)
		answer(i);
	for (size_t at = header.body_start; at < n; at += piece) {
		if (!dkim_check_wants_body(check))
			break;
		dkim_check_body(check, text + at,
		    n - at < piece ? n - at : piece);
	}
	rows = dkim_check_end(check, &count);
}

static void
expect(size_t i, enum dkim_result result, const char *why)
{
	assert_true(i < count);
	if (rows[i].result != result || strcmp(rows[i].why, why) != 0)
		fail_msg("row %zu: %d, %s", i, rows[i].result, rows[i].why);
}

/* Replaces the first `from` in the message. */
static void
change(const char *from, const char *to)
{
	char *text = strdup(buf_cstr(&message)), *at = strstr(text, from);

	assert_non_null(at);
	buf_clear(&message);
	buf_add(&message, text, (size_t)(at - text));
	buf_add_str(&message, to);
	buf_add_str(&message, at + strlen(from));
	free(text);
}

static void
example(void **state)
{
	(void)state;
	run();
	assert_int_equal(count, 2);
	expect(0, DKIM_RESULT_PASS, "");
	assert_string_equal(rows[0].domain, "football.example.com");
	assert_string_equal(rows[0].selector, "brisbane");
	assert_string_equal(rows[0].identity, "@football.example.com");
	assert_string_equal(rows[0].algorithm, "ed25519-sha256");
	assert_int_equal(rows[0].key_bits, 256);
	assert_string_equal(rows[0].b, "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9"
	    "OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==");
	expect(1, DKIM_RESULT_PASS, "");
	assert_int_equal(rows[1].key_bits, 1024);
}

static void
in_pieces(void **state)
{
	(void)state;
	for (piece = 1; piece < 60; piece++) {
		run();
		expect(0, DKIM_RESULT_PASS, "");
		expect(1, DKIM_RESULT_PASS, "");
		forget();
	}
}

static void
changed(void **state)
{
	static const struct {
		const char		*from, *to;
		enum dkim_result	 result;
		const char		*why;
	} table[] = {
		{ "We lost", "We won", DKIM_RESULT_FAIL,
		    "the body has been changed" },
		{ "Joe.\r\n", "Joe.\r\nBuy!\r\n", DKIM_RESULT_FAIL,
		    "the body has been changed" },
		{ "Joe.\r\n", "", DKIM_RESULT_FAIL,
		    "the body has been changed" },
		{ "Joe.\r\n", "Joe.\t \r\n\r\n\r\n", DKIM_RESULT_PASS, "" },
		{ "Subject: Is", "Subject: Was", DKIM_RESULT_FAIL,
		    "the signature does not match" },
		{ "Subject: Is", "SUBJECT :\r\n  Is", DKIM_RESULT_PASS, "" },
		{ "joe@foot", "jim@foot", DKIM_RESULT_FAIL,
		    "the signature does not match" },
		/* h= names From and Subject twice, To once. */
		{ "From: Joe", "From: Jim\r\nFrom: Joe", DKIM_RESULT_FAIL,
		    "the signature does not match" },
		{ "To: Suzie", "To: Jim\r\nTo: Suzie", DKIM_RESULT_POLICY,
		    "a field stands more often than it is signed" },
		{ "To: Suzie", "X: y\r\nTo: Suzie", DKIM_RESULT_PASS, "" },
		{ "To: Suzie", "no field\r\nTo: Suzie", DKIM_RESULT_NEUTRAL,
		    "a line of the header is no field" },
		{ "To: Suzie", "a;b: c\r\nTo: Suzie", DKIM_RESULT_NEUTRAL,
		    "a field name with a semicolon" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		change(table[i].from, table[i].to);
		run();
		expect(0, table[i].result, table[i].why);
		expect(1, table[i].result, table[i].why);
		forget();
		buf_clear(&message);
		buf_add_str(&message, rfc8463_signatures);
		buf_add_str(&message, rfc8463_message);
	}
}

static void
nul(void **state)
{
	(void)state;
	buf_clear(&message);
	buf_add_str(&message, rfc8463_signatures);
	buf_add(&message, "X: \0\r\n", 6);
	buf_add_str(&message, rfc8463_message);
	run();
	expect(0, DKIM_RESULT_NEUTRAL, "a NUL in the header");
}

/* What is changed in the first signature, and what becomes of it. */
static void
signatures(void **state)
{
	static const struct {
		const char		*from, *to;
		enum dkim_result	 result;
		const char		*why;
	} table[] = {
		{ "v=1;", "v=2;", DKIM_RESULT_NEUTRAL, "not version 1" },
		{ "v=1; ", "", DKIM_RESULT_NEUTRAL, "not version 1" },
		{ "a=ed25519-sha256", "a=rsa-sha1", DKIM_RESULT_PERMERROR,
		    "rsa-sha1 is refused" },
		{ "a=ed25519-sha256", "a=ed25519-sha1", DKIM_RESULT_NEUTRAL,
		    "unknown algorithm" },
		{ "a=ed25519-sha256", "a=rsa-sha256", DKIM_RESULT_PERMERROR,
		    "the key is of another algorithm" },
		{ "d=football.example.com", "d=", DKIM_RESULT_NEUTRAL,
		    "malformed domain or selector" },
		{ "d=football.example.com", "d=a..b", DKIM_RESULT_NEUTRAL,
		    "malformed domain or selector" },
		{ "d=football.example.com", "d=example.com",
		    DKIM_RESULT_FAIL, "the signature does not match" },
		{ "i=@football.example.com", "i=@a.football.example.com",
		    DKIM_RESULT_FAIL, "the signature does not match" },
		{ "i=@football.example.com", "i=@example.com",
		    DKIM_RESULT_NEUTRAL, "i= is not within d=" },
		{ "i=@football.example.com", "i=@xfootball.example.com",
		    DKIM_RESULT_NEUTRAL, "i= is not within d=" },
		{ "q=dns/txt", "q=http", DKIM_RESULT_NEUTRAL,
		    "unknown query method" },
		{ "s=brisbane", "s=a b", DKIM_RESULT_NEUTRAL,
		    "malformed domain or selector" },
		{ "t=1528637909", "t=1528637909; x=1528637908",
		    DKIM_RESULT_NEUTRAL, "impossible time" },
		{ "t=1528637909", "t=1528637909; x=1528637910",
		    DKIM_RESULT_FAIL, "the signature has expired" },
		{ "t=1528637909", "t=1700000000", DKIM_RESULT_NEUTRAL,
		    "impossible time" },
		{ "t=1528637909", "t=-1", DKIM_RESULT_NEUTRAL,
		    "impossible time" },
		{ "h=from", "h=x-from", DKIM_RESULT_FAIL,
		    "the signature does not match" },
		{ "h=from : to :\r\n subject : date : message-id : from :",
		    "h=to :", DKIM_RESULT_PERMERROR, "From is not signed" },
		{ "c=relaxed/relaxed", "c=nowsp", DKIM_RESULT_NEUTRAL,
		    "unknown canonicalization" },
		{ "c=relaxed/relaxed", "c=relaxed/relaxed; c=simple",
		    DKIM_RESULT_NEUTRAL, "malformed tag list" },
		{ "c=relaxed/relaxed", "c=relaxed/relaxed; l=5",
		    DKIM_RESULT_POLICY,
		    "l= leaves a part of the body unsigned" },
		{ "c=relaxed/relaxed", "c=relaxed/relaxed; l=x",
		    DKIM_RESULT_NEUTRAL, "malformed l=" },
		{ "bh=2j", "bh=2k", DKIM_RESULT_FAIL,
		    "the signature does not match" },
		{ "bh=2j", "bh=%", DKIM_RESULT_NEUTRAL,
		    "b= or bh= is missing or malformed" },
		{ "bh=2j", "xh=2j", DKIM_RESULT_NEUTRAL,
		    "b= or bh= is missing or malformed" },
		{ "b=/gC", "b=/gD", DKIM_RESULT_FAIL,
		    "the signature does not match" },
		{ "b=/gCrin", "b=\xc3\xbc", DKIM_RESULT_NEUTRAL,
		    "malformed tag list" },
		{ "h=from :", "h=dkim-signature : from :", DKIM_RESULT_FAIL,
		    "the signature does not match" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		change(table[i].from, table[i].to);
		run();
		expect(0, table[i].result, table[i].why);
		expect(1, DKIM_RESULT_PASS, "");
		forget();
		buf_clear(&message);
		buf_add_str(&message, rfc8463_signatures);
		buf_add_str(&message, rfc8463_message);
	}
}

static void
keys(void **state)
{
	static const struct {
		const char		*key;
		enum dkim_result	 result;
		const char		*why;
	} table[] = {
		{ "p=" RSA_P, DKIM_RESULT_PASS, "" },
		{ "v=DKIM1; p=" RSA_P ";", DKIM_RESULT_PASS, "" },
		{ "v=DKIM1; g=*; k=rsa; p=" RSA_P, DKIM_RESULT_PASS, "" },
		{ "v=DKIM1; h=sha1:sha256; s=email; p=" RSA_P,
		    DKIM_RESULT_PASS, "" },
		{ "v=DKIM1; t=s; p=" RSA_P, DKIM_RESULT_PASS, "" },
		{ "v=DKIM1; t=s:y; p=" RSA_P, DKIM_RESULT_POLICY,
		    "the key is for testing" },
		{ "v=DKIM1; h=sha1; p=" RSA_P, DKIM_RESULT_PERMERROR,
		    "the key is not for SHA-256" },
		{ "v=DKIM1; s=tlsrpt; p=" RSA_P, DKIM_RESULT_PERMERROR,
		    "the key is not for mail" },
		{ "v=DKIM1; k=dsa; p=" RSA_P, DKIM_RESULT_PERMERROR,
		    "unknown type of key" },
		{ "v=DKIM1; k=ed25519; p=" RSA_P, DKIM_RESULT_PERMERROR,
		    "the key is of another algorithm" },
		{ "v=DKIM2; p=" RSA_P, DKIM_RESULT_PERMERROR,
		    "not version 1 of a key record" },
		{ "p=" RSA_P "; v=DKIM1", DKIM_RESULT_PERMERROR,
		    "not version 1 of a key record" },
		{ "v=DKIM1: p=" RSA_P, DKIM_RESULT_PERMERROR,
		    "malformed key record" },
		{ "v=DKIM1; p=" RSA_P "; p=" RSA_P, DKIM_RESULT_PERMERROR,
		    "malformed key record" },
		{ "v=DKIM1; p=", DKIM_RESULT_PERMERROR,
		    "the key is revoked" },
		{ "v=DKIM1; p=AAAA", DKIM_RESULT_PERMERROR, "malformed key" },
		{ "v=DKIM1; p=%%%%", DKIM_RESULT_PERMERROR, "malformed key" },
		{ "v=spf1 -all", DKIM_RESULT_PERMERROR, "no key record" },
		{ "", DKIM_RESULT_PERMERROR, "no key record" },
		{ NULL, DKIM_RESULT_PERMERROR, "no key record" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		rsa_key = table[i].key;
		run();
		expect(0, DKIM_RESULT_PASS, "");
		expect(1, table[i].result, table[i].why);
		forget();
	}
}

static void
record_choice(void **state)
{
	struct dkim_text texts[] = {
		{ "v=spf1 -all", 11 }, { "p=" RSA_P, strlen("p=" RSA_P) },
		{ "p=" RSA_P, strlen("p=" RSA_P) },
	};
	static char huge[1 << 20];
	struct dkim_text large = { huge, sizeof huge };
	struct dkim_key key;

	(void)state;
	dkim_key_read(&key, DNS_OK, texts, 2);
	assert_int_equal(key.result, DKIM_RESULT_PASS);
	dkim_key_read(&key, DNS_OK, texts, 3);
	assert_string_equal(key.why, "several key records");
	memset(huge, 'A', sizeof huge);
	memcpy(huge, "v=DKIM1; p=", 11);
	dkim_key_read(&key, DNS_OK, &large, 1);
	assert_string_equal(key.why, "malformed key record");
	large.size = 2000;
	dkim_key_read(&key, DNS_OK, &large, 1);
	assert_string_equal(key.why, "the key is too long");
	large.size = 10;
	dkim_key_read(&key, DNS_OK, &large, 1);
	assert_int_equal(key.result, DKIM_RESULT_PERMERROR);
}

static void
dns_trouble(void **state)
{
	(void)state;
	dns = DNS_FAILED;
	run();
	expect(0, DKIM_RESULT_TEMPERROR, "no answer from DNS");
	forget();
	dns = DNS_BOGUS;
	run();
	expect(1, DKIM_RESULT_TEMPERROR, "forged answer from DNS");
	forget();
	/* Nobody answered at all. */
	header_init(&header, buf_cstr(&message), buf_len(&message));
	check = dkim_check_new(&settings, &header, NOW);
	assert_string_equal(dkim_check_question(check, 0),
	    "brisbane._domainkey.football.example.com");
	assert_string_equal(dkim_check_question(check, 1),
	    "test._domainkey.football.example.com");
	assert_null(dkim_check_question(check, 2));
	assert_false(dkim_check_wants_body(check));
	rows = dkim_check_end(check, &count);
	expect(0, DKIM_RESULT_TEMPERROR, "no answer from DNS");
}

static void
by_settings(void **state)
{
	(void)state;
	settings.key_bits_min = 2048;
	run();
	expect(0, DKIM_RESULT_PASS, "");
	expect(1, DKIM_RESULT_POLICY, "the key is weak");
	forget();
	settings.key_bits_min = 1024;
	settings.signatures_max = 1;
	run();
	assert_int_equal(count, 1);
	expect(0, DKIM_RESULT_PASS, "");
	forget();
	settings.signatures_max = 8;
	settings.accept_length = true;
	change("c=relaxed/relaxed", "c=relaxed/relaxed; l=5");
	run();
	expect(0, DKIM_RESULT_FAIL, "the signature does not match");
	forget();
	change("a=rsa-sha256", "l=6; a=rsa-sha256");
	run();
	expect(1, DKIM_RESULT_NEUTRAL, "another signature has l=");
}

/* The same name is asked once, in whatever case. */
static void
questions_once(void **state)
{
	(void)state;
	change("s=brisbane", "s=TEST");
	run();
	assert_string_equal(dkim_check_question(check, 0),
	    "test._domainkey.football.example.com");
	assert_null(dkim_check_question(check, 1));
	expect(0, DKIM_RESULT_PERMERROR, "the key is of another algorithm");
	expect(1, DKIM_RESULT_PASS, "");
}

static void
nothing(void **state)
{
	(void)state;
	buf_clear(&message);
	buf_add_str(&message, rfc8463_message);
	run();
	assert_int_equal(count, 0);
	assert_false(dkim_check_wants_body(check));
	forget();
	buf_clear(&message);
	run();
	assert_int_equal(count, 0);
}

static void
no_body(void **state)
{
	(void)state;
	buf_clear(&message);
	buf_add_str(&message, rfc8463_signatures);
	run();
	expect(0, DKIM_RESULT_FAIL, "the signature does not match");
}

/* Every field of the message is named in h=, and names beyond: more than
 * the library counts on. */
static void
all_named(void **state)
{
	(void)state;
	buf_clear(&message);
	for (size_t i = 0; i < 3; i++)
		buf_add_str(&message, "DKIM-Signature: v=1; a=rsa-sha256; "
		    "d=a.example; s=test; bh=AAAA; b=AAAA; h=from:dkim-"
		    "signature:dkim-signature:dkim-signature:dkim-signature:"
		    "from:from:from:from:x:y:z\r\n");
	buf_add_str(&message, "From: a@a.example\r\n\r\nbody\r\n");
	run();
	assert_int_equal(count, 3);
	expect(2, DKIM_RESULT_FAIL, "the signature does not match");
}

static void
nested(void **state)
{
	(void)state;
	change("h=from :", "h=dkim-signature : from :");
	change("a=rsa-sha256", "a=rsa-sha1");
	run();
	expect(0, DKIM_RESULT_NEUTRAL,
	    "it covers signatures that are not read");
}

static void
many(size_t signatures_twice, size_t fields, const char *field)
{
	buf_clear(&message);
	for (size_t i = 0; i < signatures_twice; i++)
		buf_add_str(&message, rfc8463_signatures);
	for (size_t i = 0; i < fields; i++)
		buf_add_str(&message, field);
	buf_add_str(&message, rfc8463_message);
}

static void
too_much(void **state)
{
	(void)state;
	many(50, 9000, "X: x\r\n");
	run();
	assert_int_equal(count, 8);
	expect(7, DKIM_RESULT_PASS, "");
	forget();
	many(50, 9000, "From: x\r\n");
	run();
	expect(7, DKIM_RESULT_POLICY,
	    "a field stands more often than it is signed");
	forget();
	many(1, 11000, "X: x\r\n");
	run();
	expect(0, DKIM_RESULT_NEUTRAL, "the header is too large");
	forget();
	many(1, 9000, "X: 0123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789012345678901234567890"
	    "0123456789012345678901234567890123456789012345678901234567890"
	    "\r\n");
	run();
	expect(0, DKIM_RESULT_NEUTRAL, "the header is too large");
}

static void
tag_lists(void **state)
{
	static const struct { const char *text; bool good; } table[] = {
		{ "a=b", true }, { "a=b;", true }, { " a = b ; c = d ", true },
		{ "a=", true }, { "a=;b=", true }, { "a=b c", true },
		{ "a_1=b=c", true }, { "a=\r\n b", true },
		{ "", false }, { " ", false }, { ";", false }, { "a", false },
		{ "a=b;;", false }, { "=b", false }, { "1a=b", false },
		{ "a=b; a=c", false }, { "a b=c", false },
		{ "a=\xc3\xbc", false }, { "a=\x01", false },
	};
	static const char list[] = "h= a : B:\r\n a:a b";
	struct dkim_tags tags;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (dkim_tags_parse(table[i].text, strlen(table[i].text),
		    &tags) != table[i].good)
			fail_msg("%s", table[i].text);
	}
	assert_true(dkim_tags_parse(list, strlen(list), &tags));
	assert_int_equal(dkim_tag_count(&tags.list[0], "A"), 2);
	assert_int_equal(dkim_tag_count(&tags.list[0], "b"), 1);
	assert_int_equal(dkim_tag_count(&tags.list[0], ""), 0);
	assert_int_equal(dkim_tag_count(NULL, "a"), 0);
}

int
main(void)
{
#define TEST(f)	cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(example), TEST(in_pieces), TEST(changed), TEST(nul),
		TEST(signatures), TEST(keys), TEST(record_choice),
		TEST(dns_trouble), TEST(by_settings), TEST(questions_once),
		TEST(nothing), TEST(no_body), TEST(all_named), TEST(nested),
		TEST(too_much), TEST(tag_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
