/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CONFIG_TABLE_H
#define UTIL_CONFIG_TABLE_H

/* The rows of util/settings.def as data; for config*.c and the manual. */

#include "util/config.h"

enum setting_kind {
	SETTING_TEXT,
	SETTING_NUMBER,
	SETTING_YESNO,
	SETTING_CHOICE,
	SETTING_TEXTS,
	SETTING_BLOCKS,
};

struct setting {
	const char		*name;		/* as in the file, with - */
	enum setting_kind	 kind;
	size_t			 offset;	/* in struct config */
	const char		*text;		/* default of a text or list */
	uint64_t		 number;	/* default of the others */
	uint64_t		 min, max;
	const char		*words;		/* of a choice, in order */
	const char		*unit;
	const char		*help;
};

extern const size_t setting_count;
/* NULL beyond the end. */
const struct setting *setting_at(size_t i);
const struct setting *setting_find(const char *name);

/*
 * One value from its text into config; false with a reason ("a number from 1
 * to 64") in why.  Texts of lists are added, one call an item.
 */
bool setting_store(const struct setting *s, struct config *config,
    const char *value, char *why, size_t why_size);
/* The value in force as it would stand in a file. */
void setting_show(const struct setting *s, const struct config *config,
    char *text, size_t size);
/* The same of a list: {"a", "b"}. */
void setting_show_texts(const struct text_list *list, char *text, size_t size);

#endif
