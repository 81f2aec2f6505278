/* SPDX-License-Identifier: ISC */
/*
 * A message's signatures before the library sees them: which are looked at,
 * what is asked, which keys fit.
 */
#include "policy/dkim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/dkim_inner.h"
#include "util/number.h"
#include "util/xalloc.h"

#define HEADER_MAX	(1024 * 1024)	/* octets that are evaluated */
#define WORK_MAX	4000000		/* names in h= times fields */

void
dkim_check_set(struct dkim_signature *row, enum dkim_result result,
    const char *why)
{
	row->result = result;
	snprintf(row->why, sizeof row->why, "%s", why);
}

/* What the library would misread: a NUL ends its strings. */
static const char *
unfit(const struct header *header)
{
	if (header->overfull || header->size > HEADER_MAX)
		return "the header is too large";
	if (header->malformed)
		return "a line of the header is no field";
	if (memchr(header->text, '\0', header->size) != NULL)
		return "a NUL in the header";
	for (size_t i = 0; i < header->count; i++) {
		if (memchr(header->fields[i].name, ';',
		    header->fields[i].name_length) != NULL)
			return "a field name with a semicolon";
	}
	return NULL;
}

void
dkim_check_refuse(struct dkim_check *check, const char *why)
{
	for (size_t i = 0; i < check->count; i++) {
		if (!check->parts[i].screen.usable)
			continue;
		check->parts[i].screen.usable = false;
		check->parts[i].ready = false;
		dkim_check_set(&check->rows[i], DKIM_RESULT_NEUTRAL, why);
	}
}

/* Each length is one more hash over the body: one is enough. */
static void
refuse_lengths(struct dkim_check *check)
{
	bool seen = false;

	for (size_t i = 0; i < check->count; i++) {
		struct dkim_screen *screen = &check->parts[i].screen;

		if (!screen->usable || !screen->length)
			continue;
		screen->usable = !seen;
		if (seen)
			dkim_check_set(&check->rows[i], DKIM_RESULT_NEUTRAL,
			    "another signature has l=");
		seen = true;
	}
}

/* A signature over other signatures is only right if all of them are shown
 * to the library, which is shown the usable ones alone. */
static void
refuse_nested(struct dkim_check *check, size_t total)
{
	size_t usable = 0;

	for (size_t i = 0; i < check->count; i++)
		usable += check->parts[i].screen.usable;
	for (size_t i = 0; i < check->count; i++) {
		if (!check->parts[i].screen.usable || usable == total ||
		    !check->parts[i].screen.signs_signatures)
			continue;
		check->parts[i].screen.usable = false;
		dkim_check_set(&check->rows[i], DKIM_RESULT_NEUTRAL,
		    "it covers signatures that are not read");
	}
}

static void
ask(struct dkim_check *check, struct dkim_part *part)
{
	struct dkim_question *question;

	for (size_t i = 0; i < check->question_count; i++) {
		if (strcmp(check->questions[i].name,
		    part->screen.question) == 0) {
			part->question = &check->questions[i];
			return;
		}
	}
	question = &check->questions[check->question_count++];
	strcpy_bounded(question->name, sizeof question->name,
	    part->screen.question);
	dkim_key_read(&question->key, DNS_FAILED, NULL, 0);
	part->question = question;
}

static void
read_fields(struct dkim_check *check, uint64_t now)
{
	size_t counts[DKIM_SINGLES], k = 0;

	dkim_screen_singles(check->header, counts);
	for (size_t i = 0; k < check->count; i++) {
		const struct header_field *field = &check->header->fields[i];

		if (!dkim_is_signature(field))
			continue;
		dkim_screen_read(&check->parts[k].screen, &check->rows[k],
		    field->value, field->value_length, &check->settings,
		    counts, now);
		k++;
	}
}

static size_t
work(const struct dkim_check *check)
{
	size_t names = 0;

	for (size_t i = 0; i < check->count; i++)
		names += check->parts[i].screen.usable ?
		    check->parts[i].screen.names : 0;
	return names * check->header->count;
}

struct dkim_check *
dkim_check_new(const struct dkim_settings *settings,
    const struct header *header, uint64_t now)
{
	struct dkim_check *check = xcalloc(1, sizeof *check);
	size_t total = 0;

	check->settings = *settings;
	check->header = header;
	for (size_t i = 0; i < header->count; i++)
		total += dkim_is_signature(&header->fields[i]);
	check->count = total < settings->signatures_max ? total :
	    settings->signatures_max;
	if (check->count == 0)
		return check;
	check->parts = xcalloc(check->count, sizeof *check->parts);
	check->rows = xcalloc(check->count, sizeof *check->rows);
	check->questions = xcalloc(check->count, sizeof *check->questions);
	read_fields(check, now);
	if (unfit(header) != NULL)
		dkim_check_refuse(check, unfit(header));
	refuse_lengths(check);
	refuse_nested(check, total);
	if (work(check) > WORK_MAX)
		dkim_check_refuse(check, "too many fields and signed names");
	for (size_t i = 0; i < check->count; i++) {
		if (check->parts[i].screen.usable)
			ask(check, &check->parts[i]);
	}
	return check;
}

struct dkim_check *
dkim_check_free(struct dkim_check *check)
{
	if (check == NULL)
		return NULL;
	if (check->handle != NULL)
		dkim_library_free(check->handle);
	for (size_t i = 0; i < check->count; i++)
		free(check->rows[i].b);
	free(check->questions);
	free(check->rows);
	free(check->parts);
	free(check);
	return NULL;
}

const char *
dkim_check_question(const struct dkim_check *check, size_t i)
{
	return i < check->question_count ? check->questions[i].name : NULL;
}

void
dkim_check_answer(struct dkim_check *check, size_t i, enum dns_status status,
    const struct dkim_text *records, size_t count)
{
	dkim_key_read(&check->questions[i].key, status, records, count);
}

/* Does the key fit the signature?  A NULL is yes. */
static const char *
misfit(const struct dkim_part *part)
{
	const struct dkim_key *key = &part->question->key;

	if (key->ed25519 != part->screen.ed25519)
		return "the key is of another algorithm";
	if (key->same_domain && part->screen.subdomain)
		return "the key is not for subdomains";
	return NULL;
}

bool
dkim_check_keys(struct dkim_check *check)
{
	bool any = false;

	for (size_t i = 0; i < check->count; i++) {
		struct dkim_part *part = &check->parts[i];

		if (!part->screen.usable)
			continue;
		if (part->question->key.result != DKIM_RESULT_PASS)
			dkim_check_set(&check->rows[i],
			    part->question->key.result,
			    part->question->key.why);
		else if (misfit(part) != NULL)
			dkim_check_set(&check->rows[i], DKIM_RESULT_PERMERROR,
			    misfit(part));
		else
			part->ready = any = true;
	}
	return any;
}
