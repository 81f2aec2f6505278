/* SPDX-License-Identifier: ISC */
/* From the answers of providers to what they say, one row each. */

#include "policy/asked.h"

/* The name to ask this provider for; false if this message is no matter of
 * its, or the name would be too long. */
static bool
name_of(const struct config_provider *p, const struct asked_about *about,
    char ret_name[static DOMAIN_SIZE])
{
	const char *zone = netaddr_is_ipv6(&about->peer) ? p->zone_ipv6 :
	    p->zone;

	switch (p->kind) {
	case PROVIDER_ADDRESS_BLOCKLIST:
		if (about->role != ROLE_MX)
			return false;
		break;
	case PROVIDER_ADDRESS_WHITELIST:
	case PROVIDER_ASN:
		break;
	case PROVIDER_DOMAIN_WHITELIST:
		return about->domain != NULL &&
		    provider_domain_name(about->domain, p->zone, ret_name);
	case PROVIDER_SPF:	/* it knows nothing of clients */
	case PROVIDER_KINDS:
		return false;
	}
	return provider_address_name(&about->peer, zone, ret_name);
}

bool
asked_of(const struct asked_about *about, const struct answers *answers,
    struct questions *need, struct asked *ret_asked)
{
	const struct config *config = about->config;
	bool complete = true;

	ret_asked->count = 0;
	for (size_t i = 0; i < config->provider_count; i++) {
		const struct config_provider *p = &config->providers[i];
		struct asked_row *row = &ret_asked->rows[ret_asked->count];
		const struct dns_answer *answer;
		char name[DOMAIN_SIZE];

		if (!name_of(p, about, name))
			continue;
		answer = answers_want(answers, p->kind == PROVIDER_ASN ?
		    DNS_TXT : DNS_A, name, need);
		*row = (struct asked_row){ .provider = p,
		    .reading.status = PROVIDER_UNKNOWN,
		    .origin.status = PROVIDER_UNKNOWN };
		ret_asked->count++;
		if (answer == NULL)
			complete = false;
		else if (p->kind == PROVIDER_ASN)
			provider_read_origin(answer, &about->peer,
			    &row->origin);
		else
			provider_read(answer, &p->codes, &row->reading);
	}
	return complete;
}
