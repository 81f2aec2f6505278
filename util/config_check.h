/* SPDX-License-Identifier: ISC */
#ifndef UTIL_CONFIG_CHECK_H
#define UTIL_CONFIG_CHECK_H

/*
 * What a configuration must be beyond its grammar, without libconfuse: each
 * function says in why what would be right.
 */

#include "util/config_table.h"

/* The words of enum push_back_mode, config_family and tls_demand. */
extern const char *const config_push_back_names[3];
extern const char *const config_family_names[3];
extern const char *const config_tls_names[4];
extern const char *const config_silent_names[2];
extern const char *const config_provider_names[PROVIDER_KINDS];

/* Of one setting, beyond its kind. */
bool config_check_value(const char *name, const char *value, char *why,
    size_t why_size);
bool config_check_listen(const struct config *config, const char *address,
    const char *role, const char *port, const char *push_back,
    struct config_listen *ret_listen, char *why, size_t why_size);
/* tls "" means the general setting. */
bool config_check_route(const char *domain, const char *via,
    const char *family, const char *tls, enum tls_demand general,
    struct config_route *ret_route, char *why, size_t why_size);
/* action may be NULL, for not given; facts and the action's name are checked
 * by policy/rules.h. */
bool config_check_rule(const char *listeners, const char *action, char *why,
    size_t why_size);
/* config_filter.c; socket and kind may be NULL, for not given. */
bool config_check_filter(const char *name, const char *kind,
    const char *socket, const char *timeout, const char *silent,
    struct config_filter *ret_filter, char *why, size_t why_size);
/* config_provider.c; kind and zone may be NULL, for not given. */
struct provider_text {
	const char		*kind, *zone, *zone_ipv6;
	const char *const	*codes;
	size_t			 code_count;
};

bool config_check_provider(const char *name, const struct provider_text *text,
    struct config_provider *ret_provider, char *why, size_t why_size);
void config_provider_done(struct config_provider *provider);
/* Of settings together. */
bool config_check_whole(const struct config *config, char *why,
    size_t why_size);
/* config_use.c */
struct config *config_defaults(void);
void config_clear_list(struct config *config, const struct setting *s);

#endif
