/* SPDX-License-Identifier: ISC */
/* Copies of DNS answers, found by type and name. */

#include "queue/plan_answers.h"

#include <stdlib.h>
#include <string.h>

#include "util/xalloc.h"

void
plan_answers_init(struct plan_answers *answers)
{
	*answers = (struct plan_answers){ 0 };
}

void
plan_answers_done(struct plan_answers *answers)
{
	for (size_t i = 0; i < answers->count; i++) {
		struct plan_answer *a = &answers->items[i];

		for (size_t j = 0; j < a->count; j++)
			free(a->records[j].name);
		free(a->records);
		free(a->name);
		free(a->why);
	}
	free(answers->items);
	plan_answers_init(answers);
}

struct plan_answer *
plan_answers_add(struct plan_answers *answers, enum dns_type type,
    const char *name, enum dns_status status, const char *why)
{
	struct plan_answer *a;

	if (answers->count == answers->size) {
		answers->size = answers->size == 0 ? 8 : 2 * answers->size;
		answers->items = xreallocarray(answers->items, answers->size,
		    sizeof *answers->items);
	}
	a = &answers->items[answers->count++];
	*a = (struct plan_answer){
		.type = type,
		.name = xstrdup(name),
		.status = status,
		.why = xstrdup(why),
	};
	return a;
}

void
plan_answer_add(struct plan_answer *answer, const struct plan_record *record)
{
	struct plan_record *r;

	if (answer->count == PLAN_RECORDS_MAX)
		return;
	answer->records = xreallocarray(answer->records, answer->count + 1,
	    sizeof *answer->records);
	r = &answer->records[answer->count++];
	*r = *record;
	r->name = xstrdup(record->name == NULL ? "" : record->name);
}

const struct plan_answer *
plan_answers_find(const struct plan_answers *answers, enum dns_type type,
    const char *name)
{
	for (size_t i = 0; i < answers->count; i++) {
		const struct plan_answer *a = &answers->items[i];

		if (a->type == type && strcmp(a->name, name) == 0)
			return a;
	}
	return NULL;
}

const char *
plan_status_text(enum dns_status status)
{
	static const char *const texts[] = {
		[DNS_OK] = "found",
		[DNS_NODATA] = "no such record",
		[DNS_NXDOMAIN] = "no such name",
		[DNS_FAILED] = "lookup failed",
		[DNS_BOGUS] = "DNSSEC validation failed",
	};

	return texts[status];
}

const char *
plan_type_text(enum dns_type type)
{
	static const char *const texts[] = {
		[DNS_A] = "A",
		[DNS_PTR] = "PTR",
		[DNS_MX] = "MX",
		[DNS_TXT] = "TXT",
		[DNS_AAAA] = "AAAA",
		[DNS_SRV] = "SRV",
		[DNS_TLSA] = "TLSA",
	};

	return texts[type];
}
