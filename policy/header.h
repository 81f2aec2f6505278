/* SPDX-License-Identifier: ISC */
#ifndef POLICY_HEADER_H
#define POLICY_HEADER_H

/*
 * A message's header section cut into its fields (RFC 5322 2.2).  Nothing is
 * copied: fields point into the text, which must stay.
 *
 *	start  name                      value                       end
 *	|      From  :  "A folded" CRLF SP <name@example.org>  CRLF  |
 *
 * A line ends at LF, with or without CR; the section ends at an empty line
 * or with the text.  White space between name and colon is dropped, as
 * most readers of mail do.
 */

#include <stdbool.h>
#include <stddef.h>

#define HEADER_FIELDS_MAX	10000

struct header_field {
	const char	*name;		/* no colon; "" if malformed */
	size_t		 name_length;
	const char	*value;		/* behind the colon, folds kept, without
					 * the line end; all if malformed */
	size_t		 value_length;
	size_t		 start;		/* offset in the message */
	size_t		 end;		/* behind the line end */
	bool		 malformed;	/* a line that is no field */
};

struct header {
	const char		*text;
	size_t			 size;		/* without the empty line */
	size_t			 body_start;	/* behind it, or the end */
	struct header_field	*fields;
	size_t			 count;
	bool			 overfull;	/* fields beyond the maximum,
						 * which are not in `fields` */
	bool			 malformed;	/* a malformed line among them */
};

/* text: the message, or at least its header section; n octets.  For any
 * text; memory is that of the fields alone. */
void header_init(struct header *header, const char *text, size_t n);
void header_done(struct header *header);
/* The next field of that name (in any case) behind `after`, which is NULL for
 * the first; NULL if there is none. */
const struct header_field *header_find(const struct header *header,
    const char *name, const struct header_field *after);
bool header_field_is(const struct header_field *field, const char *name);

/* Without a struct header, and without a maximum: the field that starts at
 * offset `at` of a header section of `size` octets; false at its end. */
bool header_field_at(const char *text, size_t size, size_t at,
    struct header_field *ret_field);
/* Octets before the empty line; n if there is none. */
size_t header_size(const char *text, size_t n);

#endif
