/* SPDX-License-Identifier: ISC */
#include "util/config_check.h"

#include <stdio.h>
#include <string.h>

#include "util/domain.h"
#include "util/log.h"
#include "util/number.h"
#include "util/xalloc.h"

static const char *const role_names[] = {
	[ROLE_MX] = "mx",
	[ROLE_MX6] = "mx6",
	[ROLE_DEFENSIVE] = "defensive",
};

const char *const config_push_back_names[3] = {
	[PUSH_BACK_JUDGE] = "judge",
	[PUSH_BACK_ALWAYS] = "always",
	[PUSH_BACK_NEVER] = "never",
};

const char *const config_family_names[3] = {
	[FAMILY_ANY] = "any",
	[FAMILY_IPV4] = "ipv4",
	[FAMILY_IPV6] = "ipv6",
};

const char *const config_tls_names[4] = {
	[TLS_NONE] = "none",
	[TLS_OPPORTUNISTIC] = "opportunistic",
	[TLS_REQUIRED] = "required",
	[TLS_VERIFIED] = "verified",
};

const char *
listener_role_name(enum listener_role role)
{
	return role_names[role];
}

/* Index of word in words[n], or -1. */
static int
index_of(const char *word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(word, words[i]) == 0)
			return i;
	}
	return -1;
}

bool
listener_role_parse(const char *name, enum listener_role *ret_role)
{
	int i = index_of(name, role_names, 3);

	if (i == -1)
		return false;
	*ret_role = (enum listener_role)i;
	return true;
}

/* ---- single values ---- */

static bool
is_log_target(const char *value)
{
	return strcmp(value, "stderr") == 0 || strcmp(value, "syslog") == 0;
}

static bool
is_log_level(const char *value)
{
	enum log_level level;

	return log_level_parse(value, &level);
}

/* 5.5.0 to 5.5.6 mean other things already (RFC 3463 3.6). */
static bool
is_fallback_code(const char *value)
{
	uint64_t detail;

	return strncmp(value, "5.5.", 4) == 0 &&
	    (value[4] != '0' || value[5] == '\0') &&
	    number_parse(value + 4, 7, 999, &detail);
}

static bool
is_hostname(const char *value)
{
	char domain[DOMAIN_SIZE];

	return *value == '\0' ||
	    domain_parse(value, strlen(value), false, domain);
}

static bool
is_mx6_ports(const char *value)
{
	return strcmp(value, "25") == 0 || strcmp(value, "any") == 0;
}

static bool
is_address_of(const char *value, enum netaddr_family family)
{
	struct netaddr addr;

	return *value == '\0' ||
	    (netaddr_parse(value, &addr) && addr.family == family);
}

static bool
is_ipv6(const char *value)
{
	return is_address_of(value, NETADDR_IPV6);
}

static bool
is_ipv4(const char *value)
{
	return is_address_of(value, NETADDR_IPV4);
}

static bool
is_forwarder(const char *value)
{
	struct netaddr addr;
	char text[NETADDR_TEXT_SIZE];
	size_t n = strcspn(value, "@");
	uint64_t port;

	if (n >= sizeof text)
		return false;
	memcpy(text, value, n);
	text[n] = '\0';
	return netaddr_parse(text, &addr) && (value[n] == '\0' ||
	    number_parse(value + n + 1, 1, UINT16_MAX, &port));
}

static bool
is_directory(const char *value)
{
	return value[0] == '/';
}

static bool
is_delimiter(const char *value)
{
	return strlen(value) <= 1 && (*value == '\0' ||
	    strchr("+-=._#%", *value) != NULL);
}

static bool
is_lmtp_place(const char *value)
{
	const char *colon = strrchr(value, ':');
	uint64_t port;

	return *value == '\0' || strncmp(value, "unix:/", 6) == 0 ||
	    (colon != NULL && colon != value &&
	    number_parse(colon + 1, 1, UINT16_MAX, &port));
}

static const struct {
	const char	*name;
	bool		(*holds)(const char *);
	const char	*right;
} value_checks[] = {
	{ "log-to", is_log_target, "stderr or syslog" },
	{ "log-level", is_log_level, "error, warning, info or debug" },
	{ "fallback-code", is_fallback_code, "5.5.N with N from 7 to 999 "
	    "(5.5.0 to 5.5.6 mean other things)" },
	{ "fallback-codes-accepted", is_fallback_code, "5.5.N with N from 7 "
	    "to 999 (5.5.0 to 5.5.6 mean other things)" },
	{ "hostname", is_hostname, "a host name such as mx.example.org" },
	{ "mx6-ports", is_mx6_ports, "25 or any" },
	{ "source-ipv6", is_ipv6, "an IPv6 address" },
	{ "source-ipv4", is_ipv4, "an IPv4 address" },
	{ "forwarders", is_forwarder, "an address such as 192.0.2.53, with "
	    "@port behind it if it is not 53" },
	{ "state-directory", is_directory, "a path that begins with /" },
	{ "spool-directory", is_directory, "a path that begins with /" },
	{ "empty-directory", is_directory, "a path that begins with /" },
	{ "control-socket", is_directory, "a path that begins with /" },
	{ "recipient-delimiter", is_delimiter, "one of + - = . _ # %, or "
	    "nothing" },
	{ "lmtp", is_lmtp_place, "unix:/path or host:port" },
};

bool
config_check_value(const char *name, const char *value, char *why,
    size_t why_size)
{
	for (size_t i = 0; i < sizeof value_checks / sizeof *value_checks;
	    i++) {
		if (strcmp(name, value_checks[i].name) == 0 &&
		    !value_checks[i].holds(value)) {
			snprintf(why, why_size, "%s", value_checks[i].right);
			return false;
		}
	}
	return true;
}

