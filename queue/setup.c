/* SPDX-License-Identifier: ISC */
/* From settings to what sessions use; see queue/setup.h. */

#include "queue/setup.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/fdio.h"
#include "util/log.h"
#include "util/xalloc.h"

#define CA_MAX		(4 * 1024 * 1024)
#define OWN_ADDRS_MAX	256

/* The machine's addresses as they were at the start: netlink sockets are not
 * for a locked process. */
static struct netaddr machine_addrs[OWN_ADDRS_MAX];
static size_t machine_addr_count;
static char machine_name[256];
static struct conn_tls *plain_tls, *verified_tls;

static void
read_machine(void)
{
	struct ifaddrs *list, *i;

	if (gethostname(machine_name, sizeof machine_name - 1) != 0)
		machine_name[0] = '\0';
	if (getifaddrs(&list) != 0)
		return;
	for (i = list; i != NULL && machine_addr_count < OWN_ADDRS_MAX;
	    i = i->ifa_next)
		if (i->ifa_addr != NULL && netaddr_from_sockaddr(i->ifa_addr,
		    &machine_addrs[machine_addr_count]))
			machine_addr_count++;
	freeifaddrs(list);
}

static bool
prepare_verified(const char *ca_file)
{
	int fd = open(ca_file, O_RDONLY | O_CLOEXEC);
	const char *why = "cannot be read";
	char *text = NULL;
	size_t n = 0;

	if (fd >= 0) {
		text = fdio_read_all(fd, CA_MAX, &n);
		close(fd);
	}
	if (text != NULL)
		verified_tls = conn_tls_client(text, n, true, &why);
	free(text);
	if (verified_tls == NULL)
		log_say(LOG_LEVEL_ERROR, "start", "tls-ca-file %s: %s",
		    ca_file, why);
	return verified_tls != NULL;
}

bool
setup_prepare(const char *ca_file, bool verify)
{
	const char *why = "";

	read_machine();
	plain_tls = conn_tls_client(NULL, 0, false, &why);
	if (plain_tls == NULL) {
		log_say(LOG_LEVEL_ERROR, "start", "TLS: %s", why);
		return false;
	}
	return !verify || prepare_verified(ca_file);
}

struct conn_tls *
setup_tls(bool verify)
{
	return verify ? verified_tls : plain_tls;
}

bool
setup_verifies(const struct config *config)
{
	for (size_t i = 0; i < config->route_count; i++)
		if (config->routes[i].tls == TLS_VERIFIED)
			return true;
	return config->tls == TLS_VERIFIED;
}

static bool
is_wildcard(const struct netaddr *addr)
{
	static const uint8_t zeros[sizeof addr->bytes];

	return memcmp(addr->bytes, zeros, sizeof zeros) == 0;
}

/* A listener on all addresses makes every address of the machine ours. */
static void
add_own(struct setup *s, const struct netaddr *listen)
{
	if (!is_wildcard(listen)) {
		s->self_addrs[s->self.addr_count++] = *listen;
		return;
	}
	for (size_t i = 0; i < machine_addr_count; i++) {
		struct netaddr addr = machine_addrs[i];

		if (addr.family != listen->family)
			continue;
		addr.port = listen->port;
		s->self_addrs[s->self.addr_count++] = addr;
	}
}

static void
set_self(struct setup *s, const struct config *config)
{
	size_t most = config->listen_count * (1 + machine_addr_count);

	s->self_addrs = xcalloc(most + 1, sizeof *s->self_addrs);
	for (size_t i = 0; i < config->listen_count; i++)
		add_own(s, &config->listens[i].addr);
	s->self_name = domain_parse(s->hostname, strlen(s->hostname), false,
	    s->own_name) ? s->own_name : s->hostname;
	s->self.names = &s->self_name;
	s->self.name_count = 1;
	s->self.addrs = s->self_addrs;
}

static void
set_client(struct setup *s, const struct config *config)
{
	struct client_timeouts *t = &s->client.timeouts;
	size_t n = config->fallback_codes_accepted.count;

	s->codes = xcalloc(n + 1, sizeof *s->codes);
	s->codes[0] = xstrdup(config->fallback_code);
	for (size_t i = 0; i < n; i++)
		s->codes[i + 1] = xstrdup(
		    config->fallback_codes_accepted.items[i]);
	s->client.hostname = s->hostname;
	s->client.fallback_codes = s->codes;
	s->client.fallback_code_count = n + 1;
	s->client.prdr = config->prdr;
	t->greeting_ms = (uint32_t)config->timeout_greeting * 1000;
	t->mail_ms = (uint32_t)config->timeout_mail * 1000;
	t->rcpt_ms = (uint32_t)config->timeout_rcpt * 1000;
	t->data_start_ms = (uint32_t)config->timeout_data_start * 1000;
	t->data_block_ms = (uint32_t)config->timeout_data_block * 1000;
	t->data_end_ms = (uint32_t)config->timeout_data_end * 1000;
	t->transaction_ms = (uint32_t)config->timeout_transaction * 1000;
}

struct setup *
setup_new(const struct config *config)
{
	struct setup *s = xcalloc(1, sizeof *s);

	s->refs = 1;
	s->hostname = xstrdup(config->hostname[0] != '\0' ?
	    config->hostname : machine_name);
	set_client(s, config);
	set_self(s, config);
	netaddr_parse(config->source_ipv4, &s->source_ipv4);
	netaddr_parse(config->source_ipv6, &s->source_ipv6);
	s->timeout_connect_ms = (uint32_t)config->timeout_connect * 1000;
	s->connection_idle_ms = config->connection_idle * 1000;
	s->connection_messages = (uint32_t)config->connection_messages;
	return s;
}

struct setup *
setup_hold(struct setup *setup)
{
	setup->refs++;
	return setup;
}

struct setup *
setup_drop(struct setup *s)
{
	if (s == NULL || --s->refs > 0)
		return NULL;
	for (size_t i = 0; i < s->client.fallback_code_count; i++)
		free(s->codes[i]);
	free(s->codes);
	free(s->self_addrs);
	free(s->hostname);
	free(s);
	return NULL;
}
