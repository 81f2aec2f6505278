/* SPDX-License-Identifier: ISC */
/*
 *	tag-list  = tag-spec *( ";" tag-spec ) [ ";" ]
 *	tag-spec  = [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS]
 *	tag-name  = ALPHA *( ALPHA / DIGIT / "_" )
 *	tag-value = printable ASCII but ";", with FWS inside, or nothing
 */
#include "policy/dkim_tags.h"

#include <string.h>
#include <strings.h>

#include "util/number.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_name(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (!first && ((c >= '0' && c <= '9') || c == '_'));
}

static void
skip_blanks(const char **p, const char *end)
{
	while (*p < end && is_blank(**p))
		(*p)++;
}

static bool
take_name(const char **p, const char *end, struct dkim_tag *tag)
{
	tag->name = *p;
	while (*p < end && is_name(**p, *p == tag->name))
		(*p)++;
	tag->name_length = (size_t)(*p - tag->name);
	skip_blanks(p, end);
	return tag->name_length > 0 && *p < end && *(*p)++ == '=';
}

/* Up to ";" or the end. */
static bool
take_value(const char **p, const char *end, struct dkim_tag *tag)
{
	skip_blanks(p, end);
	tag->value = *p;
	for (; *p < end && **p != ';'; (*p)++) {
		if ((**p < ' ' || **p > '~') && !is_blank(**p))
			return false;
	}
	tag->length = (size_t)(*p - tag->value);
	while (tag->length > 0 && is_blank(tag->value[tag->length - 1]))
		tag->length--;
	return true;
}

static bool
known(const struct dkim_tags *tags, const struct dkim_tag *tag)
{
	for (size_t i = 0; i < tags->count; i++) {
		if (tags->list[i].name_length == tag->name_length &&
		    memcmp(tags->list[i].name, tag->name,
		    tag->name_length) == 0)
			return true;
	}
	return false;
}

bool
dkim_tags_parse(const char *text, size_t n, struct dkim_tags *ret_tags)
{
	const char *p = text, *end = text + n;

	ret_tags->count = 0;
	for (;;) {
		struct dkim_tag tag;

		skip_blanks(&p, end);
		if (p == end)
			return ret_tags->count > 0;
		if (ret_tags->count == DKIM_TAGS_MAX ||
		    !take_name(&p, end, &tag) ||
		    !take_value(&p, end, &tag) || known(ret_tags, &tag))
			return false;
		ret_tags->list[ret_tags->count++] = tag;
		if (p < end)
			p++;
	}
}

const struct dkim_tag *
dkim_tags_find(const struct dkim_tags *tags, const char *name)
{
	for (size_t i = 0; i < tags->count; i++) {
		const struct dkim_tag *tag = &tags->list[i];

		if (tag->name_length == strlen(name) &&
		    memcmp(tag->name, name, tag->name_length) == 0)
			return tag;
	}
	return NULL;
}

bool
dkim_tag_is(const struct dkim_tag *tag, const char *value)
{
	return tag != NULL && tag->length == strlen(value) &&
	    strncasecmp(tag->value, value, tag->length) == 0;
}

size_t
dkim_tag_count(const struct dkim_tag *tag, const char *word)
{
	const char *p, *end;
	size_t count = 0;

	if (tag == NULL)
		return 0;
	end = tag->value + tag->length;
	for (p = tag->value; p <= end; p++) {
		const char *colon = memchr(p, ':', (size_t)(end - p));
		const char *stop = colon == NULL ? end : colon, *last = stop;

		skip_blanks(&p, stop);
		while (last > p && is_blank(last[-1]))
			last--;
		count += (size_t)(last - p) == strlen(word) &&
		    strncasecmp(p, word, (size_t)(last - p)) == 0;
		p = stop;
	}
	return count;
}

bool
dkim_tag_number(const struct dkim_tag *tag, uint64_t *ret_number)
{
	char text[21];

	return tag != NULL && dkim_tag_squeeze(tag, text, sizeof text) &&
	    number_parse(text, 0, UINT64_MAX, ret_number);
}

bool
dkim_tag_squeeze(const struct dkim_tag *tag, char *to, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < tag->length; i++) {
		if (is_blank(tag->value[i]))
			continue;
		if (n + 1 >= size)
			return false;
		to[n++] = tag->value[i];
	}
	to[n] = '\0';
	return true;
}
