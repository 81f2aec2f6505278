/* SPDX-License-Identifier: ISC */
/* A configuration's begin and end, and what is looked up in it. */
#include <stdlib.h>
#include <string.h>

#include "util/config_check.h"
#include "util/xalloc.h"

struct config *
config_defaults(void)
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

bool
block_list_contains(const struct block_list *list, const struct netaddr *addr)
{
	for (size_t i = 0; i < list->count; i++) {
		if (netblock_contains(&list->items[i], addr))
			return true;
	}
	return false;
}

const struct config_route *
config_route_for(const struct config *config, const char *domain)
{
	const struct config_route *all = NULL;

	for (size_t i = 0; i < config->route_count; i++) {
		if (strcmp(config->routes[i].domain, domain) == 0)
			return &config->routes[i];
		if (strcmp(config->routes[i].domain, "*") == 0)
			all = &config->routes[i];
	}
	return all;
}

/* ---- life's end ---- */

static void
clear_texts(struct text_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct text_list){ 0 };
}

void
config_clear_list(struct config *config, const struct setting *s)
{
	void *at = (char *)config + s->offset;

	if (s->kind == SETTING_TEXTS)
		clear_texts(at);
	else if (s->kind == SETTING_BLOCKS) {
		struct block_list *list = at;

		free(list->items);
		*list = (struct block_list){ 0 };
	}
}

struct config *
config_free(struct config *config)
{
	if (config == NULL)
		return NULL;
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *s = setting_at(i);

		if (s->kind == SETTING_TEXT)
			free(*(char **)((char *)config + s->offset));
		else
			config_clear_list(config, s);
	}
	for (size_t i = 0; i < config->route_count; i++) {
		free(config->routes[i].domain);
		free(config->routes[i].via);
	}
	for (size_t i = 0; i < config->rule_count; i++) {
		free(config->rules[i].name);
		free(config->rules[i].listeners);
		free(config->rules[i].action);
		clear_texts(&config->rules[i].when);
	}
	for (size_t i = 0; i < config->filter_count; i++) {
		free(config->filters[i].name);
		free(config->filters[i].socket);
	}
	for (size_t i = 0; i < config->provider_count; i++)
		config_provider_done(&config->providers[i]);
	free(config->providers);
	free(config->filters);
	free(config->listens);
	free(config->routes);
	free(config->rules);
	free(config);
	return NULL;
}
