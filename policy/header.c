/* SPDX-License-Identifier: ISC */
/*
 * Cuts a header section into fields: one pass with memchr over its lines,
 * one look at each name.
 */
#include "policy/header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util/xalloc.h"

#define FIRST_FIELDS	32

/* Offset behind the line that starts at `at`. */
static size_t
line_end(const char *text, size_t size, size_t at)
{
	const char *lf = memchr(text + at, '\n', size - at);

	return lf == NULL ? size : (size_t)(lf - text) + 1;
}

static bool
empty_line(const char *text, size_t n, size_t at)
{
	return text[at] == '\n' ||
	    (text[at] == '\r' && at + 1 < n && text[at + 1] == '\n');
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

size_t
header_size(const char *text, size_t n)
{
	size_t at = 0;

	while (at < n && !empty_line(text, n, at))
		at = line_end(text, n, at);
	return at;
}

/* field-name = 1*ftext (RFC 5322 3.6.8), then perhaps blanks (4.5.8). */
static void
cut_name(struct header_field *field, const char *line, size_t n)
{
	size_t name = 0, colon;

	while (name < n && line[name] > ' ' && line[name] <= '~' &&
	    line[name] != ':')
		name++;
	colon = name;
	while (colon < n && is_blank(line[colon]))
		colon++;
	field->malformed = name == 0 || colon == n || line[colon] != ':';
	field->name = field->malformed ? "" : line;
	field->name_length = field->malformed ? 0 : name;
	field->value = field->malformed ? line : line + colon + 1;
}

bool
header_field_at(const char *text, size_t size, size_t at,
    struct header_field *ret_field)
{
	struct header_field field = { .start = at };
	size_t end;

	if (at >= size)
		return false;
	end = line_end(text, size, at);
	while (end < size && is_blank(text[end]))
		end = line_end(text, size, end);
	field.end = end;
	if (text[end - 1] == '\n') {
		end--;
		if (end > at && text[end - 1] == '\r')
			end--;
	}
	cut_name(&field, text + at, end - at);
	field.value_length = (size_t)(text + end - field.value);
	*ret_field = field;
	return true;
}

static void
add_field(struct header *header, size_t *room,
    const struct header_field *field)
{
	if (header->count == *room) {
		*room = *room == 0 ? FIRST_FIELDS : 2 * *room;
		header->fields = xreallocarray(header->fields, *room,
		    sizeof *header->fields);
	}
	header->fields[header->count++] = *field;
}

void
header_init(struct header *header, const char *text, size_t n)
{
	struct header_field field;
	size_t room = 0;

	*header = (struct header){ .text = text };
	header->size = header_size(text, n);
	header->body_start = header->size < n ?
	    line_end(text, n, header->size) : n;
	for (size_t at = 0; header_field_at(text, header->size, at, &field);
	    at = field.end) {
		if (header->count == HEADER_FIELDS_MAX) {
			header->overfull = true;
			break;
		}
		header->malformed |= field.malformed;
		add_field(header, &room, &field);
	}
}

void
header_done(struct header *header)
{
	free(header->fields);
	*header = (struct header){ .text = "" };
}

bool
header_field_is(const struct header_field *field, const char *name)
{
	return field->name_length == strlen(name) &&
	    strncasecmp(field->name, name, field->name_length) == 0;
}

const struct header_field *
header_find(const struct header *header, const char *name,
    const struct header_field *after)
{
	size_t i = after == NULL ? 0 : (size_t)(after - header->fields) + 1;

	for (; i < header->count; i++) {
		if (header_field_is(&header->fields[i], name))
			return &header->fields[i];
	}
	return NULL;
}
