/* SPDX-License-Identifier: ISC */
/*
 * The client session where a transcript does not reach: what is traced, very
 * many recipients, large bodies, and end-of-data forms on their way out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/client.h"
#include "util/buf.h"

#define MANY	5000
#define BIG	(8U << 20)

static const struct client_settings settings = {
	"client.example", NULL, 0, false, { 1000, 1000, 1000, 1000, 1000, 1000, 0 },
};

/* All that the client said, without the body's waiting for room. */
static void
pump(struct client *c, struct buf *said, const char *body, size_t *given,
    size_t size)
{
	enum client_want want;
	const uint8_t *out;
	size_t n;

	while ((want = client_next(c)) == CLIENT_SENDS ||
	    want == CLIENT_WANTS_BODY) {
		if (want == CLIENT_WANTS_BODY) {
			n = client_body(c, body + *given, size - *given, 0);
			assert_true(n > 0 && n <= CLIENT_PIECE_MAX);
			*given += n;
			continue;
		}
		out = client_output(c, &n);
		assert_true(buf_add(said, out, n));
		client_output_taken(c, n, 0);
	}
}

static void
hear(struct client *c, const char *text)
{
	client_bytes(c, text, strlen(text), 0);
}

static size_t
count_lines(const struct buf *said)
{
	const char *p = (const char *)buf_bytes(said);
	const char *end = p + buf_len(said);
	size_t n = 0;

	for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		n++;
	return n;
}

static struct client_message
message_to(const char *const *rcpts, size_t count, size_t size)
{
	struct client_message m = { .sender = "a@from.example",
	    .rcpts = rcpts, .rcpt_count = count, .size_bytes = size };

	return m;
}

/* Commands run ahead only so far; each reply lets more of them go. */
static void
very_many_recipients(void **state)
{
	static char names[MANY][40];
	static const char *rcpts[MANY];
	const struct client_kind kind = { 0 };
	struct client_message m = message_to(rcpts, MANY, 2);
	struct client *c = client_new(&settings, &kind, 0);
	struct buf said;
	size_t given = 0;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "r%d@to.example", i);
		rcpts[i] = names[i];
	}
	buf_init(&said, 1 << 20);
	client_begin(c, &m, 0);
	hear(c, "220 mx\r\n");
	pump(c, &said, "\r\n", &given, 2);
	hear(c, "250-mx\r\n250 PIPELINING\r\n");
	pump(c, &said, "\r\n", &given, 2);
	for (int i = 0; i < MANY + 1; i++) {
		hear(c, i % 7 == 3 ? "550 5.1.1 no\r\n" : "250 ok\r\n");
		pump(c, &said, "\r\n", &given, 2);
	}
	assert_int_equal(count_lines(&said), 1 + 1 + MANY + 1);
	hear(c, "354 go\r\n");
	pump(c, &said, "\r\n", &given, 2);
	hear(c, "250 2.0.0 ok\r\n");
	assert_int_equal(client_next(c), CLIENT_READY);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(client_result(c, i)->outcome,
		    (i + 1) % 7 == 3 ? OUTCOME_FAILED : OUTCOME_DELIVERED);
	buf_done(&said);
	client_free(c);
}

/* From 354 to the dot, as it is on the wire. */
static struct client *
send_body(struct buf *said, const char *body, size_t size)
{
	static const char *const rcpts[] = { "r@to.example" };
	const struct client_kind kind = { 0 };
	struct client_message m = message_to(rcpts, 1, size);
	struct client *c = client_new(&settings, &kind, 0);
	size_t given = 0;

	client_begin(c, &m, 0);
	hear(c, "220 mx\r\n");
	pump(c, said, body, &given, size);
	hear(c, "250-mx\r\n250 PIPELINING\r\n");
	pump(c, said, body, &given, size);
	hear(c, "250 ok\r\n250 ok\r\n");
	buf_clear(said);
	hear(c, "354 go\r\n");
	pump(c, said, body, &given, size);
	assert_int_equal(given, size);
	return c;
}

/* The worst case for the output buffer: every line is one dot or one LF. */
static void
large_bodies(void **state)
{
	static const char *const units[] = { "x", ".\r\n", "\n", ".\n", "\r" };
	char *body = malloc(BIG);
	struct client *c;
	struct buf said;

	(void)state;
	assert_non_null(body);
	buf_init(&said, 4 * BIG);
	for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
		for (size_t i = 0; i < BIG; i++)
			body[i] = units[u][i % strlen(units[u])];
		c = send_body(&said, body, BIG);
		assert_false(said.overflow);
		assert_memory_equal(buf_bytes(&said) + buf_len(&said) - 5,
		    "\r\n.\r\n", 5);
		hear(c, "250 2.0.0 ok\r\n");
		assert_int_equal(client_next(c), CLIENT_READY);
		assert_int_equal(client_result(c, 0)->outcome,
		    OUTCOME_DELIVERED);
		client_free(c);
	}
	buf_done(&said);
	free(body);
}

