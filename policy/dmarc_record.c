/* SPDX-License-Identifier: ISC */
/*
 * The tags that count are collected first, and then read each by its own
 * reader: a fault in one, to be said twice being one, leaves the others as
 * they are (RFC 9989 4.8).
 */

#include "policy/dmarc_record.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "policy/auth_words.h"
#include "util/number.h"

struct span {
	const char	*text;
	size_t		 size;
};

enum tag {
	TAG_P, TAG_SP, TAG_NP, TAG_ADKIM, TAG_ASPF, TAG_PSD, TAG_T, TAG_RUA,
	TAG_COUNT,
};

static const char *const tag_names[TAG_COUNT] = {
	[TAG_P] = "p", [TAG_SP] = "sp", [TAG_NP] = "np",
	[TAG_ADKIM] = "adkim", [TAG_ASPF] = "aspf", [TAG_PSD] = "psd",
	[TAG_T] = "t", [TAG_RUA] = "rua",
};

struct tags {
	struct span	value[TAG_COUNT];
	unsigned	count[TAG_COUNT];
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span
trim(struct span s)
{
	while (s.size > 0 && is_blank(s.text[0])) {
		s.text++;
		s.size--;
	}
	while (s.size > 0 && is_blank(s.text[s.size - 1]))
		s.size--;
	return s;
}

/* What stands before the first `mark`; *s is then what follows it. */
static struct span
split(struct span *s, char mark)
{
	const char *at = memchr(s->text, mark, s->size);
	struct span first = *s;

	if (at == NULL) {
		s->text += s->size;
		s->size = 0;
	} else {
		first.size = (size_t)(at - s->text);
		s->text += first.size + 1;
		s->size -= first.size + 1;
	}
	return first;
}

static bool
is_word(struct span s, const char *word)
{
	return s.size == strlen(word) &&
	    strncasecmp(s.text, word, s.size) == 0;
}

/* "v" equals %s"DMARC1": the one value whose case counts.  Nothing may stand
 * before it. */
static bool
is_version(struct span s)
{
	struct span name;

	if (s.size == 0 || is_blank(s.text[0]))
		return false;
	name = trim(split(&s, '='));
	s = trim(s);
	return is_word(name, "v") && s.size == strlen("DMARC1") &&
	    memcmp(s.text, "DMARC1", s.size) == 0;
}

static void
collect(struct span rest, struct tags *tags)
{
	while (rest.size > 0) {
		struct span value = split(&rest, ';');
		struct span name = trim(split(&value, '='));

		for (size_t i = 0; i < TAG_COUNT; i++) {
			if (is_word(name, tag_names[i])) {
				tags->value[i] = trim(value);
				tags->count[i]++;
			}
		}
	}
}

static bool
is_tag(const struct tags *tags, enum tag tag, const char *word)
{
	return tags->count[tag] == 1 && is_word(tags->value[tag], word);
}

static bool
read_policy(const struct tags *tags, enum tag tag,
    enum dmarc_policy *ret_policy)
{
	for (enum dmarc_policy p = DMARC_POLICY_NONE;
	    p <= DMARC_POLICY_REJECT; p++) {
		if (is_tag(tags, tag, dmarc_policy_word(p))) {
			*ret_policy = p;
			return true;
		}
	}
	return false;
}

static bool
is_scheme_char(char c, bool first)
{
	c = ascii_lower(c);
	return (c >= 'a' && c <= 'z') || (!first && ((c >= '0' && c <= '9') ||
	    c == '+' || c == '-' || c == '.'));
}

/* scheme ":" and something printable behind it (RFC 3986, roughly); of
 * mailto: a mailbox.  A size ("!10m") is an obsolete end. */
static bool
is_uri(struct span uri)
{
	struct span rest = split(&uri, '!');
	struct span scheme = split(&rest, ':');

	for (size_t i = 0; i < scheme.size; i++)
		if (!is_scheme_char(scheme.text[i], i == 0))
			return false;
	for (size_t i = 0; i < rest.size; i++)
		if (rest.text[i] <= ' ' || rest.text[i] > '~')
			return false;
	if (is_word(scheme, "mailto")) {
		struct span local = split(&rest, '@');

		return local.size > 0 && rest.size > 0;
	}
	return scheme.size > 0 && rest.size > 0;
}

static bool
has_good_uri(const struct tags *tags)
{
	struct span list = tags->value[TAG_RUA];

	if (tags->count[TAG_RUA] != 1)
		return false;
	while (list.size > 0)
		if (is_uri(trim(split(&list, ','))))
			return true;
	return false;
}

/* RFC 9989 4.10.1: a faulty request is "none", if it can be reported. */
static void
read_policies(const struct tags *tags, struct dmarc_record *record)
{
	bool good = read_policy(tags, TAG_P, &record->policy);

	record->subdomain = record->policy;
	if (tags->count[TAG_SP] > 0)
		good &= read_policy(tags, TAG_SP, &record->subdomain);
	record->nonexistent = record->subdomain;
	if (tags->count[TAG_NP] > 0)
		good &= read_policy(tags, TAG_NP, &record->nonexistent);
	record->usable = good || record->reports;
	if (!good) {
		record->policy = DMARC_POLICY_NONE;
		record->subdomain = DMARC_POLICY_NONE;
		record->nonexistent = DMARC_POLICY_NONE;
	}
}

bool
dmarc_record_parse(const void *text, size_t n,
    struct dmarc_record *ret_record)
{
	struct span rest = { text, n };
	struct tags tags = { .count = { 0 } };

	if (n > DMARC_RECORD_MAX || !is_version(split(&rest, ';')))
		return false;
	collect(rest, &tags);
	*ret_record = (struct dmarc_record){
		.strict_dkim = is_tag(&tags, TAG_ADKIM, "s"),
		.strict_spf = is_tag(&tags, TAG_ASPF, "s"),
		.psd = is_tag(&tags, TAG_PSD, "y") ? DMARC_PSD_YES :
		    is_tag(&tags, TAG_PSD, "n") ? DMARC_PSD_NO :
		    DMARC_PSD_UNKNOWN,
		.testing = is_tag(&tags, TAG_T, "y"),
		.reports = has_good_uri(&tags),
	};
	read_policies(&tags, ret_record);
	return true;
}
