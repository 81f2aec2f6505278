/* SPDX-License-Identifier: ISC */
#include "resolver/sources.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/resolv_conf.h"
#include "util/fdio.h"
#include "util/log.h"
#include "util/number.h"
#include "util/xalloc.h"

#define RESOLV_CONF	"/etc/resolv.conf"
#define ROOT_KEYS	"/usr/share/dns/root.key"	/* dns-root-data */
#define SMALL_FILE_MAX	65536
#define ZONE_FILE_MAX	(64 * 1024 * 1024)
#define FORWARDERS_MAX	16
#define ANCHORS_MAX	16
#define DNS_PORT	53

/* The root's key-signing keys of 2017 and 2024, as IANA publishes them:
 * https://data.iana.org/root-anchors/root-anchors.xml */
static const char root_keys[] =
    ". IN DS 20326 8 2 "
    "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D\n"
    ". IN DS 38696 8 2 "
    "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16\n";

/* "192.0.2.1", "192.0.2.1@5353", "192.0.2.1:5353", "[2001:db8::1]:5353". */
static bool
parse_forwarder(const char *text, struct netaddr *ret_addr)
{
	const char *at = strchr(text, '@');
	char addr[NETADDR_TEXT_SIZE];
	uint64_t port;

	if (at == NULL)
		return netaddr_parse_port(text, DNS_PORT, ret_addr);
	if ((size_t)(at - text) >= sizeof addr ||
	    !number_parse(at + 1, 1, UINT16_MAX, &port))
		return false;
	memcpy(addr, text, (size_t)(at - text));
	addr[at - text] = '\0';
	if (!netaddr_parse(addr, ret_addr))
		return false;
	ret_addr->port = (uint16_t)port;
	return true;
}

static size_t
system_forwarders(struct netaddr addrs[static FORWARDERS_MAX])
{
	size_t n, count = 0;
	char *text = fdio_read_file(RESOLV_CONF, SMALL_FILE_MAX, &n);

	if (text != NULL)
		count = resolv_conf_parse(text, n, addrs);
	free(text);
	/* resolv.conf(5): with none named, the one on this machine. */
	if (count == 0 && netaddr_parse("127.0.0.1", &addrs[0])) {
		addrs[0].port = DNS_PORT;
		count = 1;
	}
	return count;
}

static bool
forwarders(const struct config *config,
    struct netaddr addrs[static FORWARDERS_MAX], size_t *ret_count)
{
	const struct text_list *list = &config->forwarders;

	*ret_count = 0;
	if (config->resolver == RESOLVER_RECURSE)
		return true;
	if (list->count == 0) {
		*ret_count = system_forwarders(addrs);
		return true;
	}
	if (list->count > FORWARDERS_MAX) {
		log_say(LOG_LEVEL_ERROR, "start", "forwarders: at most %d",
		    FORWARDERS_MAX);
		return false;
	}
	for (size_t i = 0; i < list->count; i++) {
		if (!parse_forwarder(list->items[i], &addrs[i])) {
			log_say(LOG_LEVEL_ERROR, "start", "forwarders: \"%s\" "
			    "is no address; it should be like 192.0.2.1 or "
			    "192.0.2.1@5353", list->items[i]);
			return false;
		}
	}
	*ret_count = list->count;
	return true;
}

/* Lines of text that are neither empty nor comments, in place. */
static size_t
split_lines(char *text, char *lines[static ANCHORS_MAX])
{
	size_t count = 0;

	while (*text != '\0' && count < ANCHORS_MAX) {
		char *end = text + strcspn(text, "\n");
		bool last = *end == '\0';

		*end = '\0';
		if (*text != ';' && *text != '#' && *text != '\0')
			lines[count++] = text;
		text = last ? end : end + 1;
	}
	return count;
}

static struct lookup *
open_lookup(const struct config *config)
{
	struct netaddr addrs[FORWARDERS_MAX];
	struct lookup_options options = { .forwarders = addrs };
	char *text = NULL, *lines[ANCHORS_MAX], why[LOOKUP_WHY_SIZE];
	struct lookup *l;
	size_t n;

	if (!forwarders(config, addrs, &options.forwarder_count))
		return NULL;
	if (config->dnssec && config->trust_anchors.count > 0) {
		options.anchors = config->trust_anchors.items;
		options.anchor_count = config->trust_anchors.count;
	} else if (config->dnssec) {
		text = fdio_read_file(ROOT_KEYS, SMALL_FILE_MAX, &n);
		if (text == NULL)
			text = xstrdup(root_keys);
		options.anchors = lines;
		options.anchor_count = split_lines(text, lines);
	}
	l = lookup_new(&options, why);
	free(text);
	if (l == NULL)
		log_say(LOG_LEVEL_ERROR, "start", "%s", why);
	return l;
}

struct zone *
sources_read_zone(const struct config *config, int zone_fd)
{
	char error[ZONE_ERROR_SIZE];
	struct zone *zone;
	size_t n;
	char *text = fdio_read_all(zone_fd, ZONE_FILE_MAX, &n);

	if (text == NULL) {
		log_say(LOG_LEVEL_ERROR, "zone", "%s: %s", config->zone,
		    strerror(errno));
		return NULL;
	}
	zone = zone_parse(text, n, config->zone, error);
	free(text);
	if (zone == NULL)
		log_say(LOG_LEVEL_ERROR, "zone", "%s", error);
	return zone;
}

bool
sources_open(const struct config *config, int zone_fd,
    struct sources *ret_sources)
{
	struct sources s = { 0 };

	if (config->zone[0] != '\0')
		s.zone = sources_read_zone(config, zone_fd);
	else
		s.lookup = open_lookup(config);
	if (s.zone == NULL && s.lookup == NULL)
		return false;
	*ret_sources = s;
	return true;
}

static bool
lists_differ(const struct text_list *a, const struct text_list *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->items[i], b->items[i]) != 0)
			return true;
	}
	return false;
}

bool
sources_differ(const struct config *a, const struct config *b)
{
	if ((a->zone[0] != '\0') != (b->zone[0] != '\0'))
		return true;
	return a->resolver != b->resolver || a->dnssec != b->dnssec ||
	    lists_differ(&a->forwarders, &b->forwarders) ||
	    lists_differ(&a->trust_anchors, &b->trust_anchors);
}