static void
ends_of_data_stay_inside(void **state)
{
	static const char body[] = "a\n.\nb\r.\rc\n.\r\nd\r\n.\ne\r.\r\nf\r\n.\r"
	    "g\r\n.\r\nMAIL FROM:<x@x>\r\n";
	static const char wire[] = "a\r\n..\r\nb\r\n..\r\nc\r\n..\r\nd\r\n"
	    "..\r\ne\r\n..\r\nf\r\n..\r\ng\r\n..\r\nMAIL FROM:<x@x>\r\n.\r\n";
	struct client *c;
	struct buf said;

	(void)state;
	buf_init(&said, 65536);
	c = send_body(&said, body, sizeof body - 1);
	assert_string_equal(buf_cstr(&said), wire);
	buf_done(&said);
	client_free(c);
}

static void
note_trace(void *arg, char direction, const char *line)
{
	buf_addf(arg, "%c %s\n", direction, line);
}

static void
traces_the_dialogue(void **state)
{
	static const char *const rcpts[] = { "r@to.example" };
	struct buf traced, said;
	struct client_kind kind = { .tls = TLS_OPPORTUNISTIC,
	    .trace = note_trace, .trace_arg = &traced };
	struct client_message m = message_to(rcpts, 1, 4);
	struct client *c = client_new(&settings, &kind, 0);
	size_t given = 0;

	(void)state;
	buf_init(&traced, 65536);
	buf_init(&said, 65536);
	client_begin(c, &m, 0);
	hear(c, "220 mx \x1b[2J\r\n");
	hear(c, "250-mx\r\n250 STARTTLS\r\n220 go\r\n");
	pump(c, &said, "hi\r\n", &given, 4);
	client_tls_up(c, "TLSv1.3", "AES", 0);
	assert_true(client_is_tls(c));
	pump(c, &said, "hi\r\n", &given, 4);
	hear(c, "250 mx\r\n250 ok\r\n250 ok\r\n354 go\r\n");
	pump(c, &said, "hi\r\n", &given, 4);
	hear(c, "250 ok\r\n");
	assert_string_equal(buf_cstr(&traced),
	    "< 220 mx ?[2J\n> EHLO client.example\n< 250-mx\n"
	    "< 250 STARTTLS\n> STARTTLS\n< 220 go\n* TLS: TLSv1.3, AES\n"
	    "> EHLO client.example\n< 250 mx\n> MAIL FROM:<a@from.example>\n"
	    "< 250 ok\n> RCPT TO:<r@to.example>\n< 250 ok\n> DATA\n"
	    "< 354 go\n* body: 4 octets, 1 lines\n> .\n< 250 ok\n");
	buf_done(&traced);
	buf_done(&said);
	client_free(c);
}

/* A server that says something just in time, for ever, is given up. */
static void
an_endless_server_is_given_up(void **state)
{
	static const char *const rcpts[] = { "r@to.example" };
	struct client_settings patient = settings;
	const struct client_kind kind = { 0 };
	struct client_message m = message_to(rcpts, 1, 2);
	struct client *c;
	size_t n;

	(void)state;
	patient.timeouts.transaction_ms = 5000;
	c = client_new(&patient, &kind, 0);
	client_begin(c, &m, 0);
	client_bytes(c, "220 mx\r\n", 8, 900);
	client_output(c, &n);
	client_output_taken(c, n, 900);
	assert_int_equal(client_timeout_ms(c, 900), 1000);
	client_bytes(c, "250 mx\r\n", 8, 1800);
	client_output(c, &n);
	client_output_taken(c, n, 1800);
	client_bytes(c, "250 ok\r\n", 8, 4500);
	assert_int_equal(client_timeout_ms(c, 4500), 500);
	client_timeout(c, 5000);
	assert_int_equal(client_next(c), CLIENT_ENDED);
	assert_int_equal(client_result(c, 0)->outcome, OUTCOME_DEFERRED);
	client_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(very_many_recipients),
		cmocka_unit_test(large_bodies),
		cmocka_unit_test(ends_of_data_stay_inside),
		cmocka_unit_test(traces_the_dialogue),
		cmocka_unit_test(an_endless_server_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
