/* SPDX-License-Identifier: ISC */
/*
 * What goes out after DATA ends only where we mean it to: every spelling of
 * an end of data that a server might take for one, in all pieces, and all
 * short bodies made of the octets that matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queue/stuff.h"

#define OUT_MAX 65536

/* A body in two pieces, cut at `cut`, as it goes out. */
static void
send_out(struct buf *out, const char *body, size_t n, size_t cut)
{
	struct stuff s;

	buf_clear(out);
	stuff_init(&s);
	stuff_add(&s, out, body, cut);
	stuff_add(&s, out, body + cut, n - cut);
	stuff_end(&s, out);
}

/* What the body means, octet by octet, with '\n' for each line end. */
static size_t
meaning(const char *body, size_t n, char *to)
{
	size_t length = 0;

	for (size_t i = 0; i < n; i++) {
		if (body[i] == '\r' && i + 1 < n && body[i + 1] == '\n')
			continue;
		if (body[i] == '\r')
			to[length++] = '\n';
		else if (body[i] != '\0')
			to[length++] = body[i];
	}
	if (length > 0 && to[length - 1] != '\n')
		to[length++] = '\n';
	return length;
}

/* A strict server: every line ends in CRLF, nothing else holds CR, LF or NUL,
 * and the only lone dot is the last line.  Then no lax one sees another. */
static void
check(const struct buf *out, const char *body, size_t n)
{
	const char *p = (const char *)buf_bytes(out);
	const char *end = p + buf_len(out), *cr;
	static char want[OUT_MAX], got[OUT_MAX];
	size_t length = 0;

	while (p < end) {
		cr = memchr(p, '\r', (size_t)(end - p));
		assert_non_null(cr);
		assert_true(cr + 1 < end && cr[1] == '\n');
		assert_null(memchr(p, '\n', (size_t)(cr - p)));
		assert_null(memchr(p, '\0', (size_t)(cr - p)));
		if (*p == '.' && cr == p + 1) {
			assert_ptr_equal(cr + 2, end);
			break;
		}
		p += *p == '.';
		memcpy(got + length, p, (size_t)(cr - p));
		length += (size_t)(cr - p);
		got[length++] = '\n';
		p = cr + 2;
	}
	assert_true(p < end);
	assert_int_equal(length, meaning(body, n, want));
	assert_memory_equal(got, want, length);
}

static void
every_cut(const char *body, size_t n)
{
	struct buf out;

	buf_init(&out, OUT_MAX);
	for (size_t cut = 0; cut <= n; cut++) {
		send_out(&out, body, n, cut);
		check(&out, body, n);
	}
	buf_done(&out);
}

struct piece {
	const char	*bytes;
	size_t		 n;
};

#define PIECE(text) { text, sizeof text - 1 }

static void
smuggles_nothing(void **state)
{
	static const struct piece breaks[] = {
		PIECE("\r\n"), PIECE("\n"), PIECE("\r"), PIECE("\r\r\n"),
		PIECE("\n\r"), PIECE("\r\0\n"), PIECE("\0\r\n"),
		PIECE("\r\n\0"), PIECE("\v"), PIECE("\f"), PIECE("\xc2\x85"),
		PIECE("\xe2\x80\xa8"), PIECE("\0"), PIECE("\r\n\r"),
	};
	const size_t count = sizeof breaks / sizeof breaks[0];
	static const char after[] = "MAIL FROM:<x@x>\r\nRCPT TO:<y@y>\r\n";
	char body[200];
	size_t n;

	(void)state;
	for (size_t i = 0; i < count * count; i++) {
		const struct piece *pre = &breaks[i / count];
		const struct piece *post = &breaks[i % count];

		memcpy(body, "text", 4);
		memcpy(body + 4, pre->bytes, pre->n);
		n = 4 + pre->n;
		body[n++] = '.';
		memcpy(body + n, post->bytes, post->n);
		n += post->n;
		memcpy(body + n, after, sizeof after - 1);
		every_cut(body, n + sizeof after - 1);
		every_cut(body + 4, n - 4);
	}
}

/* All bodies of up to six octets out of those that matter. */
static void
all_short_bodies(void **state)
{
	static const char alphabet[] = { '\r', '\n', '.', '\0', 'a' };
	char body[6];
	size_t all = 1;

	(void)state;
	for (size_t n = 0; n <= sizeof body; n++, all *= sizeof alphabet)
		for (size_t i = 0; i < all; i++) {
			for (size_t k = 0, v = i; k < n; k++) {
				body[k] = alphabet[v % sizeof alphabet];
				v /= sizeof alphabet;
			}
			every_cut(body, n);
		}
}

static void
clean_text_is_not_touched(void **state)
{
	static const char body[] = "Subject: x\r\n\r\n.one\r\n..two\r\nend.\r\n";
	static const char sent[] =
	    "Subject: x\r\n\r\n..one\r\n...two\r\nend.\r\n.\r\n";
	struct stuff s;
	struct buf out;

	(void)state;
	buf_init(&out, OUT_MAX);
	stuff_init(&s);
	stuff_add(&s, &out, body, sizeof body - 1);
	stuff_end(&s, &out);
	assert_string_equal(buf_cstr(&out), sent);
	assert_int_equal(s.lines, 5);
	assert_int_equal(s.mended, 0);
	buf_done(&out);
}

static void
counts_what_it_mends(void **state)
{
	struct stuff s;
	struct buf out;

	(void)state;
	buf_init(&out, OUT_MAX);
	stuff_init(&s);
	stuff_add(&s, &out, "a\nb\rc\0d\r", 8);
	stuff_end(&s, &out);
	assert_string_equal(buf_cstr(&out), "a\r\nb\r\ncd\r\n.\r\n");
	assert_int_equal(s.mended, 4);
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smuggles_nothing),
		cmocka_unit_test(all_short_bodies),
		cmocka_unit_test(clean_text_is_not_touched),
		cmocka_unit_test(counts_what_it_mends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
