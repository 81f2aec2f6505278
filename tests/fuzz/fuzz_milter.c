/* SPDX-License-Identifier: ISC */
/*
 * A filter that says anything at all: the talk ends within its bounds, and
 * what comes of it can stand in a reply and in a header.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/milter.h"
#include "policy/milter_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const rcpts[] = { "r@example.org" };
static const char header[] = "Subject: a\r\n b\r\nTo: c\r\n";

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_edit(const struct milter_edit *e)
{
	check(wire_is_field_name(e->name));
	for (const char *p = e->value; *p != '\0'; p++) {
		if (*p == '\n')
			check(p > e->value && p[-1] == '\r' &&
			    (p[1] == ' ' || p[1] == '\t'));
		check(*p != '\r' || p[1] == '\n');
	}
}

static void
check_result(const struct milter_result *r)
{
	check(r->edit_count <= MILTER_EDITS_MAX);
	for (size_t i = 0; i < r->edit_count; i++)
		check_edit(&r->edits[i]);
	if (r->status == FILTER_CLEAN || r->status == FILTER_SILENT ||
	    r->code[0] == '\0')
		return;
	check(strlen(r->code) == 3);
	check(r->code[0] == (r->status == FILTER_SPAM ? '5' : '4'));
	check(r->enhanced[0] == r->code[0]);
	for (const char *p = r->text; *p != '\0'; p++)
		check(*p == '\n' || (*p >= ' ' && *p <= '~'));
}

/* step: octets that the filter says at once, all of them below 1. */
static void
talk(const uint8_t *data, size_t size, size_t step)
{
	struct milter_message message = {
		.hostname = "h", .id = "i", .rdns = "", .helo = "c",
		.sender = "", .tls = "", .cipher = "", .rcpts = rcpts, .rcpt_count = 1,
		.header = header, .header_size = sizeof header - 1,
		.body_bytes = 10,
	};
	struct milter *m;
	size_t n;

	netaddr_parse("192.0.2.1", &message.peer);
	m = milter_new(&message, 1000, 0);
	for (;;) {
		enum milter_next next = milter_next(m);

		if (next == MILTER_ENDED)
			break;
		if (next == MILTER_SENDS) {
			milter_output(m, &n);
			milter_output_taken(m, n, 0);
		} else if (next == MILTER_WANTS_BODY)
			check(milter_body(m, "0123456789", 10) == 10);
		else if (size == 0)
			milter_timeout(m);
		else {
			n = step == 0 || step > size ? size : step;
			milter_bytes(m, data, n, 0);
			data += n;
			size -= n;
		}
	}
	check_result(milter_result(m));
	milter_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t negotiated[] = {
		0, 0, 0, 13, 'O', 0, 0, 0, 6, 0, 0, 0, 0x31,
		0, 0x1f, 0xf7, 0xff,
	};
	uint8_t *all = malloc(sizeof negotiated + size);

	check(all != NULL);
	memcpy(all, negotiated, sizeof negotiated);
	memcpy(all + sizeof negotiated, data, size);
	talk(data, size, 1);
	talk(all, sizeof negotiated + size, 1);
	free(all);
	return 0;
}
