/* SPDX-License-Identifier: ISC */
/*
 * mx6d.conf by libconfuse.  The grammar of a file is built from the table of
 * settings; every value is checked while it is read, so that an error can
 * name its line.
 */
#include "util/config.h"

#include <confuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/config_check.h"
#include "util/config_table.h"
#include "util/config_text.h"
#include "util/number.h"
#include "util/suggest.h"
#include "util/xalloc.h"

#define OPTS_MAX	160

/* libconfuse's functions have no argument of ours: one parse at a time. */
static struct {
	struct config	*config;
	const char	*name;
	char		*error;		/* of CONFIG_ERROR_SIZE; first one wins */
} now;

static void
fail(int line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
fail(int line, const char *format, ...)
{
	va_list args;
	int at;

	if (now.error[0] != '\0')
		return;
	at = snprintf(now.error, CONFIG_ERROR_SIZE, "%s:%d: ", now.name, line);
	va_start(args, format);
	vsnprintf(now.error + at, CONFIG_ERROR_SIZE - (size_t)at, format, args);
	va_end(args);
}

/* ---- names that may stand in a section, for suggestions ---- */

static const char *const listen_names[] = { "role", "port", "push-back" };
static const char *const route_names[] = {
	"via", "family", "tls", "mx6", "lmtp",
};
static const char *const filter_names[] = {
	"kind", "socket", "timeout", "silent",
};
static const char *const provider_names[] = {
	"kind", "zone", "zone-ipv6", "codes",
};
static const char *const rule_names[] = { "listeners", "when", "action" };

static const char *
suggestion(cfg_t *cfg, const char *word)
{
	const char *all[OPTS_MAX];
	size_t n = 0;

	if (strcmp(cfg->name, "listen") == 0)
		return suggest_near(word, listen_names, 3);
	if (strcmp(cfg->name, "route") == 0)
		return suggest_near(word, route_names, 5);
	if (strcmp(cfg->name, "filter") == 0)
		return suggest_near(word, filter_names, 4);
	if (strcmp(cfg->name, "provider") == 0)
		return suggest_near(word, provider_names, 4);
	if (strcmp(cfg->name, "rule") == 0)
		return suggest_near(word, rule_names, 3);
	for (; n < setting_count; n++)
		all[n] = setting_at(n)->name;
	all[n++] = "listen";
	all[n++] = "route";
	all[n++] = "rule";
	all[n++] = "filter";
	all[n++] = "provider";
	return suggest_near(word, all, n);
}

/* What would be right where libconfuse says only what is wrong. */
static const struct {
	const char	*begins;
	const char	*right;
} cures[] = {
	{ "missing title", "it stands in front of the {, as in "
	    "listen \"192.0.2.1\" { }" },
	{ "unexpected token", "in front of it something is missing, such as "
	    "a comma in a list, or the {" },
	{ "missing equal sign", "write name = value" },
	{ "premature end", "a quote that was opened should be closed" },
	{ "invalid boolean", "it should be yes or no" },
	{ "found duplicate", "one section should say it all" },
};

static const char *
cure_of(const char *text)
{
	for (size_t i = 0; i < sizeof cures / sizeof cures[0]; i++)
		if (strncmp(text, cures[i].begins,
		    strlen(cures[i].begins)) == 0)
			return cures[i].right;
	return NULL;
}

/* libconfuse's own words, made to say what would be right. */
static void
on_error(cfg_t *cfg, const char *format, va_list args)
{
	char text[512];
	const char *quoted, *near;

	vsnprintf(text, sizeof text, format, args);
	if (strncmp(text, "no such option", 14) == 0 &&
	    (quoted = strchr(text, '\'')) != NULL) {
		char word[128];

		snprintf(word, sizeof word, "%.*s",
		    (int)strcspn(quoted + 1, "'"), quoted + 1);
		near = suggestion(cfg, word);
		fail(cfg->line, "there is no setting \"%s\"%s%s%s", word,
		    near == NULL ? "; mx6d.conf(5) lists them" :
		    "; did you mean \"", near == NULL ? "" : near,
		    near == NULL ? "" : "\"?");
		return;
	}
	near = cure_of(text);
	fail(cfg->line, "%s%s%s", text, near == NULL ? "" : "; ",
	    near == NULL ? "" : near);
}

/* ---- values, as they are read ---- */

static int
check_setting(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct setting *s = setting_find(cfg_opt_name(opt));
	char why[256];

	if (s->kind == SETTING_TEXTS || s->kind == SETTING_BLOCKS)
		config_clear_list(now.config, s);
	for (unsigned i = 0; i < cfg_opt_size(opt); i++) {
		const char *value = cfg_opt_getnstr(opt, i);

		if (setting_store(s, now.config, value, why, sizeof why) &&
		    config_check_value(s->name, value, why, sizeof why))
			continue;
		fail(cfg->line, "%s = \"%s\": it should be %s", s->name, value,
		    why);
		return -1;
	}
	return 0;
}

static int
check_listen(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	struct config_listen listen = { 0 };
	char why[256];

	if (!config_check_listen(now.config, cfg_title(sec),
	    cfg_getstr(sec, "role"), cfg_getstr(sec, "port"),
	    cfg_getstr(sec, "push-back"), &listen, why, sizeof why)) {
		fail(cfg->line, "listen \"%s\": %s", cfg_title(sec), why);
		return -1;
	}
	now.config->listens = xreallocarray(now.config->listens,
	    now.config->listen_count + 1, sizeof listen);
	now.config->listens[now.config->listen_count++] = listen;
	return 0;
}

static int
check_route(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	struct config_route route = { 0 };
	char why[256];

	if (!config_check_route(cfg_title(sec), cfg_getstr(sec, "via"),
	    cfg_getstr(sec, "family"), cfg_getstr(sec, "tls"), now.config->tls,
	    &route, why, sizeof why)) {
		fail(cfg->line, "route \"%s\": %s", cfg_title(sec), why);
		return -1;
	}
	route.mx6 = cfg_getbool(sec, "mx6");
	route.lmtp = cfg_getbool(sec, "lmtp");
	now.config->routes = xreallocarray(now.config->routes,
	    now.config->route_count + 1, sizeof route);
	now.config->routes[now.config->route_count++] = route;
	return 0;
}

static int
check_rule(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	struct config_rule rule = { 0 };
	const char *listeners = cfg_getstr(sec, "listeners");
	const char *action = cfg_getstr(sec, "action");

	if (strcmp(listeners, "ipv6") != 0 && strcmp(listeners, "ipv4") != 0 &&
	    strcmp(listeners, "any") != 0) {
		fail(cfg->line, "rule \"%s\": listeners = \"%s\": it should be "
		    "ipv6, ipv4 or any", cfg_title(sec), listeners);
		return -1;
	}
	if (action == NULL) {
		fail(cfg->line, "rule \"%s\": it needs an action: accept, "
		    "fallback, reject, defer or quarantine", cfg_title(sec));
		return -1;
	}
	rule.name = xstrdup(cfg_title(sec));
	rule.listeners = xstrdup(listeners);
	rule.action = xstrdup(action);
	for (unsigned i = 0; i < cfg_size(sec, "when"); i++) {
		rule.when.items = xreallocarray(rule.when.items,
		    rule.when.count + 1, sizeof *rule.when.items);
		rule.when.items[rule.when.count++] =
		    xstrdup(cfg_getnstr(sec, "when", i));
	}
	now.config->rules = xreallocarray(now.config->rules,
	    now.config->rule_count + 1, sizeof rule);
	now.config->rules[now.config->rule_count++] = rule;
	return 0;
}

static int
check_filter(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	struct config_filter filter = { 0 };
	char why[256];

	if (!config_check_filter(cfg_title(sec), cfg_getstr(sec, "kind"),
	    cfg_getstr(sec, "socket"), cfg_getstr(sec, "timeout"),
	    cfg_getstr(sec, "silent"), &filter, why, sizeof why)) {
		fail(cfg->line, "filter \"%s\": %s", cfg_title(sec), why);
		return -1;
	}
	now.config->filters = xreallocarray(now.config->filters,
	    now.config->filter_count + 1, sizeof filter);
	now.config->filters[now.config->filter_count++] = filter;
	return 0;
}

static int
check_provider(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	const char *codes[CONFIG_CODES_MAX + 1] = { NULL };
	struct provider_text text = {
		.kind = cfg_getstr(sec, "kind"),
		.zone = cfg_getstr(sec, "zone"),
		.zone_ipv6 = cfg_getstr(sec, "zone-ipv6"),
		.codes = codes,
	};
	struct config_provider provider = { 0 };
	char why[256];

	for (; text.code_count < cfg_size(sec, "codes") &&
	    text.code_count <= CONFIG_CODES_MAX; text.code_count++)
		codes[text.code_count] = cfg_getnstr(sec, "codes",
		    (unsigned)text.code_count);
	if (now.config->provider_count == CONFIG_PROVIDERS_MAX) {
		fail(cfg->line, "provider \"%s\": there are %d already, which "
		    "is the most there may be", cfg_title(sec),
		    CONFIG_PROVIDERS_MAX);
		return -1;
	}
	if (!config_check_provider(cfg_title(sec), &text, &provider, why,
	    sizeof why)) {
		fail(cfg->line, "provider \"%s\": %s", cfg_title(sec), why);
		return -1;
	}
	now.config->providers = xreallocarray(now.config->providers,
	    now.config->provider_count + 1, sizeof provider);
	now.config->providers[now.config->provider_count++] = provider;
	return 0;
}

/* ---- the grammar ---- */

static cfg_opt_t listen_opts[] = {
	CFG_STR("role", "mx", CFGF_NONE),
	CFG_STR("port", "25", CFGF_NONE),
	CFG_STR("push-back", "judge", CFGF_NONE),
	CFG_END()
};

static cfg_opt_t route_opts[] = {
	CFG_STR("via", "", CFGF_NONE),
	CFG_STR("family", "any", CFGF_NONE),
	CFG_STR("tls", "", CFGF_NONE),
	CFG_BOOL("mx6", cfg_true, CFGF_NONE),
	CFG_BOOL("lmtp", cfg_false, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t rule_opts[] = {
	CFG_STR("listeners", "ipv6", CFGF_NONE),
	CFG_STR_LIST("when", "{}", CFGF_NONE),
	CFG_STR("action", NULL, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t filter_opts[] = {
	CFG_STR("kind", NULL, CFGF_NONE),
	CFG_STR("socket", NULL, CFGF_NONE),
	CFG_STR("timeout", "60", CFGF_NONE),
	CFG_STR("silent", "defer", CFGF_NONE),
	CFG_END()
};

static cfg_opt_t provider_opts[] = {
	CFG_STR("kind", NULL, CFGF_NONE),
	CFG_STR("zone", NULL, CFGF_NONE),
	CFG_STR("zone-ipv6", "", CFGF_NONE),
	CFG_STR_LIST("codes", "{}", CFGF_NONE),
	CFG_END()
};

static cfg_opt_t
opt_of(const struct setting *s)
{
	if (s->kind == SETTING_TEXTS || s->kind == SETTING_BLOCKS) {
		cfg_opt_t list = CFG_STR_LIST(s->name, "{}", CFGF_NODEFAULT);

		return list;
	}
	cfg_opt_t one = CFG_STR(s->name, NULL, CFGF_NODEFAULT);

	return one;
}

static cfg_t *
grammar(void)
{
	const cfg_flag_t many = CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES;
	const cfg_opt_t sections[] = {
		CFG_SEC("listen", listen_opts, many),
		CFG_SEC("route", route_opts, many),
		CFG_SEC("rule", rule_opts, many),
		CFG_SEC("filter", filter_opts, many),
		CFG_SEC("provider", provider_opts, many),
		CFG_END()
	};
	cfg_opt_t opts[OPTS_MAX];
	size_t n = 0;
	cfg_t *cfg;

	for (; n < setting_count; n++)
		opts[n] = opt_of(setting_at(n));
	memcpy(opts + n, sections, sizeof sections);
	cfg = cfg_init(opts, CFGF_NONE);
	if (cfg == NULL)
		abort();
	cfg_set_error_function(cfg, on_error);
	for (size_t i = 0; i < setting_count; i++)
		cfg_set_validate_func(cfg, setting_at(i)->name, check_setting);
	cfg_set_validate_func(cfg, "listen", check_listen);
	cfg_set_validate_func(cfg, "route", check_route);
	cfg_set_validate_func(cfg, "rule", check_rule);
	cfg_set_validate_func(cfg, "filter", check_filter);
	cfg_set_validate_func(cfg, "provider", check_provider);
	return cfg;
}

static struct config *
defaults(void)
{
	struct config *config = xcalloc(1, sizeof *config);
	char why[256];

	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *s = setting_at(i);
		void *at = (char *)config + s->offset;
		unsigned choice = (unsigned)s->number;

		if (s->kind == SETTING_TEXT)
			setting_store(s, config, s->text, why, sizeof why);
		else if (s->kind == SETTING_NUMBER)
			memcpy(at, &s->number, sizeof s->number);
		else if (s->kind == SETTING_YESNO)
			*(bool *)at = s->number != 0;
		else if (s->kind == SETTING_CHOICE)
			memcpy(at, &choice, sizeof choice);
	}
	return config;
}

/* The general demand may stand behind the routes that take it over. */
static void
routes_inherit(cfg_t *cfg, struct config *config)
{
	for (unsigned i = 0; i < config->route_count; i++) {
		cfg_t *sec = cfg_getnsec(cfg, "route", i);

		if (*cfg_getstr(sec, "tls") == '\0')
			config->routes[i].tls = config->tls;
	}
}

struct config *
config_parse(const char *text, size_t n, const char *name,
    char error[static CONFIG_ERROR_SIZE])
{
	struct config *config = defaults();
	const char *fault;
	char why[512];
	cfg_t *cfg;
	int line;
	bool good;

	error[0] = '\0';
	now.config = config;
	now.name = name;
	now.error = error;
	fault = config_text_fault(text, n, &line);
	if (fault != NULL) {
		fail(line, "%s", fault);
		return config_free(config);
	}
	cfg = grammar();
	good = cfg_parse_buf(cfg, text) == CFG_SUCCESS && error[0] == '\0';
	if (good)
		routes_inherit(cfg, config);
	cfg_free(cfg);
	if (good && !config_check_whole(config, why, sizeof why)) {
		snprintf(error, CONFIG_ERROR_SIZE, "%s: %s", name, why);
		good = false;
	}
	if (!good && error[0] == '\0')
		fail(1, "it cannot be read");
	return good ? config : config_free(config);
}
