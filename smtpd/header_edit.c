/* SPDX-License-Identifier: ISC */
#include "smtpd/header_edit.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/filter.h"
#include "util/xalloc.h"

/* One field: as it was, or as an edit has it. */
struct field {
	const uint8_t			*at;
	size_t				 size;
	const struct header_edit	*edit;	/* NULL: at */
};

struct fields {
	struct field	*items;
	size_t		 count;
	size_t		 room;
};

static void
insert(struct fields *f, size_t where, struct field field)
{
	if (f->count == f->room) {
		f->room = f->room == 0 ? 64 : 2 * f->room;
		f->items = xreallocarray(f->items, f->room, sizeof *f->items);
	}
	where = where < f->count ? where : f->count;
	memmove(f->items + where + 1, f->items + where,
	    (f->count - where) * sizeof *f->items);
	f->items[where] = field;
	f->count++;
}

static void
drop(struct fields *f, size_t where)
{
	f->count--;
	memmove(f->items + where, f->items + where + 1,
	    (f->count - where) * sizeof *f->items);
}

/* A field ends with the line that no blank follows. */
static void
split(struct fields *f, const uint8_t *at, size_t left)
{
	while (left > 0) {
		size_t n = 0;

		do {
			const uint8_t *lf = memchr(at + n, '\n', left - n);

			n = lf == NULL ? left : (size_t)(lf - at) + 1;
		} while (n < left && (at[n] == ' ' || at[n] == '\t'));
		insert(f, f->count, (struct field){ at, n, NULL });
		at += n;
		left -= n;
	}
}

static bool
is_called(const struct field *field, const char *name)
{
	size_t n = strlen(name), k = n;

	if (field->edit != NULL)
		return strcasecmp(field->edit->name, name) == 0;
	if (field->size <= n ||
	    strncasecmp((const char *)field->at, name, n) != 0)
		return false;
	while (k < field->size && (field->at[k] == ' ' ||
	    field->at[k] == '\t'))
		k++;
	return k < field->size && field->at[k] == ':';
}

static void
change(struct fields *f, const struct header_edit *e)
{
	uint32_t left = e->index < 1 ? 1 : e->index;
	const struct field changed = { NULL, 0, e };

	for (size_t i = 0; i < f->count; i++) {
		if (!is_called(&f->items[i], e->name) || --left > 0)
			continue;
		if (*e->value == '\0')
			drop(f, i);
		else
			f->items[i] = changed;
		return;
	}
	if (*e->value != '\0')
		insert(f, f->count, changed);
}

void
header_edit(const uint8_t *header, size_t n, const struct header_edit *edits,
    size_t count, struct buf *out)
{
	struct fields f = { 0 };

	split(&f, header, n);
	for (size_t i = 0; i < count; i++) {
		const struct header_edit *e = &edits[i];

		if (e->kind == FILTER_CHANGE)
			change(&f, e);
		else
			insert(&f, e->kind == FILTER_INSERT ? e->index :
			    f.count, (struct field){ NULL, 0, e });
	}
	for (size_t i = 0; i < f.count; i++) {
		const struct field *field = &f.items[i];

		if (field->edit == NULL)
			buf_add(out, field->at, field->size);
		else {
			buf_add_str(out, field->edit->name);
			buf_add_str(out, ":");
			buf_add_str(out, field->edit->value);
			buf_add_str(out, "\r\n");
		}
	}
	free(f.items);
}

size_t
header_edit_size(const uint8_t *message, size_t n)
{
	const uint8_t *end = memmem(message, n, "\r\n\r\n", 4);

	return end == NULL ? n : (size_t)(end - message) + 2;
}
