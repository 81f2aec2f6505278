/* SPDX-License-Identifier: ISC */
/* Cutting headers; forged results; facts: tables of texts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/authres.h"
#include "policy/header.h"
#include "policy/message_facts.h"
#include "util/buf.h"

static void
cut(const char *text, struct header *header)
{
	header_init(header, text, strlen(text));
}

static void
check_field(const struct header *header, size_t i, const char *name,
    const char *value)
{
	const struct header_field *field = &header->fields[i];

	assert_true(i < header->count);
	assert_int_equal(field->name_length, strlen(name));
	assert_memory_equal(field->name, name, field->name_length);
	assert_int_equal(field->value_length, strlen(value));
	assert_memory_equal(field->value, value, field->value_length);
}

static void
fields(void **state)
{
	struct header h;

	(void)state;
	cut("From: a\r\nSubject : b\r\n c\r\n\td\r\nEmpty:\r\n\r\nTo: x\r\n",
	    &h);
	assert_int_equal(h.count, 3);
	assert_false(h.malformed);
	check_field(&h, 0, "From", " a");
	check_field(&h, 1, "Subject", " b\r\n c\r\n\td");
	check_field(&h, 2, "Empty", "");
	assert_int_equal(h.fields[1].start, 9);
	assert_int_equal(h.fields[1].end, h.fields[2].start);
	assert_int_equal(h.size, h.fields[2].end);
	assert_string_equal(h.text + h.body_start, "To: x\r\n");
	header_done(&h);
}

static void
odd_texts(void **state)
{
	static const struct {
		const char	*text;
		size_t		 count, size, body_start;
		bool		 malformed;
	} rows[] = {
		{ "", 0, 0, 0, false },
		{ "\r\nbody", 0, 0, 2, false },
		{ "\nbody", 0, 0, 1, false },
		{ "a: b", 1, 4, 4, false },
		{ "a: b\r", 1, 5, 5, false },
		{ "a: b\n\nbody", 1, 5, 6, false },
		{ " a: b\r\nc: d\r\n", 2, 13, 13, true },
		{ "no field\r\nc: d\r\n", 2, 16, 16, true },
		{ ": nameless\r\n", 1, 12, 12, true },
		{ "a\x80: b\r\n", 1, 7, 7, true },
		{ "a b: c\r\n", 1, 8, 8, true },
		{ "a: b\r\n \r\nc: d\r\n\r\n", 2, 15, 17, false },
	};
	struct header h;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cut(rows[i].text, &h);
		assert_int_equal(h.count, rows[i].count);
		assert_int_equal(h.size, rows[i].size);
		assert_int_equal(h.body_start, rows[i].body_start);
		assert_int_equal(h.malformed, rows[i].malformed);
		header_done(&h);
	}
}

static void
finding(void **state)
{
	const struct header_field *field;
	struct header h;

	(void)state;
	cut("To: a\r\nfrom: b\r\nTo: c\r\nFROM\t: d\r\nFrom-X: e\r\n\r\n", &h);
	field = header_find(&h, "From", NULL);
	assert_ptr_equal(field, &h.fields[1]);
	field = header_find(&h, "From", field);
	assert_ptr_equal(field, &h.fields[3]);
	assert_null(header_find(&h, "From", field));
	assert_null(header_find(&h, "Cc", NULL));
	header_done(&h);
}

static void
repeat(struct buf *b, const char *text, size_t times)
{
	for (size_t i = 0; i < times; i++)
		assert_true(buf_add_str(b, text));
}

static void
many_fields(void **state)
{
	struct authres_span *spans = NULL;
	struct header h;
	struct buf b;
	size_t count;

	(void)state;
	buf_init(&b, 60 << 20);
	repeat(&b, "X: y\r\n", HEADER_FIELDS_MAX);
	header_init(&h, buf_cstr(&b), buf_len(&b));
	assert_int_equal(h.count, HEADER_FIELDS_MAX);
	assert_false(h.overfull);
	header_done(&h);
	/* A forged field is found behind the last that is kept, too. */
	repeat(&b, "Authentication-Results: mx.example.org; x\r\n", 2);
	header_init(&h, buf_cstr(&b), buf_len(&b));
	assert_true(h.overfull);
	header_done(&h);
	assert_true(authres_forged(buf_cstr(&b), buf_len(&b),
	    "mx.example.org", &spans, &count));
	assert_int_equal(count, 1);
	assert_int_equal(spans[0].start, 6 * HEADER_FIELDS_MAX);
	assert_int_equal(spans[0].end, buf_len(&b));
	free(spans);
	buf_done(&b);
}

static void
too_many_forged(void **state)
{
	struct authres_span *spans = NULL;
	struct buf b;
	size_t count;

	(void)state;
	buf_init(&b, 60 << 20);
	repeat(&b, "Authentication-Results: a.example\r\nX: y\r\n",
	    AUTHRES_SPANS_MAX + 1);
	assert_false(authres_forged(buf_cstr(&b), buf_len(&b), "a.example",
	    &spans, &count));
	buf_done(&b);
}

