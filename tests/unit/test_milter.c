/* SPDX-License-Identifier: ISC */
/*
 * The milter client against scripted filters: which stages they see, and what
 * each reply at each stage comes to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "policy/milter.h"
#include "policy/milter_wire.h"
#include "util/buf.h"

#define TIMEOUT_MS	1000

static const char *const rcpts[] = { "a@example.org", "b@example.org" };
static const char header[] =
    "Subject: one\r\n two\r\nno field\r\nX-Other :  y\r\n";

static struct milter_message
message_of(uint64_t body_bytes)
{
	struct milter_message message = {
		.hostname = "mx.example.org",
		.id = "abc123",
		.rdns = "",
		.helo = "client.example.net",
		.sender = "s@example.net",
		.tls = "TLSv1.3", .cipher = "X",
		.rcpts = rcpts,
		.rcpt_count = 2,
		.header = header,
		.header_size = sizeof header - 1,
		.body_bytes = body_bytes,
	};

	netaddr_parse("2001:db8::25", &message.peer);
	return message;
}

/* ---- the filter's side ---- */

static struct buf seen;		/* all that it was sent */
static char commands[64];	/* their letters, without macros */

static void
frame(struct buf *b, const char *bytes, size_t n)
{
	wire_u32(b, (uint32_t)n);
	buf_add(b, bytes, n);
}

static void
give(struct milter *m, const char *bytes, size_t n)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	frame(&b, bytes, n);
	milter_bytes(m, buf_bytes(&b), buf_len(&b), 0);
	buf_done(&b);
}

static void
give_negotiated(struct milter *m, uint32_t version, uint32_t actions,
    uint32_t steps)
{
	struct buf b;

	buf_init(&b, 100);
	buf_add_str(&b, "O");
	wire_u32(&b, version);
	wire_u32(&b, actions);
	wire_u32(&b, steps);
	give(m, (const char *)buf_bytes(&b), buf_len(&b));
	buf_done(&b);
}

static void
take_output(struct milter *m)
{
	size_t n, at = 0, end = strlen(commands);
	const uint8_t *out = milter_output(m, &n);

	while (at < n) {
		struct wire_data d = { out + at, n - at };
		uint32_t size;

		assert_true(wire_read_u32(&d, &size));
		assert_in_range(size, 1, d.left);
		if (*d.next != 'D' && end + 1 < sizeof commands) {
			commands[end++] = (char)*d.next;
			commands[end] = '\0';
		}
		at += WIRE_HEAD + size;
	}
	buf_add(&seen, out, n);
	milter_output_taken(m, n, 0);
}

/* One reply of a script: the stage's command and its bytes. */
struct line {
	char		at;
	const char	*bytes;
	size_t		 size;
};
#define LINE(at, text) { at, text, sizeof text - 1 }

/* Says `c` where the script has nothing. */
static void
run(struct milter *m, uint32_t actions, uint32_t steps,
    const struct line *script, size_t lines)
{
	static uint8_t body[3 * MILTER_PIECE_MAX];
	bool told = false;

	memset(body, 'b', sizeof body);
	commands[0] = '\0';
	buf_init(&seen, 4 << 20);
	for (int turns = 0; turns < 1000; turns++) {
		char last;

		switch (milter_next(m)) {
		case MILTER_SENDS:
			take_output(m);
			break;
		case MILTER_WANTS_BODY:
			assert_true(milter_body(m, body, sizeof body) > 0);
			break;
		case MILTER_WAITS:
			last = commands[strlen(commands) - 1];
			if (last == 'O') {
				give_negotiated(m, 6, actions, steps);
				break;
			}
			told = false;
			for (size_t i = 0; i < lines; i++) {
				if (script[i].at != last)
					continue;
				give(m, script[i].bytes, script[i].size);
				told = true;
			}
			if (!told || (milter_next(m) == MILTER_WAITS &&
			    last == 'E'))
				give(m, "c", 1);
			break;
		case MILTER_ENDED:
			return;
		}
	}
	fail_msg("no end");
}

#define ALL_ACTIONS (WIRE_MAY_ADD | WIRE_MAY_CHANGE | WIRE_MAY_QUARANTINE)

/* ---- what is shown ---- */

static bool
was_seen(const char *bytes, size_t n)
{
	return memmem(buf_bytes(&seen), buf_len(&seen), bytes, n) != NULL;
}
#define WAS_SEEN(text) was_seen(text, sizeof text - 1)

