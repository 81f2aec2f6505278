/* SPDX-License-Identifier: ISC */
#ifndef POLICY_ASKED_H
#define POLICY_ASKED_H

/*
 * What the providers that the configuration names say of one client and of
 * one author's domain.  Pure, as facts_of: what is missing becomes a
 * question, and all of them are asked at once.
 */

#include "policy/answers.h"
#include "policy/providers.h"
#include "policy/rules.h"

struct asked_row {
	const struct config_provider	*provider;
	struct provider_reading		 reading;	/* but for kind asn */
	struct provider_origin		 origin;	/* kind asn */
};

/* One row for each provider that was asked, in the order of the file. */
struct asked {
	struct asked_row	rows[CONFIG_PROVIDERS_MAX];
	size_t			count;
};

struct asked_about {
	const struct config	*config;
	struct netaddr		 peer;
	enum listener_role	 role;	/* block lists: at mx listeners only */
	const char		*domain; /* authenticated; NULL: no domain list */
};

/* false: the questions in need come first, then call again. */
bool asked_of(const struct asked_about *about, const struct answers *answers,
    struct questions *need, struct asked *ret_asked);

#endif
