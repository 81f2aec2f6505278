/* SPDX-License-Identifier: ISC */
/* Questions and answers of DNS as plain data. */

#include "policy/answers.h"

#include "util/number.h"
#include "util/xalloc.h"

void
answers_done(struct answers *answers)
{
	for (size_t i = 0; i < answers->count; i++) {
		struct dns_answer *a = &answers->items[i];

		for (size_t n = 0; n < a->name_count; n++)
			free(a->names[n]);
		for (size_t n = 0; n < a->text_count; n++)
			free(a->texts[n].data);
		free(a->texts);
		free(a->addrs);
		free(a->name);
	}
	free(answers->items);
	answers->items = NULL;
	answers->count = 0;
}

struct dns_answer *
answers_add(struct answers *answers, enum dns_type type, const char *name,
    enum dns_status status, uint32_t ttl_s)
{
	struct dns_answer *a;

	if (answers->count == ANSWERS_MAX)
		return NULL;
	answers->items = xreallocarray(answers->items, answers->count + 1,
	    sizeof *answers->items);
	a = &answers->items[answers->count++];
	*a = (struct dns_answer){ .type = type, .name = xstrdup(name),
	    .status = status, .ttl_s = ttl_s };
	return a;
}

void
dns_answer_add_name(struct dns_answer *answer, const char *name)
{
	if (answer->name_count == ANSWER_NAMES_MAX) {
		answer->cut = true;
		return;
	}
	answer->names[answer->name_count++] = xstrdup(name);
}

void
dns_answer_add_addr(struct dns_answer *answer, const struct netaddr *addr)
{
	if (answer->addr_count == ANSWER_ADDRS_MAX) {
		answer->cut = true;
		return;
	}
	answer->addrs = xreallocarray(answer->addrs, answer->addr_count + 1,
	    sizeof *answer->addrs);
	answer->addrs[answer->addr_count++] = *addr;
}

void
dns_answer_add_text(struct dns_answer *answer, const void *data, size_t size)
{
	struct dns_text *text;

	if (answer->text_count == ANSWER_TEXTS_MAX) {
		answer->cut = true;
		return;
	}
	answer->texts = xreallocarray(answer->texts, answer->text_count + 1,
	    sizeof *answer->texts);
	text = &answer->texts[answer->text_count++];
	text->data = xmalloc(size + 1);
	text->size = size;
	if (size > 0)
		memcpy(text->data, data, size);
}

const struct dns_answer *
answers_want(const struct answers *answers, enum dns_type type,
    const char *name, struct questions *need)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->items[i].type == type &&
		    strcmp(answers->items[i].name, name) == 0)
			return &answers->items[i];
	for (size_t i = 0; i < need->count; i++)
		if (need->items[i].type == type &&
		    strcmp(need->items[i].name, name) == 0)
			return NULL;
	if (need->count == QUESTIONS_MAX)
		return NULL;
	need->items[need->count].type = type;
	strcpy_bounded(need->items[need->count].name, DOMAIN_SIZE, name);
	need->count++;
	return NULL;
}

uint32_t
answers_ttl(const struct answers *answers, uint32_t most_s)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->items[i].ttl_s < most_s)
			most_s = answers->items[i].ttl_s;
	return most_s;
}

bool
answers_troubled(const struct answers *answers)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->items[i].status == DNS_FAILED ||
		    answers->items[i].status == DNS_BOGUS)
			return true;
	return false;
}