static void
all_stages_are_replayed(void **state)
{
	struct milter_message message = message_of(70000);
	struct milter *m = milter_new(&message, TIMEOUT_MS, 0);

	(void)state;
	run(m, 0, 0, NULL, 0);
	assert_string_equal(commands, "OCHMRRTLLNBBE");
	assert_int_equal(milter_result(m)->status, FILTER_CLEAN);
	assert_true(WAS_SEEN("\0\0\0\x0dO\0\0\0\x06\0\0\x01\x31\0\x1f\xf7\xff"));
	assert_true(WAS_SEEN("C[2001:db8::25]\0" "6\0\0" "2001:db8::25\0"));
	assert_true(WAS_SEEN("DH{tls_version}\0TLSv1.3\0{cipher}\0X\0"));
	assert_true(WAS_SEEN("Hclient.example.net\0"));
	assert_true(WAS_SEEN("DMi\0abc123\0{mail_addr}\0s@example.net\0"));
	assert_true(WAS_SEEN("M<s@example.net>\0"));
	assert_true(WAS_SEEN("R<b@example.org>\0"));
	assert_true(WAS_SEEN("LSubject\0one\n two\0"));
	assert_true(WAS_SEEN("LX-Other\0y\0"));
	assert_true(WAS_SEEN("\0\x01\0\0Bbbb"));
	milter_free(m);
	buf_done(&seen);
}

static const struct {
	uint32_t	steps;
	const char	*commands;
} agreements[] = {
	{ WIRE_NO_CONNECT | WIRE_NO_HELO, "OMRRTLLNBE" },
	{ WIRE_NO_MAIL | WIRE_NO_RCPT | WIRE_NO_DATA, "OCHLLNBE" },
	{ WIRE_NO_HEADER | WIRE_NO_EOH, "OCHMRRTBE" },
	{ WIRE_NO_BODY, "OCHMRRTLLNE" },
	{ WIRE_STEPS_OFFERED, "OE" },
	{ UINT32_MAX, "OE" },
	{ WIRE_NR_CONNECT | WIRE_NR_HELO | WIRE_NR_MAIL | WIRE_NR_RCPT |
	    WIRE_NR_DATA | WIRE_NR_HEADER | WIRE_NR_EOH | WIRE_NR_BODY,
	    "OCHMRRTLLNBE" },
};

static void
stages_are_left_out_as_agreed(void **state)
{
	struct milter_message message = message_of(5);

	(void)state;
	for (size_t i = 0; i < sizeof agreements / sizeof *agreements; i++) {
		struct milter *m = milter_new(&message, TIMEOUT_MS, 0);

		run(m, 0, agreements[i].steps, NULL, 0);
		assert_string_equal(commands, agreements[i].commands);
		assert_int_equal(milter_result(m)->status, FILTER_CLEAN);
		milter_free(m);
		buf_done(&seen);
	}
}

/* ---- each reply ---- */

