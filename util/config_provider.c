/* SPDX-License-Identifier: ISC */
/* The section `provider`: a list of others that is asked over DNS. */
#include "util/config_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/domain.h"
#include "util/xalloc.h"

/* "1.1.1...", 32 nibbles with their dots, must fit in front of a zone. */
#define ZONE_MAX	(DOMAIN_MAX - 64)

const char *const config_provider_names[PROVIDER_KINDS] = {
	[PROVIDER_ADDRESS_WHITELIST] = "address-whitelist",
	[PROVIDER_DOMAIN_WHITELIST] = "domain-whitelist",
	[PROVIDER_ADDRESS_BLOCKLIST] = "address-blocklist",
	[PROVIDER_ASN] = "asn",
	[PROVIDER_SPF] = "spf",
};

static bool
kind_parse(const char *kind, enum provider_kind *ret_kind)
{
	for (unsigned i = 0; i < PROVIDER_KINDS; i++)
		if (strcmp(kind, config_provider_names[i]) == 0) {
			*ret_kind = (enum provider_kind)i;
			return true;
		}
	return false;
}

/* Labels such as "_list" are usual in front of zones. */
static bool
zone_parse(const char *text, char ret_zone[static DOMAIN_SIZE])
{
	return text != NULL && domain_parse(text, strlen(text), true,
	    ret_zone) && strlen(ret_zone) <= ZONE_MAX;
}

static bool
is_of_domains(enum provider_kind kind)
{
	return kind == PROVIDER_DOMAIN_WHITELIST || kind == PROVIDER_SPF;
}

static bool
has_codes(enum provider_kind kind)
{
	return kind != PROVIDER_ASN && kind != PROVIDER_SPF;
}

/* The sections are to say what no default can know. */
static const char *
fault_of(const struct provider_text *text, struct config_provider *p)
{
	char zone[DOMAIN_SIZE];

	if (text->kind == NULL)
		return "it needs a kind: address-whitelist, domain-whitelist, "
		    "address-blocklist, asn or spf";
	if (!kind_parse(text->kind, &p->kind))
		return "kind: it should be address-whitelist, "
		    "domain-whitelist, address-blocklist, asn or spf";
	if (!zone_parse(text->zone, zone))
		return "zone: it should be the name that is asked below, such "
		    "as \"list.example\"";
	p->zone = xstrdup(zone);
	if (text->zone_ipv6[0] != '\0') {
		if (is_of_domains(p->kind))
			return "zone-ipv6: a list of domains has one zone";
		if (!zone_parse(text->zone_ipv6, zone))
			return "zone-ipv6: it should be the name that is "
			    "asked below for IPv6 addresses";
	}
	p->zone_ipv6 = xstrdup(zone);
	if (!has_codes(p->kind) && text->code_count > 0)
		return "codes: asn and spf providers answer with text, they "
		    "have none";
	if (has_codes(p->kind) && text->code_count == 0)
		return "it needs codes: the answers that count, such as "
		    "{\"127.0.*.1-3\"}";
	if (text->code_count > CONFIG_CODES_MAX)
		return "codes: 32 at most";
	return NULL;
}

bool
config_check_provider(const char *name, const struct provider_text *text,
    struct config_provider *ret_provider, char *why, size_t why_size)
{
	struct config_provider p = { 0 };
	const char *fault = fault_of(text, &p);

	if (fault != NULL) {
		snprintf(why, why_size, "%s", fault);
		config_provider_done(&p);
		return false;
	}
	p.codes.items = xcalloc(text->code_count + 1, sizeof *p.codes.items);
	for (; p.codes.count < text->code_count; p.codes.count++) {
		const char *code = text->codes[p.codes.count];

		if (code_pattern_parse(code, &p.codes.items[p.codes.count]))
			continue;
		snprintf(why, why_size, "codes: %.40s: it should be such as "
		    "127.0.0.2 or 127.0.*.1-3, and not 127.0.0.255 or "
		    "127.255.255.x, which are refusals", code);
		config_provider_done(&p);
		return false;
	}
	p.name = xstrdup(name);
	*ret_provider = p;
	return true;
}

void
config_provider_done(struct config_provider *provider)
{
	free(provider->name);
	free(provider->zone);
	free(provider->zone_ipv6);
	free(provider->codes.items);
}
