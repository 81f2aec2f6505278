/* SPDX-License-Identifier: ISC */
/*
 * A filter's changes of a stranger's header section:
 *
 *	each line: a digit, the kind; a digit, the index; name ":" value
 *	a NUL, and the header section
 *
 * No octet of the fields that no change names is lost, added or moved behind
 * another of them.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/filter.h"
#include "policy/header.h"
#include "policy/milter_wire.h"
#include "smtpd/header_edit.h"
#include "util/xalloc.h"

#define EDITS_MAX	32
#define OUT_MAX		(1U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
read_edits(char *lines, struct header_edit edits[static EDITS_MAX])
{
	size_t count = 0;
	char *line;

	while (count < EDITS_MAX && (line = strsep(&lines, "\n")) != NULL) {
		char *colon = strchr(line, ':');

		if (colon == NULL || colon < line + 3)
			continue;
		*colon = '\0';
		if (!wire_is_field_name(line + 2))
			continue;
		edits[count++] = (struct header_edit){
		    (uint32_t)line[0] % 3, (uint32_t)line[1] % 10, line + 2,
		    colon + 1 };
	}
	return count;
}

static bool
is_named(const struct header_field *field, const struct header_edit *edits,
    size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (header_field_is(field, edits[i].name))
			return true;
	return false;
}

/* The fields of a section that no edit names, one behind the other. */
static void
add_untouched(const char *text, size_t size, const struct header_edit *edits,
    size_t count, struct buf *to)
{
	struct header_field field;

	for (size_t at = 0; header_field_at(text, size, at, &field);
	    at = field.end)
		if (!is_named(&field, edits, count))
			buf_add(to, text + field.start,
			    field.end - field.start);
}

static void
check(const char *text, size_t size, const struct header_edit *edits,
    size_t count)
{
	struct buf out, before, after;

	buf_init(&out, OUT_MAX);
	buf_init(&before, OUT_MAX);
	buf_init(&after, OUT_MAX);
	header_edit((const uint8_t *)text, size, edits, count, &out);
	add_untouched(text, size, edits, count, &before);
	add_untouched((const char *)buf_bytes(&out), buf_len(&out), edits,
	    count, &after);
	assert(buf_len(&before) == buf_len(&after));
	assert(buf_len(&before) == 0 || memcmp(buf_bytes(&before),
	    buf_bytes(&after), buf_len(&before)) == 0);
	buf_done(&out);
	buf_done(&before);
	buf_done(&after);
}

/* The section as mx6d-smtp has it: fields of ours are its first, and it ends
 * with a line's end. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header_edit edits[EDITS_MAX];
	const uint8_t *nul = memchr(data, '\0', size);
	const char *text;
	char *lines;
	size_t n;

	if (nul == NULL)
		return 0;
	text = (const char *)nul + 1;
	n = header_edit_size(nul + 1, size - (size_t)(text -
	    (const char *)data));
	while (n > 0 && text[n - 1] != '\n')
		n--;
	if (n > 0 && (text[0] == ' ' || text[0] == '\t'))
		return 0;
	lines = xstrdup((const char *)data);
	check(text, n, edits, read_edits(lines, edits));
	free(lines);
	return 0;
}