static const struct {
	const char		*what;
	struct line		 line;
	enum filter_status	 status;
	const char		*code;
	const char		*enhanced;
	const char		*text;
} cases[] = {
	{ "accept at connect", LINE('C', "a"), FILTER_CLEAN, "", "", "" },
	{ "accept at the end", LINE('E', "a"), FILTER_CLEAN, "", "", "" },
	{ "discard", LINE('E', "d"), FILTER_SPAM, "", "", "" },
	{ "discard at MAIL", LINE('M', "d"), FILTER_SPAM, "", "", "" },
	{ "reject", LINE('E', "r"), FILTER_SPAM, "550", "5.7.1", "" },
	{ "reject a recipient", LINE('R', "r"), FILTER_SPAM, "550", "5.7.1",
	    "" },
	{ "tempfail", LINE('H', "t"), FILTER_TEMPFAIL, "451", "4.7.1", "" },
	{ "conn fail", LINE('C', "f"), FILTER_TEMPFAIL, "451", "4.7.1", "" },
	{ "shutdown", LINE('L', "4"), FILTER_TEMPFAIL, "451", "4.7.1", "" },
	{ "skip", LINE('B', "s"), FILTER_CLEAN, "", "", "" },
	{ "skip elsewhere", LINE('L', "s"), FILTER_SILENT, "", "", "" },
	{ "a code", LINE('E', "y554 5.7.9 No %% for you\0"), FILTER_SPAM,
	    "554", "5.7.9", "No % for you" },
	{ "without a detail", LINE('E', "y550 No\0"), FILTER_SPAM, "550",
	    "5.7.1", "No" },
	{ "a code for now", LINE('E', "y450 4.7.0 Later\0"), FILTER_TEMPFAIL,
	    "450", "4.7.0", "Later" },
	{ "421", LINE('E', "y421 4.7.0 Bye\0"), FILTER_TEMPFAIL, "451",
	    "4.7.0", "Bye" },
	{ "lines", LINE('E', "y550-5.7.1 A\r\n550 5.7.1 B\0"), FILTER_SPAM,
	    "550", "5.7.1", "A\nB" },
	{ "not ASCII", LINE('E', "y550 5.7.1 \xc3\xa9\0"), FILTER_SPAM, "550",
	    "5.7.1", "??" },
	{ "code 2xx", LINE('E', "y250 2.0.0 Fine\0"), FILTER_SILENT, "", "",
	    "" },
	{ "two codes", LINE('E', "y550-A\r\n551 B\0"), FILTER_SILENT, "", "",
	    "" },
	{ "injection", LINE('E', "y550 5.7.1 A\n250 B\0"), FILTER_SILENT, "",
	    "", "" },
	{ "no NUL", LINE('E', "y550 5.7.1 A"), FILTER_SILENT, "", "", "" },
	{ "no text at all", LINE('E', "y"), FILTER_SILENT, "", "", "" },
	{ "garbage", LINE('M', "HTTP/1.1 400"), FILTER_SILENT, "", "", "" },
	{ "more behind it", LINE('M', "cc"), FILTER_SILENT, "", "", "" },
	{ "negotiation again", LINE('M', "O\0\0\0\6\0\0\0\0\0\0\0\0"),
	    FILTER_SILENT, "", "", "" },
	{ "a change too early", LINE('L', "hX\0y\0"), FILTER_SILENT, "", "",
	    "" },
	{ "a change half", LINE('E', "hX\0y"), FILTER_SILENT, "", "", "" },
	{ "a new field", LINE('E', "hX\0y\nBcc: z\0"), FILTER_SILENT, "", "",
	    "" },
	{ "an empty line", LINE('E', "hX\0y\n \n z\0"), FILTER_SILENT, "", "",
	    "" },
	{ "a bad name", LINE('E', "hX Y\0y\0"), FILTER_SILENT, "", "", "" },
	{ "a recipient more", LINE('E', "+<x@example.org>\0"), FILTER_CLEAN,
	    "", "", "" },
	{ "another body", LINE('E', "bhello"), FILTER_CLEAN, "", "", "" },
};

static void
each_reply_has_its_result(void **state)
{
	struct milter_message message = message_of(5);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct milter *m = milter_new(&message, TIMEOUT_MS, 0);
		const struct milter_result *r;

		run(m, ALL_ACTIONS, WIRE_SKIPS, &cases[i].line, 1);
		r = milter_result(m);
		if (r->status != cases[i].status ||
		    strcmp(r->code, cases[i].code) != 0 ||
		    strcmp(r->enhanced, cases[i].enhanced) != 0 ||
		    strcmp(cases[i].code[0] == '\0' ? "" : r->text,
		    cases[i].text) != 0)
			fail_msg("%s: %d %s %s %s (%s)", cases[i].what,
			    r->status, r->code, r->enhanced, r->text, r->why);
		assert_int_equal(r->edit_count, 0);
		milter_free(m);
		buf_done(&seen);
	}
}

static const struct line changes[] = {
	LINE('E', "hX-Spam\0no\0"),
	LINE('E', "p"),
	LINE('E', "i\0\0\0\1X-Top\0a\n\tb\n\0"),
	LINE('E', "m\0\0\0\2Subject\0\0"),
	LINE('E', "qlooks bad\0"),
};

