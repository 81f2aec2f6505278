/* SPDX-License-Identifier: ISC */
#ifndef POLICY_DKIM_TAGS_H
#define POLICY_DKIM_TAGS_H

/* The tag=value lists of signatures and key records (RFC 6376 3.2). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DKIM_TAGS_MAX	64

struct dkim_tag {
	const char	*name;
	size_t		 name_length;
	const char	*value;		/* no white space around */
	size_t		 length;
};

struct dkim_tags {
	size_t		count;
	struct dkim_tag	list[DKIM_TAGS_MAX];
};

/* false for anything outside the grammar, for a tag that comes twice, and for
 * octets beyond ASCII.  The tags point into the text. */
bool dkim_tags_parse(const char *text, size_t n, struct dkim_tags *ret_tags);
/* NULL if there is none.  Names have case. */
const struct dkim_tag *dkim_tags_find(const struct dkim_tags *tags,
    const char *name);
/* The values; NULL tags are none.  Without case. */
bool dkim_tag_is(const struct dkim_tag *tag, const char *value);
/* How often `word` stands in a list with colons. */
size_t dkim_tag_count(const struct dkim_tag *tag, const char *word);
bool dkim_tag_number(const struct dkim_tag *tag, uint64_t *ret_number);
/* The value without any white space; false if it does not fit. */
bool dkim_tag_squeeze(const struct dkim_tag *tag, char *to, size_t size);

#endif
