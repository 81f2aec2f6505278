/* SPDX-License-Identifier: ISC */
#include "smtpd/settings_file.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/rules.h"
#include "resolver/zone.h"
#include "util/fdio.h"
#include "util/number.h"
#include "util/xalloc.h"

#define FILE_MAX	(1024 * 1024)
#define NAME_MAX_SIZE	256

/* The fully qualified name of this machine, or what there is of it. */
static void
machine_name(char name[static NAME_MAX_SIZE])
{
	struct addrinfo hints = { .ai_flags = AI_CANONNAME }, *found = NULL;

	if (gethostname(name, NAME_MAX_SIZE) == -1)
		snprintf(name, NAME_MAX_SIZE, "localhost");
	name[NAME_MAX_SIZE - 1] = '\0';
	if (strchr(name, '.') == NULL &&
	    getaddrinfo(name, NULL, &hints, &found) == 0 &&
	    found->ai_canonname != NULL && strchr(found->ai_canonname, '.'))
		snprintf(name, NAME_MAX_SIZE, "%s", found->ai_canonname);
	if (found != NULL)
		freeaddrinfo(found);
}

/* The children cannot ask for the machine's name: it is written down. */
static void
complete(struct config *config, struct supply *supply)
{
	char name[NAME_MAX_SIZE];
	char *text;

	if (*config->hostname != '\0')
		return;
	machine_name(name);
	free(config->hostname);
	config->hostname = xstrdup(name);
	text = xasprintf("%s\nhostname = \"%s\"\n", supply->text, name);
	free(supply->text);
	supply->text = text;
	supply->text_size = strlen(text);
}

static bool
read_named(const char *setting, const char *path, char **ret_text,
    size_t *ret_size, char error[static CONFIG_ERROR_SIZE])
{
	*ret_text = NULL;
	*ret_size = 0;
	if (*path == '\0')
		return true;
	*ret_text = fdio_read_file(path, FILE_MAX, ret_size);
	if (*ret_text == NULL)
		snprintf(error, CONFIG_ERROR_SIZE, "%s = \"%s\": %s; it "
		    "should be a file that can be read", setting, path,
		    strerror(errno));
	return *ret_text != NULL;
}

static bool
check_rules(const struct config *config, char error[static CONFIG_ERROR_SIZE])
{
	struct rules *rules = rules_of_config(config, error);

	if (rules == NULL)
		return false;
	rules_free(rules);
	return true;
}

/* Before a child is told: at the start it would be its end, and a reload would
 * half happen. */
static bool
check_zone(const struct config *config, const struct supply *s,
    char error[static CONFIG_ERROR_SIZE])
{
	char why[ZONE_ERROR_SIZE];
	struct zone *zone;

	if (s->zone == NULL)
		return true;
	zone = zone_parse(s->zone, s->zone_size, config->zone, why);
	if (zone == NULL)
		snprintf(error, CONFIG_ERROR_SIZE, "zone: %s", why);
	zone_free(zone);
	return zone != NULL;
}

/* The parser names the file itself; these errors concern it too. */
static void
name_file(const char *path, char error[static CONFIG_ERROR_SIZE])
{
	char *text = xasprintf("%s: %s", path, error);

	strcpy_bounded(error, CONFIG_ERROR_SIZE, text);
	free(text);
}

void
settings_forget(struct supply *s)
{
	free(s->text);
	free(s->certificate);
	free(s->zone);
	if (s->key != NULL)
		explicit_bzero(s->key, s->key_size);
	free(s->key);
	s->text = s->certificate = s->key = s->zone = NULL;
}

struct config *
settings_load(const char *path, struct supply *ret_supply,
    char error[static CONFIG_ERROR_SIZE])
{
	struct supply s = *ret_supply;
	struct config *config;

	s.certificate = s.key = s.zone = NULL;
	s.text = fdio_read_file(path, FILE_MAX, &s.text_size);
	if (s.text == NULL) {
		snprintf(error, CONFIG_ERROR_SIZE, "%s: %s; give the "
		    "configuration with -f FILE", path, strerror(errno));
		return NULL;
	}
	config = config_parse(s.text, s.text_size, path, error);
	if (config == NULL) {
		free(s.text);
		return NULL;
	}
	if (!check_rules(config, error) ||
	    !read_named("tls-certificate", config->tls_certificate,
	    &s.certificate, &s.certificate_size, error) ||
	    !read_named("tls-key", config->tls_key, &s.key, &s.key_size,
	    error) ||
	    !read_named("zone", config->zone, &s.zone, &s.zone_size, error) ||
	    !check_zone(config, &s, error)) {
		name_file(path, error);
		settings_forget(&s);
		return config_free(config);
	}
	complete(config, &s);
	settings_forget(ret_supply);
	*ret_supply = s;
	return config;
}

static bool
same_texts(const struct text_list *a, const struct text_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	}
	return true;
}

bool
settings_need_new_resolver(const struct config *a, const struct config *b,
    bool zone_changed)
{
	return zone_changed || a->resolver != b->resolver ||
	    !same_texts(&a->forwarders, &b->forwarders) ||
	    strcmp(a->zone, b->zone) != 0;
}

const char *
settings_need_restart(const struct config *a, const struct config *b)
{
	if (strcmp(a->user, b->user) != 0 ||
	    strcmp(a->queue_user, b->queue_user) != 0 ||
	    strcmp(a->policy_user, b->policy_user) != 0)
		return "another user takes effect when mx6d is started again";
	if (strcmp(a->state_directory, b->state_directory) != 0 ||
	    strcmp(a->spool_directory, b->spool_directory) != 0 ||
	    strcmp(a->empty_directory, b->empty_directory) != 0 ||
	    strcmp(a->control_socket, b->control_socket) != 0)
		return "another directory or control socket takes effect "
		    "when mx6d is started again";
	if (a->smtp_processes != b->smtp_processes ||
	    a->policy_processes != b->policy_processes)
		return "another number of processes takes effect when mx6d "
		    "is started again";
	if (strcmp(a->log_to, b->log_to) != 0)
		return "another log-to takes effect when mx6d is started "
		    "again";
	return NULL;
}