/* ---- sections ---- */

bool
config_check_listen(const struct config *config, const char *address,
    const char *role, const char *port, const char *push_back,
    struct config_listen *ret_listen, char *why, size_t why_size)
{
	struct config_listen l = { 0 };
	int mode = index_of(push_back, config_push_back_names, 3);
	uint64_t n;

	if (!number_parse(port, 1, UINT16_MAX, &n)) {
		snprintf(why, why_size, "port = %s: it should be a number "
		    "from 1 to 65535", port);
		return false;
	}
	if (!netaddr_parse_port(address, (uint16_t)n, &l.addr)) {
		snprintf(why, why_size, "it should be an address such as "
		    "192.0.2.1, 2001:db8::1 or [2001:db8::1]:2525");
		return false;
	}
	if (!listener_role_parse(role, &l.role)) {
		snprintf(why, why_size, "role = %s: it should be mx, mx6 or "
		    "defensive", role);
		return false;
	}
	if (l.role != ROLE_MX && !netaddr_is_ipv6(&l.addr)) {
		snprintf(why, why_size, "role = %s is only for an IPv6 "
		    "address; an IPv4 address should have role = mx, for it "
		    "is what others fall back to", role);
		return false;
	}
	if (mode == -1) {
		snprintf(why, why_size, "push-back = %s: it should be judge, "
		    "always or never", push_back);
		return false;
	}
	l.push_back = (enum push_back_mode)mode;
	for (size_t i = 0; i < config->listen_count; i++) {
		if (netaddr_equal(&config->listens[i].addr, &l.addr) &&
		    config->listens[i].addr.port == l.addr.port) {
			snprintf(why, why_size, "it is there twice; each "
			    "address and port should stand once");
			return false;
		}
	}
	*ret_listen = l;
	return true;
}

/* "host", "host:port", "192.0.2.1", "[2001:db8::1]:25", "unix:/path". */
static bool
is_next_hop(const char *via)
{
	struct netaddr addr;
	char domain[DOMAIN_SIZE];
	const char *colon = strchr(via, ':');
	uint64_t port;

	if (*via == '\0' || strncmp(via, "unix:/", 6) == 0 ||
	    netaddr_parse_port(via, 25, &addr))
		return true;
	return domain_parse(via, colon == NULL ? strlen(via) :
	    (size_t)(colon - via), false, domain) &&
	    (colon == NULL || number_parse(colon + 1, 1, UINT16_MAX, &port));
}

bool
config_check_route(const char *domain, const char *via, const char *family,
    const char *tls, enum tls_demand general, struct config_route *ret_route,
    char *why, size_t why_size)
{
	int f = index_of(family, config_family_names, 3);
	int t = index_of(tls, config_tls_names, 4);
	char canonical[DOMAIN_SIZE] = "*";

	if (strcmp(domain, "*") != 0 &&
	    !domain_parse(domain, strlen(domain), false, canonical)) {
		snprintf(why, why_size, "it should be a domain, or \"*\" for "
		    "all others");
		return false;
	}
	if (f == -1) {
		snprintf(why, why_size, "family = %s: it should be any, ipv4 "
		    "or ipv6", family);
		return false;
	}
	if (t == -1 && *tls != '\0') {
		snprintf(why, why_size, "tls = %s: it should be none, "
		    "opportunistic, required or verified", tls);
		return false;
	}
	if (!is_next_hop(via)) {
		snprintf(why, why_size, "via = %s: it should be a host or an "
		    "address, with :port behind it if it is not 25", via);
		return false;
	}
	ret_route->domain = xstrdup(canonical);
	ret_route->via = xstrdup(via);
	ret_route->family = (enum config_family)f;
	ret_route->tls = t == -1 ? general : (enum tls_demand)t;
	return true;
}

/* ---- all together ---- */

bool
config_check_rule(const char *listeners, const char *action, char *why,
    size_t why_size)
{
	if (strcmp(listeners, "ipv6") != 0 && strcmp(listeners, "ipv4") != 0 &&
	    strcmp(listeners, "any") != 0) {
		snprintf(why, why_size, "listeners = \"%s\": it should be "
		    "ipv6, ipv4 or any", listeners);
		return false;
	}
	if (action == NULL) {
		snprintf(why, why_size, "it needs an action: accept, "
		    "fallback, reject, defer or quarantine");
		return false;
	}
	return true;
}

bool
config_check_whole(const struct config *config, char *why, size_t why_size)
{
	if (config->listen_count == 0) {
		snprintf(why, why_size, "nothing to listen on; it should have "
		    "at least one line such as\n    listen \"192.0.2.1\" { }");
		return false;
	}
	if ((*config->tls_certificate == '\0') != (*config->tls_key == '\0')) {
		snprintf(why, why_size, "tls-certificate and tls-key should "
		    "both be set, or neither");
		return false;
	}
	if (!config->ipv4 && !config->ipv6) {
		snprintf(why, why_size, "ipv4 and ipv6 are both \"no\"; at "
		    "least one should be \"yes\"");
		return false;
	}
	if (config->push_back_limit > config->push_back_window + 1) {
		snprintf(why, why_size, "push-back-limit should be at most "
		    "push-back-window + 1 (never)");
		return false;
	}
	if (config->retry_first > config->retry_most) {
		snprintf(why, why_size, "retry-first should not be longer "
		    "than retry-most");
		return false;
	}
	return true;
}
