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

/* ---- errors ---- */

/* Of the names that may stand there, the nearest. */
static const char *
suggestion(const cfg_t *cfg, const char *word)
{
	const char *all[OPTS_MAX];
	size_t n = 0;

	for (; n < OPTS_MAX && cfg->opts[n].name != NULL; n++)
		all[n] = cfg->opts[n].name;
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

/* ---- sections, each at its end ---- */

static cfg_t *
section_of(cfg_opt_t *opt)
{
	return cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
}

static int
is_wrong(const cfg_t *cfg, cfg_opt_t *opt, const char *why)
{
	fail(cfg->line, "%s \"%s\": %s", cfg_opt_name(opt),
	    cfg_title(section_of(opt)), why);
	return -1;
}

/* The list, with one item more. */
static void *
append(void *items, size_t *count, const void *item, size_t size)
{
	items = xreallocarray(items, *count + 1, size);
	memcpy((char *)items + (*count)++ * size, item, size);
	return items;
}

static int
check_listen(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = section_of(opt);
	struct config_listen listen = { 0 };
	char why[256];

	if (!config_check_listen(now.config, cfg_title(sec),
	    cfg_getstr(sec, "role"), cfg_getstr(sec, "port"),
	    cfg_getstr(sec, "push-back"), &listen, why, sizeof why))
		return is_wrong(cfg, opt, why);
	now.config->listens = append(now.config->listens,
	    &now.config->listen_count, &listen, sizeof listen);
	return 0;
}

static int
check_route(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = section_of(opt);
	struct config_route route = { 0 };
	char why[256];

	if (!config_check_route(cfg_title(sec), cfg_getstr(sec, "via"),
	    cfg_getstr(sec, "family"), cfg_getstr(sec, "tls"), now.config->tls,
	    &route, why, sizeof why))
		return is_wrong(cfg, opt, why);
	route.mx6 = cfg_getbool(sec, "mx6");
	route.lmtp = cfg_getbool(sec, "lmtp");
	now.config->routes = append(now.config->routes,
	    &now.config->route_count, &route, sizeof route);
	return 0;
}

static int
check_rule(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = section_of(opt);
	struct config_rule rule = { 0 };
	const char *listeners = cfg_getstr(sec, "listeners");
	const char *action = cfg_getstr(sec, "action");
	char why[256];

	if (!config_check_rule(listeners, action, why, sizeof why))
		return is_wrong(cfg, opt, why);
	rule.name = xstrdup(cfg_title(sec));
	rule.listeners = xstrdup(listeners);
	rule.action = xstrdup(action);
	for (unsigned i = 0; i < cfg_size(sec, "when"); i++) {
		char *fact = xstrdup(cfg_getnstr(sec, "when", i));

		rule.when.items = append(rule.when.items, &rule.when.count,
		    &fact, sizeof fact);
	}
	now.config->rules = append(now.config->rules,
	    &now.config->rule_count, &rule, sizeof rule);
	return 0;
}

static int
check_filter(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = section_of(opt);
	struct config_filter filter = { 0 };
	char why[256];

	if (!config_check_filter(cfg_title(sec), cfg_getstr(sec, "kind"),
	    cfg_getstr(sec, "socket"), cfg_getstr(sec, "timeout"),
	    cfg_getstr(sec, "silent"), &filter, why, sizeof why))
		return is_wrong(cfg, opt, why);
	now.config->filters = append(now.config->filters,
	    &now.config->filter_count, &filter, sizeof filter);
	return 0;
}

static int
check_provider(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *sec = section_of(opt);
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
		snprintf(why, sizeof why, "there are %d already, which is the "
		    "most there may be", CONFIG_PROVIDERS_MAX);
		return is_wrong(cfg, opt, why);
	}
	if (!config_check_provider(cfg_title(sec), &text, &provider, why,
	    sizeof why))
		return is_wrong(cfg, opt, why);
	now.config->providers = append(now.config->providers,
	    &now.config->provider_count, &provider, sizeof provider);
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
	struct config *config = config_defaults();
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
