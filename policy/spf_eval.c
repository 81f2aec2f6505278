/* SPDX-License-Identifier: ISC */
/*
 * One record's terms from left to right; include and redirect come back
 * here.  Each costs a look-up, so SPF_LOOKUPS_MAX bounds the depth, and a
 * loop ends as any other record with too many look-ups.
 *
 *	spf_check_host -> find_record -> evaluate -> match_term -,
 *	      ^------------- include, redirect ------------------'
 */

#include "policy/spf_eval.h"

#include <stdarg.h>

#include "util/number.h"

static const struct dns_answer no_such_name = { .status = DNS_NXDOMAIN };
static const struct dns_answer too_many = { .status = DNS_FAILED };

void
spf_say(struct spf_eval *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->why, sizeof e->why, format, args);
	va_end(args);
	for (char *p = e->why; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

const struct dns_answer *
spf_ask(struct spf_eval *e, enum dns_type type, const char *name)
{
	const struct dns_answer *answer;
	char clean[DOMAIN_SIZE];

	if (!spf_name_clean(name, strlen(name), clean))
		return &no_such_name;
	answer = answers_want(e->answers, type, clean, e->need);
	if (answer != NULL)
		return answer;
	if (e->answers->count == ANSWERS_MAX)
		return &too_many;	/* no answer could be added */
	e->waiting = true;
	return NULL;
}

enum spf_match
spf_count_lookup(struct spf_eval *e)
{
	if (++e->lookups <= SPF_LOOKUPS_MAX)
		return SPF_NO_MATCH;
	spf_say(e, "more than %d look-ups", SPF_LOOKUPS_MAX);
	return SPF_MATCH_PERMERROR;
}

/* "include:x: why", from the inside out. */
static void
say_outer(struct spf_eval *e, const struct spf_term *term)
{
	char inner[SPF_WHY_SIZE];

	memcpy(inner, e->why, sizeof inner);
	spf_say(e, "%.*s: %s", (int)term->size, term->text, inner);
}

/* check_host() of a term's domain, for include and redirect. */
static enum spf_match
check_other(struct spf_eval *e, const struct spf_term *term,
    const char *domain, enum spf_result *ret_result)
{
	char name[DOMAIN_SIZE];
	enum spf_match match;

	if ((match = spf_count_lookup(e)) != SPF_NO_MATCH)
		return match;
	if (!spf_target(e, term, domain, name))
		return SPF_MATCH_WAITS;
	if (!spf_check_host(e, name, NULL, ret_result, NULL))
		return SPF_MATCH_WAITS;
	say_outer(e, term);
	return SPF_NO_MATCH;
}

/* The table of 5.2. */
static enum spf_match
match_include(struct spf_eval *e, const struct spf_term *term,
    const char *domain)
{
	enum spf_result result;
	enum spf_match match = check_other(e, term, domain, &result);

	if (match != SPF_NO_MATCH)
		return match;
	switch (result) {
	case SPF_RESULT_PASS:
		return SPF_MATCH;
	case SPF_RESULT_FAIL:
	case SPF_RESULT_SOFTFAIL:
	case SPF_RESULT_NEUTRAL:
		return SPF_NO_MATCH;
	case SPF_RESULT_TEMPERROR:
		return SPF_MATCH_TEMPERROR;
	case SPF_RESULT_PERMERROR:
	case SPF_RESULT_NONE:
		return SPF_MATCH_PERMERROR;
	}
	abort();
}

static enum spf_match
match_term(struct spf_eval *e, const struct spf_term *term,
    const char *domain)
{
	switch (term->kind) {
	case SPF_ALL:
		return SPF_MATCH;
	case SPF_INCLUDE:
		return match_include(e, term, domain);
	case SPF_A:
	case SPF_MX:
	case SPF_PTR:
	case SPF_EXISTS:
		return spf_match_dns(e, term, domain);
	case SPF_IP4:
	case SPF_IP6:
		return spf_match_network(e, term);
	case SPF_REDIRECT:
	case SPF_EXP:
	case SPF_OTHER_MODIFIER:
		return SPF_NO_MATCH;
	}
	abort();
}

/* While one term waits, the terms behind it may as well ask. */
static void
ask_rest(struct spf_eval *e, const char *text, size_t at, const char *domain)
{
	size_t size = strlen(text);
	unsigned left = e->lookups < SPF_LOOKUPS_MAX ?
	    SPF_LOOKUPS_MAX - e->lookups : 0;
	struct spf_term term;

	while (left-- > 0 && spf_record_next(text, size, &at, &term) &&
	    term.kind != SPF_ALL)
		spf_ask_early(e, &term, domain);
}

/* 6.1: a redirect to a domain without a record is a permerror. */
static bool
follow_redirect(struct spf_eval *e, const struct spf_term *term,
    const char *domain, enum spf_result *ret_result)
{
	switch (check_other(e, term, domain, ret_result)) {
	case SPF_MATCH_WAITS:
		return false;
	case SPF_NO_MATCH:
		if (*ret_result == SPF_RESULT_NONE)
			*ret_result = SPF_RESULT_PERMERROR;
		return true;
	case SPF_MATCH:
	case SPF_MATCH_TEMPERROR:
	case SPF_MATCH_PERMERROR:
		*ret_result = SPF_RESULT_PERMERROR;
		return true;
	}
	abort();
}

static bool
evaluate(struct spf_eval *e, const char *text, const char *domain,
    enum spf_result *ret_result)
{
	struct spf_term term, redirect = { 0 };
	size_t size = strlen(text), at = 0;

	while (spf_record_next(text, size, &at, &term)) {
		if (term.kind == SPF_REDIRECT)
			redirect = term;
		switch (match_term(e, &term, domain)) {
		case SPF_NO_MATCH:
			continue;
		case SPF_MATCH:
			*ret_result = term.result;
			if (term.kind != SPF_INCLUDE)
				spf_say(e, "%.*s", (int)term.size, term.text);
			return true;
		case SPF_MATCH_TEMPERROR:
			*ret_result = SPF_RESULT_TEMPERROR;
			return true;
		case SPF_MATCH_PERMERROR:
			*ret_result = SPF_RESULT_PERMERROR;
			return true;
		case SPF_MATCH_WAITS:
			ask_rest(e, text, at, domain);
			return false;
		}
	}
	if (redirect.size > 0)
		return follow_redirect(e, &redirect, domain, ret_result);
	spf_say(e, "no term matched");
	*ret_result = SPF_RESULT_NEUTRAL;	/* 4.7 */
	return true;
}

/* Printable and whole, or "" if it does not fit: for people. */
static void
keep_record(struct spf_outcome *outcome, const struct dns_text *record)
{
	if (record->size > SPF_RECORD_MAX)
		return;
	for (size_t i = 0; i < record->size; i++) {
		char c = (char)record->data[i];

		outcome->record[i] = c < ' ' || c > '~' ? '?' : c;
	}
	outcome->record[record->size] = '\0';
}

/* 4.4, 4.5.  true: there is one record; else the result is final. */
static bool
select_record(struct spf_eval *e, const char *domain,
    const struct dns_answer *answer, struct dns_text *ret_record,
    enum spf_result *ret_result)
{
	size_t count = 0;

	*ret_result = SPF_RESULT_NONE;
	if (answer->status == DNS_FAILED || answer->status == DNS_BOGUS) {
		spf_say(e, "DNS failed for %s", domain);
		*ret_result = SPF_RESULT_TEMPERROR;
		return false;
	}
	for (size_t i = 0; i < answer->text_count; i++) {
		if (!spf_record_begins(answer->texts[i].data,
		    answer->texts[i].size))
			continue;
		*ret_record = answer->texts[i];
		count++;
	}
	if (count == 1 && !answer->cut)
		return true;
	if (count > 0 || answer->cut) {
		*ret_result = SPF_RESULT_PERMERROR;
		spf_say(e, "more than one record at %s", domain);
	} else {
		spf_say(e, "no record at %s", domain);
	}
	return false;
}

/* Checked and evaluated, as 4.6 says. */
static bool
use_record(struct spf_eval *e, const char *domain,
    const struct dns_text *record, enum spf_result *ret_result)
{
	char text[SPF_RECORD_MAX + 1];
	struct spf_term term;
	const char *wrong = spf_record_check((const char *)record->data,
	    record->size, &term);

	if (wrong != NULL) {
		spf_say(e, "%s%s%.*s", wrong, term.size > 0 ? ": " : "",
		    (int)term.size, term.text);
		*ret_result = SPF_RESULT_PERMERROR;
		return true;
	}
	memcpy(text, record->data, record->size);
	text[record->size] = '\0';
	return evaluate(e, text, domain, ret_result);
}

bool
spf_check_host(struct spf_eval *e, const char *domain, const char *text,
    enum spf_result *ret_result, struct spf_outcome *ret_outcome)
{
	struct dns_text record = { 0 };
	const struct dns_answer *answer;

	*ret_result = SPF_RESULT_NONE;
	if (domain[0] == '\0') {
		spf_say(e, "not a domain name");
		return true;
	}
	if (text != NULL) {
		record.data = (uint8_t *)(uintptr_t)text;
		record.size = strlen(text);
	} else if ((answer = spf_ask(e, DNS_TXT, domain)) == NULL) {
		return false;
	} else if (!select_record(e, domain, answer, &record, ret_result)) {
		return true;
	}
	if (ret_outcome != NULL)
		keep_record(ret_outcome, &record);
	return use_record(e, domain, &record, ret_result);
}