static void
claims(void **state)
{
	static const struct {
		bool		 ours;
		const char	*value;
	} rows[] = {
		{ true, " mx.example.org; spf=pass" },
		{ true, "mx.example.org" },
		{ true, " MX.Example.ORG; none" },
		{ true, " mx.example.org 1; none" },
		{ true, " mx.example.org 99; none" },
		{ true, " mx.example.org/1; none" },
		{ true, " mx.example.org.; none" },
		{ true, " (a comment) mx.example.org; none" },
		{ true, " (a (nested \\) one)) (two)\r\n\tmx.example.org;" },
		{ true, " mx.example.org(1); none" },
		{ true, "\r\n mx.example.org\r\n ; none" },
		{ true, " \"mx.example.org\"; none" },
		{ true, " \"mx.exampl\\e.org\"; none" },
		{ true, " (never closed mx.example.org; none" },
		{ true, " \"never closed mx.example.org; none" },
		{ false, " mx.example.com; none" },
		{ false, " x.mx.example.org; none" },
		{ false, " mx.example.org.evil.example; none" },
		{ false, " example.org; none" },
		{ false, " other.example; x=mx.example.org" },
		{ false, " (mx.example.org) other.example; none" },
		{ false, " (never closed; none" },
		{ false, "" },
		{ false, " ;" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (authres_claims(rows[i].value, strlen(rows[i].value),
		    "mx.example.org") != rows[i].ours)
			fail_msg("claims: %s", rows[i].value);
	}
	assert_true(authres_claims(" b\xc3\xbc""cher.example; x", 17,
	    "xn--bcher-kva.example"));
	assert_true(authres_claims(" a\0b mx.example.org", 19,
	    "mx.example.org"));
}

static void
forged(void **state)
{
	static const char text[] =
	    "Authentication-Results: mx.example.org; a\r\n"
	    "To: b\r\n"
	    "authentication-results : mx.example.org;\r\n\tfolded\r\n"
	    "ARC-Authentication-Results: i=1; mx.example.org; c\r\n"
	    "Authentication-Results: other.example; d\r\n"
	    "\r\n"
	    "Authentication-Results: mx.example.org; body\r\n";
	struct authres_span *spans = NULL;
	size_t count;

	(void)state;
	assert_true(authres_forged(text, strlen(text), "mx.example.org",
	    &spans, &count));
	assert_int_equal(count, 2);
	assert_int_equal(spans[0].start, 0);
	assert_int_equal(spans[0].end, 43);
	assert_int_equal(spans[1].start, 50);
	assert_int_equal(spans[1].end, 50 + 42 + 9);
	free(spans);
	assert_true(authres_forged("", 0, "mx.example.org", &spans, &count));
	assert_null(spans);
}

static void
facts(void **state)
{
	static const struct {
		const char	*text;
		bool		 auto_submitted, list, forwarded;
		unsigned	 signatures;
	} rows[] = {
		{ "To: a\r\n", false, false, false, 0 },
		{ "Auto-Submitted: no\r\n", false, false, false, 0 },
		{ "Auto-Submitted: No (by hand)\r\n", false, false, false, 0 },
		{ "Auto-Submitted: no; x=y\r\n", false, false, false, 0 },
		{ "Auto-Submitted: none\r\n", true, false, false, 0 },
		{ "auto-submitted: auto-replied\r\n", true, false, false, 0 },
		{ "List-Id: <a.example>\r\n", false, true, false, 0 },
		{ "LIST-UNSUBSCRIBE: <mailto:a@b>\r\n", false, true, false, 0 },
		{ "Precedence: bulk\r\n", false, true, false, 0 },
		{ "Precedence: Listless\r\n", false, false, false, 0 },
		{ "Precedence: first-class\r\n", false, false, false, 0 },
		{ "DKIM-Signature: a\r\nDkim-Signature: b\r\n", false, false,
		    false, 2 },
		{ "\r\nList-Id: a\r\n", false, false, false, 0 },
	};
	struct message_facts f;
	struct header h;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cut(rows[i].text, &h);
		message_facts_read(&h, &f);
		assert_int_equal(f.auto_submitted, rows[i].auto_submitted);
		assert_int_equal(f.list, rows[i].list);
		assert_int_equal(f.forwarded, rows[i].forwarded);
		assert_int_equal(f.dkim_signatures, rows[i].signatures);
		assert_string_equal(f.message_id_hash, "");
		header_done(&h);
	}
}

static void
message_id(void **state)
{
	struct message_facts a, b;
	struct header h;

	(void)state;
	cut("Message-ID: <abc>\r\nMessage-ID: <d>\r\n", &h);
	message_facts_read(&h, &a);
	header_done(&h);
	assert_string_equal(a.message_id_hash,
	    "dec28f3964c032f29b2d6541c545c23a");
	cut("message-id:\r\n\t<abc> \r\n", &h);
	message_facts_read(&h, &b);
	header_done(&h);
	assert_string_equal(a.message_id_hash, b.message_id_hash);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields), cmocka_unit_test(odd_texts),
		cmocka_unit_test(finding), cmocka_unit_test(many_fields),
		cmocka_unit_test(too_many_forged), cmocka_unit_test(claims),
		cmocka_unit_test(forged), cmocka_unit_test(facts),
		cmocka_unit_test(message_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
