/* SPDX-License-Identifier: ISC */
/* A configuration as a file that says the same. */

#include "util/config.h"

#include <stdio.h>
#include <string.h>

#include "util/config_check.h"
#include "util/config_table.h"

#define SHOWN_SIZE	4096
#define LINE_SIZE	(SHOWN_SIZE + 512)

static void
print_listen(const struct config_listen *l, void (*line)(const char *))
{
	char text[LINE_SIZE], addr[NETADDR_TEXT_SIZE];

	snprintf(text, sizeof text,
	    "listen \"%s\" { role = %s push-back = %s }",
	    netaddr_format_port(&l->addr, addr), listener_role_name(l->role),
	    config_push_back_names[l->push_back]);
	line(text);
}

static void
print_route(const struct config_route *r, void (*line)(const char *))
{
	char text[LINE_SIZE];

	snprintf(text, sizeof text, "route \"%s\" { via = \"%s\" family = %s "
	    "tls = %s mx6 = %s lmtp = %s }", r->domain, r->via,
	    config_family_names[r->family], config_tls_names[r->tls],
	    r->mx6 ? "yes" : "no", r->lmtp ? "yes" : "no");
	line(text);
}

static void
print_rule(const struct config_rule *r, void (*line)(const char *))
{
	char text[LINE_SIZE], when[SHOWN_SIZE];

	setting_show_texts(&r->when, when, sizeof when);
	snprintf(text, sizeof text,
	    "rule \"%s\" { listeners = %s when = %s action = %s }", r->name,
	    r->listeners, when, r->action);
	line(text);
}

static void
print_filter(const struct config_filter *f, void (*line)(const char *))
{
	char text[LINE_SIZE];

	snprintf(text, sizeof text, "filter \"%s\" { kind = %s "
	    "socket = \"%s\" timeout = %llu silent = %s }", f->name,
	    f->malware ? "malware" : "content", f->socket,
	    (unsigned long long)f->timeout_ms / 1000,
	    config_silent_names[f->silent]);
	line(text);
}

static void
print_provider(const struct config_provider *p, void (*line)(const char *))
{
	char text[LINE_SIZE], codes[CONFIG_CODES_MAX * (CODE_PATTERN_SIZE + 4)];
	char one[CODE_PATTERN_SIZE];
	size_t at = 0;

	codes[0] = '\0';
	for (size_t i = 0; i < p->codes.count; i++)
		at += (size_t)snprintf(codes + at, sizeof codes - at,
		    "%s\"%s\"", i == 0 ? "" : ", ",
		    code_pattern_format(&p->codes.items[i], one));
	snprintf(text, sizeof text, "provider \"%s\" { kind = %s "
	    "zone = \"%s\" zone-ipv6 = \"%s\" codes = {%s} }", p->name,
	    config_provider_names[p->kind], p->zone,
	    strcmp(p->zone, p->zone_ipv6) == 0 ? "" : p->zone_ipv6, codes);
	line(text);
}

void
config_print(const struct config *config, void (*line)(const char *))
{
	char value[SHOWN_SIZE], text[LINE_SIZE];

	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *s = setting_at(i);

		setting_show(s, config, value, sizeof value);
		snprintf(text, sizeof text, "%-27s = %s", s->name, value);
		line(text);
	}
	for (size_t i = 0; i < config->listen_count; i++)
		print_listen(&config->listens[i], line);
	for (size_t i = 0; i < config->route_count; i++)
		print_route(&config->routes[i], line);
	for (size_t i = 0; i < config->rule_count; i++)
		print_rule(&config->rules[i], line);
	for (size_t i = 0; i < config->filter_count; i++)
		print_filter(&config->filters[i], line);
	for (size_t i = 0; i < config->provider_count; i++)
		print_provider(&config->providers[i], line);
}
