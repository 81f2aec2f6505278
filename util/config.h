/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CONFIG_H
#define UTIL_CONFIG_H

/*
 * mx6d.conf as typed values.  Every setting is one row of
 * util/settings.def; the struct members, the parser (libconfuse), the
 * defaults, `mx6d -n` and the table of mx6d.conf(5) all come from there.
 * Each process parses the text for itself; a parsed struct is never sent.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/codes.h"
#include "util/netaddr.h"

enum listener_role {
	ROLE_MX,		/* the ordinary service */
	ROLE_MX6,		/* reached by SRV: pushes back with 550 */
	ROLE_DEFENSIVE,		/* IPv6 on an ordinary MX: pushes back with 450 */
};

/* A lab's override of what a listener that can push back does. */
enum push_back_mode {
	PUSH_BACK_JUDGE,	/* as the rules say */
	PUSH_BACK_ALWAYS,
	PUSH_BACK_NEVER,
};

enum config_family {
	FAMILY_ANY,
	FAMILY_IPV4,
	FAMILY_IPV6,
};

enum tls_demand {
	TLS_NONE,		/* never STARTTLS */
	TLS_OPPORTUNISTIC,	/* if offered, unverified */
	TLS_REQUIRED,		/* encrypted, unverified */
	TLS_VERIFIED,		/* encrypted, name and chain verified */
};

enum resolver_mode {
	RESOLVER_FORWARD,
	RESOLVER_RECURSE,
};

/* What a failed DMARC check comes to where the domain asks for rejection. */
enum dmarc_action {
	DMARC_ACTION_NONE,
	DMARC_ACTION_QUARANTINE,
	DMARC_ACTION_REJECT,
};

enum config_silent {
	SILENT_ACCEPT,		/* the message passes unfiltered */
	SILENT_DEFER,
};

enum provider_kind {
	PROVIDER_ADDRESS_WHITELIST,
	PROVIDER_DOMAIN_WHITELIST,
	PROVIDER_ADDRESS_BLOCKLIST,
	PROVIDER_ASN,		/* who announces an address */
	PROVIDER_SPF,		/* SPF records of domains that publish none */
	PROVIDER_KINDS,
};

struct text_list {
	char	**items;
	size_t	  count;
};

struct block_list {
	struct netblock	*items;
	size_t		 count;
};

struct config_listen {
	struct netaddr		addr;		/* with port */
	enum listener_role	role;
	enum push_back_mode	push_back;
};

struct config_route {
	char			*domain;	/* canonical, or "*" */
	char			*via;		/* host, host:port, [addr]:port; "" is MX */
	enum config_family	 family;
	enum tls_demand		 tls;
	bool			 mx6;		/* look up the SRV record */
	bool			 lmtp;
};

struct config_rule {
	char			*name;
	char			*listeners;	/* "ipv6", "ipv4" or "any" */
	struct text_list	 when;		/* facts, "not-" in front negates */
	char			*action;
};

/* A milter; `socket` is unix:/path, or an address with its port. */
struct config_filter {
	char			*name;
	char			*socket;
	uint64_t		 timeout_ms;	/* of its silence */
	enum config_silent	 silent;	/* over IPv4; IPv6 pushes back */
	bool			 malware;	/* else it judges content */
};

/* A list of others, asked over DNS. */
#define CONFIG_PROVIDERS_MAX	16
#define CONFIG_CODES_MAX	32	/* of one provider */

struct config_provider {
	char			*name;
	enum provider_kind	 kind;
	char			*zone;		/* canonical */
	char			*zone_ipv6;	/* for IPv6 addresses; may be
						 * the same */
	struct code_list	 codes;		/* that count; ASN, SPF: none */
};

/* One member for each row of util/settings.def, with - as _. */
struct config {
#define TEXT(name, def, help)			char *name;
#define NUMBER(name, def, min, max, unit, help)	uint64_t name;
#define YESNO(name, def, help)			bool name;
#define CHOICE(name, type, words, def, help)	enum type name;
#define TEXTS(name, def, help)			struct text_list name;
#define BLOCKS(name, def, help)			struct block_list name;
#include "util/settings.def"
#undef TEXT
#undef NUMBER
#undef YESNO
#undef CHOICE
#undef TEXTS
#undef BLOCKS
	struct config_listen	*listens;
	size_t			 listen_count;
	struct config_route	*routes;
	size_t			 route_count;
	struct config_rule	*rules;		/* in the order of the file */
	size_t			 rule_count;
	struct config_filter	*filters;	/* in the order of the file */
	size_t			 filter_count;
	struct config_provider	*providers;	/* in the order of the file */
	size_t			 provider_count;
};

#define CONFIG_ERROR_SIZE 1024

/*
 * Parses n bytes of text; name is for messages ("mx6d.conf").  NULL on an
 * error, with "name:line: what is wrong; what would be right" in error.
 */
struct config *config_parse(const char *text, size_t n, const char *name,
    char error[static CONFIG_ERROR_SIZE]);
struct config *config_free(struct config *config);
/* All settings and sections with the values in force: a file that says the
 * same. */
void config_print(const struct config *config, void (*line)(const char *));
/* The route for domain: its own, else "*", else NULL. */
const struct config_route *config_route_for(const struct config *config,
    const char *domain);
const char *listener_role_name(enum listener_role role);
bool listener_role_parse(const char *name, enum listener_role *ret_role);
bool block_list_contains(const struct block_list *list,
    const struct netaddr *addr);

#endif
