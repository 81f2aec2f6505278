/* SPDX-License-Identifier: ISC */
#ifndef POLICY_DKIM_INNER_H
#define POLICY_DKIM_INNER_H

/* What dkim_check.c, which reads, and dkim.c, which has the library, share. */

#include <stdbool.h>
#include <stddef.h>

#include "policy/dkim.h"
#include "policy/dkim_key.h"
#include "policy/dkim_screen.h"

struct dkim;			/* the library's */

struct dkim_question {
	char		name[DOMAIN_SIZE];
	struct dkim_key	key;
};

struct dkim_part {		/* one signature */
	struct dkim_screen	 screen;
	struct dkim_question	*question;
	bool			 ready;		/* has a key that fits */
};

struct dkim_check {
	struct dkim_settings	 settings;
	const struct header	*header;
	size_t			 count;
	struct dkim_part	*parts;
	struct dkim_signature	*rows;
	size_t			 question_count;
	struct dkim_question	*questions;
	struct dkim		*handle;
	bool			 started;
	bool			 wants_body;
};

static inline bool
dkim_is_signature(const struct header_field *field)
{
	return header_field_is(field, "DKIM-Signature");
}

void dkim_check_set(struct dkim_signature *row, enum dkim_result result,
    const char *why);
/* All that are usable become neutral. */
void dkim_check_refuse(struct dkim_check *check, const char *why);
/* When the answers are there; true: at least one signature has its key. */
bool dkim_check_keys(struct dkim_check *check);
void dkim_library_free(struct dkim *handle);

#endif