static void
changes_are_kept_in_order(void **state)
{
	struct milter_message message = message_of(5);
	struct milter *m = milter_new(&message, TIMEOUT_MS, 0);
	const struct milter_result *r = milter_result(m);

	(void)state;
	run(m, ALL_ACTIONS, 0, changes, 5);
	assert_int_equal(r->status, FILTER_SPAM);
	assert_true(r->quarantine);
	assert_string_equal(r->code, "");
	assert_int_equal(r->edit_count, 3);
	assert_int_equal(r->edits[0].kind, FILTER_ADD);
	assert_string_equal(r->edits[0].name, "X-Spam");
	assert_string_equal(r->edits[0].value, " no");
	assert_int_equal(r->edits[1].kind, FILTER_INSERT);
	assert_int_equal(r->edits[1].index, 1);
	assert_string_equal(r->edits[1].value, " a\r\n\tb");
	assert_int_equal(r->edits[2].kind, FILTER_CHANGE);
	assert_int_equal(r->edits[2].index, 2);
	assert_string_equal(r->edits[2].value, "");
	milter_free(m);
	buf_done(&seen);

	/* With leading blanks agreed on, they are the filter's business. */
	m = milter_new(&message, TIMEOUT_MS, 0);
	run(m, ALL_ACTIONS, WIRE_LEADING_SPACE, changes, 1);
	assert_string_equal(milter_result(m)->edits[0].value, "no");
	assert_true(WAS_SEEN("LX-Other\0  y\0"));
	milter_free(m);
	buf_done(&seen);

	/* What it did not ask to do it does not do. */
	m = milter_new(&message, TIMEOUT_MS, 0);
	run(m, WIRE_MAY_QUARANTINE, 0, changes, 1);
	assert_int_equal(milter_result(m)->status, FILTER_SILENT);
	milter_free(m);
	buf_done(&seen);
}

static void
too_much_is_garbage(void **state)
{
	struct milter_message message = message_of(0);
	struct milter *m = milter_new(&message, TIMEOUT_MS, 0);

	(void)state;
	milter_bytes(m, "\x7f\xff\xff\xff", 4, 0);
	assert_int_equal(milter_result(m)->status, FILTER_SILENT);
	milter_free(m);
	m = milter_new(&message, TIMEOUT_MS, 0);
	milter_bytes(m, "\0\0\0\0", 4, 0);
	assert_int_equal(milter_result(m)->status, FILTER_SILENT);
	milter_free(m);
	m = milter_new(&message, TIMEOUT_MS, 0);
	give_negotiated(m, 7, 0, 0);
	assert_int_equal(milter_result(m)->status, FILTER_SILENT);
	milter_free(m);
	m = milter_new(&message, TIMEOUT_MS, 0);
	buf_init(&seen, 65536);
	take_output(m);
	give_negotiated(m, 6, ALL_ACTIONS, UINT32_MAX);
	for (int i = 0; i < MILTER_EDITS_MAX; i++)
		give(m, "hX\0y\0", 5);
	assert_int_equal(milter_next(m), MILTER_SENDS);
	give(m, "hX\0y\0", 5);
	assert_int_equal(milter_result(m)->status, FILTER_SILENT);
	milter_free(m);
	buf_done(&seen);
}

/* Progress moves the end of patience, but not beyond the end of all. */
static void
time_is_bounded(void **state)
{
	struct milter_message message = message_of(0);
	struct milter *m = milter_new(&message, TIMEOUT_MS, 0);

	(void)state;
	assert_int_equal(milter_due_ms(m), TIMEOUT_MS);
	milter_timeout(m);
	assert_int_equal(milter_result(m)->status, FILTER_SILENT);
	assert_string_equal(milter_result(m)->why, "it was silent too long");
	milter_free(m);
	m = milter_new(&message, TIMEOUT_MS, 0);
	commands[0] = '\0';
	buf_init(&seen, 65536);
	take_output(m);
	give_negotiated(m, 6, 0, UINT32_MAX);
	take_output(m);
	milter_bytes(m, "\0\0\0\1p", 5, 900);
	assert_int_equal(milter_due_ms(m), 900 + TIMEOUT_MS);
	milter_bytes(m, "\0\0\0\1p", 5, 3900);
	assert_int_equal(milter_due_ms(m), MILTER_TOTAL_FACTOR * TIMEOUT_MS);
	milter_timeout(m);
	assert_string_equal(milter_result(m)->why, "it took too long");
	milter_free(m);
	buf_done(&seen);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_stages_are_replayed),
		cmocka_unit_test(stages_are_left_out_as_agreed),
		cmocka_unit_test(each_reply_has_its_result),
		cmocka_unit_test(changes_are_kept_in_order),
		cmocka_unit_test(too_much_is_garbage),
		cmocka_unit_test(time_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
