/* SPDX-License-Identifier: ISC */
/*
 * What each name on the way has, longest first, up to where the walk stops;
 * then the choice among them.  A failed look-up on the way leaves open what
 * depends on it.
 */

#include "policy/dmarc_walk.h"

#include <assert.h>
#include <string.h>

#define LABELS_JUMP	7	/* left after the first step */

struct step {
	const char		*name;		/* a tail of the domain */
	enum dmarc_find		 found;
	struct dmarc_record	 record;
	const struct dns_text	*text;
};

struct steps {
	struct step	items[DMARC_WALK_MAX];
	size_t		count;
	bool		missing;	/* answers */
};

static size_t
count_labels(const char *domain)
{
	size_t count = 1;

	for (; *domain != '\0'; domain++)
		count += *domain == '.';
	return count;
}

/* The name behind this one, RFC 9989 4.10 steps 4 and 7; "" at the end. */
static const char *
shorten(const char *name)
{
	size_t labels = count_labels(name);

	do
		name = domain_parent(name);
	while (--labels > LABELS_JUMP);
	return name;
}

/* Exactly one record that is DMARC's, or none at all (steps 2 and 6). */
static enum dmarc_find
choose_record(const struct dns_answer *answer, struct step *step)
{
	struct dmarc_record record;
	size_t count = 0;

	for (size_t i = 0; i < answer->text_count; i++) {
		const struct dns_text *text = &answer->texts[i];

		if (!dmarc_record_parse(text->data, text->size, &record))
			continue;
		step->record = record;
		step->text = text;
		count++;
	}
	return count == 1 ? DMARC_FOUND : DMARC_NOT_FOUND;
}

static const struct dns_answer *
look_up(struct step *step, const struct answers *answers,
    struct questions *need)
{
	char name[sizeof "_dmarc." + DOMAIN_SIZE];
	const struct dns_answer *answer;
	int n = snprintf(name, sizeof name, "_dmarc.%s", step->name);

	step->found = DMARC_NOT_FOUND;
	if (n > DOMAIN_MAX)
		return NULL;	/* no such name can be in DNS */
	answer = answers_want(answers, DNS_TXT, name, need);
	if (answer == NULL) {
		step->found = DMARC_TROUBLE;
		return NULL;
	}
	switch (answer->status) {
	case DNS_OK:
		step->found = answer->cut ? DMARC_TROUBLE :
		    choose_record(answer, step);
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		break;
	case DNS_FAILED:
	case DNS_BOGUS:
		step->found = DMARC_TROUBLE;
		break;
	}
	return answer;
}

static bool
ends_walk(const struct step *step)
{
	return step->found == DMARC_FOUND &&
	    step->record.psd != DMARC_PSD_UNKNOWN;
}

static void
take_steps(const char *domain, const struct answers *answers,
    struct questions *need, struct steps *steps, bool *ret_exists)
{
	const struct dns_answer *answer;

	steps->count = 0;
	steps->missing = false;
	for (; *domain != '\0'; domain = shorten(domain)) {
		struct step *step = &steps->items[steps->count++];

		assert(steps->count <= DMARC_WALK_MAX);
		step->name = domain;
		answer = look_up(step, answers, need);
		steps->missing |= answer == NULL &&
		    step->found == DMARC_TROUBLE;
		if (steps->count == 1)
			*ret_exists = answer != NULL &&
			    (answer->status == DNS_OK ||
			    answer->status == DNS_NODATA);
		if (ends_walk(step))
			break;
	}
}

static const struct step *
last_step(const struct steps *steps)
{
	return &steps->items[steps->count - 1];
}

/* The tail of domain with one label more than `suffix`, which is one too. */
static const char *
one_label_below(const char *domain, const char *suffix)
{
	while (domain_parent(domain) != suffix)
		domain = domain_parent(domain);
	return domain;
}

/* RFC 9989 4.10.2, the three rules; NULL if a look-up failed. */
static const char *
organizational(const char *domain, const struct steps *steps)
{
	const struct step *last = last_step(steps);
	const char *found = domain;

	for (size_t i = 0; i < steps->count; i++) {
		if (steps->items[i].found == DMARC_TROUBLE)
			return NULL;
		if (steps->items[i].found == DMARC_FOUND)
			found = steps->items[i].name;
	}
	if (ends_walk(last) && last->record.psd == DMARC_PSD_YES &&
	    last->name != domain)
		return one_label_below(domain, last->name);
	return found;
}

/* RFC 9989 4.10.1: the domain, its organizational domain, its suffix. */
static const struct step *
choose_policy(const struct steps *steps, const char *organization)
{
	const struct step *last = last_step(steps);

	if (steps->items[0].found != DMARC_NOT_FOUND || organization == NULL)
		return &steps->items[0];
	for (size_t i = 1; i < steps->count; i++)
		if (steps->items[i].found == DMARC_FOUND &&
		    steps->items[i].name == organization)
			return &steps->items[i];
	return last;
}

bool
dmarc_walk(const char *domain, const struct answers *answers,
    struct questions *need, struct dmarc_walk *ret_walk)
{
	const struct step *policy;
	struct steps steps;
	bool exists = false;

	assert(domain[0] != '\0');
	take_steps(domain, answers, need, &steps, &exists);
	if (steps.missing)
		return false;
	*ret_walk = (struct dmarc_walk){ .exists = exists,
	    .organizational = organizational(domain, &steps) };
	policy = choose_policy(&steps, ret_walk->organizational);
	ret_walk->found = policy->found;
	if (policy->found == DMARC_NOT_FOUND &&
	    ret_walk->organizational == NULL)
		ret_walk->found = DMARC_TROUBLE;
	if (ret_walk->found == DMARC_FOUND) {
		ret_walk->record_domain = policy->name;
		ret_walk->record = policy->record;
		ret_walk->text = policy->text;
	}
	return true;
}
