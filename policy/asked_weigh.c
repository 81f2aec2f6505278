/* SPDX-License-Identifier: ISC */
/* What the answers of providers are worth. */

#include "policy/asked_weigh.h"

#include <inttypes.h>

#include "util/log.h"

static bool
has_code(enum provider_status status)
{
	return status == PROVIDER_LISTED || status == PROVIDER_OTHER;
}

/* One list that names it is enough; one that did not answer leaves open what
 * no other settles. */
static void
join(enum list_answer *answer, enum list_answer one)
{
	if (*answer == LIST_NO || (*answer == LIST_UNKNOWN &&
	    one == LIST_YES))
		*answer = one;
}

static enum list_answer
answer_of(enum provider_status status)
{
	switch (status) {
	case PROVIDER_LISTED:
		return LIST_YES;
	case PROVIDER_OTHER:
	case PROVIDER_NOT_LISTED:
		return LIST_NO;
	case PROVIDER_UNKNOWN:
		return LIST_UNKNOWN;
	}
	abort();
}

static void
weigh_reading(const struct asked_row *row, enum fact fact,
    enum list_answer *answer, struct buf *reasons)
{
	const struct provider_reading *r = &row->reading;
	char code[NETADDR_TEXT_SIZE];

	join(answer, answer_of(r->status));
	buf_addf(reasons, "%s\t%s (%s): %s%s%s\n", fact_name(fact),
	    row->provider->name, row->provider->zone,
	    provider_word(r->status), has_code(r->status) ? ", " : "",
	    has_code(r->status) ? netaddr_format(&r->code, code) : "");
}

static enum list_answer
ask_greenlist(struct lists *lists, uint32_t number)
{
	char asn[16];

	snprintf(asn, sizeof asn, "%" PRIu32, number);
	switch (lists_green_exact(lists, LISTS_GREEN_ASN, asn)) {
	case LISTS_OK:
		return LIST_YES;
	case LISTS_ABSENT:
		return LIST_NO;
	case LISTS_EXISTS:
	case LISTS_REFUSED:
	case LISTS_TROUBLE:
		break;
	}
	log_say(LOG_LEVEL_ERROR, "lists", "%s", lists_why(lists));
	return LIST_UNKNOWN;
}

/* A network that several announce is as good as the worst of them. */
static void
weigh_origin(struct lists *lists, const struct asked_row *row,
    enum list_answer *answer, struct buf *reasons)
{
	const struct provider_origin *o = &row->origin;
	enum list_answer all = answer_of(o->status);

	if (o->count == 0)
		buf_addf(reasons, "%s\t%s (%s): %s\n",
		    fact_name(FACT_ASN_LISTED), row->provider->name,
		    row->provider->zone, provider_word(o->status));
	for (size_t i = 0; i < o->count; i++) {
		enum list_answer one = ask_greenlist(lists, o->numbers[i]);

		if (one != LIST_YES && all != LIST_NO)
			all = one;
		buf_addf(reasons, "%s\t%s (%s): AS%" PRIu32 ", %sin the "
		    "greenlist\n", fact_name(FACT_ASN_LISTED),
		    row->provider->name, row->provider->zone, o->numbers[i],
		    one == LIST_YES ? "" : "not ");
	}
	join(answer, all);
}

void
asked_weigh(struct lists *lists, const struct asked *asked,
    const char *domain, struct list_answers *answers, struct buf *reasons)
{
	for (size_t i = 0; i < asked->count; i++) {
		const struct asked_row *row = &asked->rows[i];

		switch (row->provider->kind) {
		case PROVIDER_ADDRESS_WHITELIST:
			weigh_reading(row, FACT_DNSWL, &answers->dnswl,
			    reasons);
			break;
		case PROVIDER_ADDRESS_BLOCKLIST:
			weigh_reading(row, FACT_DNSBL, &answers->dnsbl,
			    reasons);
			break;
		case PROVIDER_DOMAIN_WHITELIST:
			if (domain != NULL)
				weigh_reading(row, FACT_DWL, &answers->dwl,
				    reasons);
			break;
		case PROVIDER_ASN:
			weigh_origin(lists, row, &answers->asn_listed,
			    reasons);
			break;
		case PROVIDER_SPF:
		case PROVIDER_KINDS:
			break;
		}
	}
}
