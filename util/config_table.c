/* SPDX-License-Identifier: ISC */
/*
 * Settings as data: each row of settings.def with where its value lies and
 * how a text becomes it.
 */
#include "util/config_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/number.h"
#include "util/xalloc.h"

#define AT(member) offsetof(struct config, member)
#define NAME_SIZE 64

#define TEXT(n, def, help) \
	{ #n, SETTING_TEXT, AT(n), def, 0, 0, 0, NULL, NULL, help },
#define NUMBER(n, def, min, max, unit, help) \
	{ #n, SETTING_NUMBER, AT(n), NULL, def, min, max, NULL, unit, help },
#define YESNO(n, def, help) \
	{ #n, SETTING_YESNO, AT(n), NULL, def, 0, 1, NULL, NULL, help },
#define CHOICE(n, type, words, def, help) \
	{ #n, SETTING_CHOICE, AT(n), NULL, def, 0, 0, words, NULL, help },
#define TEXTS(n, def, help) \
	{ #n, SETTING_TEXTS, AT(n), def, 0, 0, 0, NULL, NULL, help },
#define BLOCKS(n, def, help) \
	{ #n, SETTING_BLOCKS, AT(n), def, 0, 0, 0, NULL, NULL, help },

static struct setting settings[] = {
#include "util/settings.def"
};

#undef TEXT
#undef NUMBER
#undef YESNO
#undef CHOICE
#undef TEXTS
#undef BLOCKS

const size_t setting_count = sizeof settings / sizeof *settings;

/* C names have _ where the file has -. */
static void
name_all(void)
{
	static char names[sizeof settings / sizeof *settings][NAME_SIZE];
	static bool done;

	if (done)
		return;
	done = true;
	for (size_t i = 0; i < setting_count; i++) {
		strcpy_bounded(names[i], NAME_SIZE, settings[i].name);
		for (char *p = names[i]; *p != '\0'; p++) {
			if (*p == '_')
				*p = '-';
		}
		settings[i].name = names[i];
	}
}

const struct setting *
setting_at(size_t i)
{
	name_all();
	return i < setting_count ? &settings[i] : NULL;
}

const struct setting *
setting_find(const char *name)
{
	name_all();
	for (size_t i = 0; i < setting_count; i++) {
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	}
	return NULL;
}

/* Units that a number may carry: 10k, 50M, 5d. */
static const struct {
	char		letter;
	const char	*unit;
	uint64_t	factor;
} factors[] = {
	{ 'k', "bytes", 1024 },
	{ 'M', "bytes", 1024 * 1024 },
	{ 'G', "bytes", 1024 * 1024 * 1024 },
	{ 's', "seconds", 1 },
	{ 'm', "seconds", 60 },
	{ 'h', "seconds", 3600 },
	{ 'd', "seconds", 86400 },
};

static bool
parse_number(const struct setting *s, const char *value, uint64_t *ret_number)
{
	char digits[24];
	uint64_t factor = 1, n;
	size_t length = strlen(value);

	if (length == 0 || length >= sizeof digits)
		return false;
	strcpy_bounded(digits, sizeof digits, value);
	for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
		if (digits[length - 1] == factors[i].letter &&
		    strcmp(s->unit, factors[i].unit) == 0) {
			factor = factors[i].factor;
			digits[length - 1] = '\0';
			break;
		}
	}
	if (!number_parse(digits, 0, UINT64_MAX / factor, &n))
		return false;
	n *= factor;
	if (n < s->min || n > s->max)
		return false;
	*ret_number = n;
	return true;
}

static bool
parse_choice(const char *words, const char *value, unsigned *ret_index)
{
	size_t length = strlen(value);
	unsigned index = 0;

	for (const char *w = words; ; w++, index++) {
		size_t n = strcspn(w, " ");

		if (n == length && strncmp(w, value, n) == 0) {
			*ret_index = index;
			return true;
		}
		w += n;
		if (*w == '\0')
			return false;
	}
}

static bool
store_yesno(bool *yesno, const char *value)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on",
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(value, words[i]) == 0) {
			*yesno = i % 2 != 0;
			return true;
		}
	}
	return false;
}

static void
add_text(struct text_list *list, const char *value)
{
	list->items = xreallocarray(list->items, list->count + 1,
	    sizeof *list->items);
	list->items[list->count++] = xstrdup(value);
}

static bool
add_block(struct block_list *list, const char *value)
{
	struct netblock block;

	if (!netblock_parse(value, &block))
		return false;
	list->items = xreallocarray(list->items, list->count + 1,
	    sizeof *list->items);
	list->items[list->count++] = block;
	return true;
}

bool
setting_store(const struct setting *s, struct config *config,
    const char *value, char *why, size_t why_size)
{
	void *at = (char *)config + s->offset;
	unsigned index;

	switch (s->kind) {
	case SETTING_TEXT:
		free(*(char **)at);
		*(char **)at = xstrdup(value);
		return true;
	case SETTING_NUMBER:
		if (parse_number(s, value, at))
			return true;
		snprintf(why, why_size, "a number from %llu to %llu (%s)",
		    (unsigned long long)s->min, (unsigned long long)s->max,
		    s->unit);
		return false;
	case SETTING_YESNO:
		if (store_yesno(at, value))
			return true;
		snprintf(why, why_size, "yes or no");
		return false;
	case SETTING_CHOICE:
		if (parse_choice(s->words, value, &index)) {
			memcpy(at, &index, sizeof index);
			return true;
		}
		snprintf(why, why_size, "one of: %s", s->words);
		return false;
	case SETTING_TEXTS:
		add_text(at, value);
		return true;
	case SETTING_BLOCKS:
		if (add_block(at, value))
			return true;
		snprintf(why, why_size, "a network such as 192.0.2.0/24 or "
		    "2001:db8::/32, with no bits set behind its prefix");
		return false;
	}
	return false;
}

static void
show_blocks(const struct block_list *list, char *text, size_t size)
{
	char one[NETADDR_TEXT_SIZE];
	size_t at = (size_t)snprintf(text, size, "{");

	for (size_t i = 0; i < list->count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s\"%s\"",
		    i == 0 ? "" : ", ", netblock_format(&list->items[i], one));
	if (at < size)
		snprintf(text + at, size - at, "}");
}

void
setting_show_texts(const struct text_list *list, char *text, size_t size)
{
	size_t at = (size_t)snprintf(text, size, "{");

	for (size_t i = 0; i < list->count && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s\"%s\"",
		    i == 0 ? "" : ", ", list->items[i]);
	if (at < size)
		snprintf(text + at, size - at, "}");
}

static void
show_choice(const char *words, unsigned index, char *text, size_t size)
{
	while (index-- > 0)
		words = strchr(words, ' ') + 1;
	snprintf(text, size, "%.*s", (int)strcspn(words, " "), words);
}

void
setting_show(const struct setting *s, const struct config *config, char *text,
    size_t size)
{
	const void *at = (const char *)config + s->offset;
	unsigned index;

	switch (s->kind) {
	case SETTING_TEXT:
		snprintf(text, size, "\"%s\"", *(char *const *)at);
		break;
	case SETTING_NUMBER:
		snprintf(text, size, "%llu",
		    (unsigned long long)*(const uint64_t *)at);
		break;
	case SETTING_YESNO:
		snprintf(text, size, "%s", *(const bool *)at ? "yes" : "no");
		break;
	case SETTING_CHOICE:
		memcpy(&index, at, sizeof index);
		show_choice(s->words, index, text, size);
		break;
	case SETTING_TEXTS:
		setting_show_texts(at, text, size);
		break;
	case SETTING_BLOCKS:
		show_blocks(at, text, size);
		break;
	}
}
