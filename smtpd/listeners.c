/* SPDX-License-Identifier: ISC */
#include "smtpd/listeners.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/child_ipc.h"
#include "util/log.h"
#include "util/xalloc.h"

#define BACKLOG		1024
#define TELL_MS		30000

static struct listener *listeners;
static size_t listener_count;

const struct listener *
listeners_at(size_t i)
{
	return i < listener_count ? &listeners[i] : NULL;
}

static void
told(void *arg, enum ipc_status status,
    const struct child_listener_answer *answer)
{
	(void)answer;
	supervise_told(arg, status, "a listener");
}

static void
tell(struct process *p, const struct listener *l, bool with_socket, bool close_it)
{
	char text[NETADDR_TEXT_SIZE];
	struct child_listener_ask ask = {
		.address = netaddr_format_port(&l->addr, text),
		.role = l->role,
		.socket = with_socket ? l->fd : -1,
		.close = close_it,
	};

	child_listener(p->peer, &ask, TELL_MS, told, p);
}

static void
tell_all(const struct listener *l, bool with_socket, bool close_it)
{
	struct process *p;

	for (size_t i = 0; (p = supervise_at(i)) != NULL; i++) {
		if (p->row->kind == PROCESS_SMTP && p->state == PROCESS_READY)
			tell(p, l, with_socket, close_it);
	}
}

void
listeners_give(struct process *smtp)
{
	for (size_t i = 0; i < listener_count; i++)
		tell(smtp, &listeners[i], true, false);
}

static void
explain(const struct netaddr *addr, const char *step, char *why,
    size_t why_size)
{
	char text[NETADDR_TEXT_SIZE];
	const char *cure = "";

	if (errno == EADDRINUSE)
		cure = "; another server has it: stop that, or choose another "
		    "address or port";
	else if (errno == EACCES)
		cure = "; ports below 1024 need root: start mx6d as root, or "
		    "choose a port above";
	else if (errno == EADDRNOTAVAIL)
		cure = "; this machine does not have that address";
	snprintf(why, why_size, "listen \"%s\": %s: %s%s",
	    netaddr_format_port(addr, text), step, strerror(errno), cure);
}

static int
open_socket(const struct netaddr *addr, char *why, size_t why_size)
{
	struct sockaddr_storage sa;
	socklen_t length = netaddr_to_sockaddr(addr, &sa);
	const int yes = 1;
	const char *step = "socket";
	int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);

	if (fd == -1)
		goto failed;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	step = "IPV6_V6ONLY";
	if (sa.ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6,
	    IPV6_V6ONLY, &yes, sizeof yes) == -1)
		goto failed;
	step = "bind";
	if (bind(fd, (struct sockaddr *)&sa, length) == -1)
		goto failed;
	step = "listen";
	if (listen(fd, BACKLOG) == -1)
		goto failed;
	return fd;
failed:
	explain(addr, step, why, why_size);
	if (fd != -1)
		close(fd);
	return -1;
}

static bool
same(const struct netaddr *a, const struct netaddr *b)
{
	return netaddr_equal(a, b) && a->port == b->port;
}

static struct listener *
find(const struct netaddr *addr)
{
	for (size_t i = 0; i < listener_count; i++) {
		if (same(&listeners[i].addr, addr))
			return &listeners[i];
	}
	return NULL;
}

/* Sockets for all of config: those already open, and new ones. */
static bool
open_all(const struct config *config, struct listener *fresh, char *why,
    size_t why_size)
{
	for (size_t i = 0; i < config->listen_count; i++) {
		const struct config_listen *want = &config->listens[i];
		const struct listener *old = find(&want->addr);

		fresh[i].addr = want->addr;
		fresh[i].role = fresh[i].configured = want->role;
		fresh[i].fd = old != NULL ? old->fd :
		    open_socket(&want->addr, why, why_size);
		if (fresh[i].fd != -1)
			continue;
		while (i-- > 0) {
			if (find(&fresh[i].addr) == NULL)
				close(fresh[i].fd);
		}
		return false;
	}
	return true;
}

bool
listeners_apply(const struct config *config, char *why, size_t why_size)
{
	struct listener *fresh = xcalloc(config->listen_count, sizeof *fresh);
	struct listener *old = listeners;
	size_t old_count = listener_count;

	if (!open_all(config, fresh, why, why_size)) {
		free(fresh);
		return false;
	}
	listeners = fresh;
	listener_count = config->listen_count;
	for (size_t i = 0; i < old_count; i++) {
		if (find(&old[i].addr) == NULL) {
			tell_all(&old[i], false, true);
			close(old[i].fd);
		}
	}
	for (size_t i = 0; i < listener_count; i++) {
		bool known = false;

		for (size_t j = 0; j < old_count; j++)
			known |= same(&old[j].addr, &listeners[i].addr);
		tell_all(&listeners[i], !known, false);
	}
	free(old);
	return true;
}

static struct listener *
find_by_text(const char *address, char *why, size_t why_size)
{
	struct netaddr addr;
	struct listener *found = NULL;

	if (!netaddr_parse_port(address, 0, &addr)) {
		snprintf(why, why_size, "\"%s\" is not an address", address);
		return NULL;
	}
	for (size_t i = 0; i < listener_count; i++) {
		if (!netaddr_equal(&listeners[i].addr, &addr) ||
		    (addr.port != 0 && listeners[i].addr.port != addr.port))
			continue;
		if (found != NULL) {
			snprintf(why, why_size, "there are several listeners "
			    "on %s: give the port, as in [address]:port",
			    address);
			return NULL;
		}
		found = &listeners[i];
	}
	if (found == NULL)
		snprintf(why, why_size, "there is no listener on %s; mx6ctl "
		    "status lists them", address);
	return found;
}

bool
listeners_switch(const char *address, enum listener_role role, char *why,
    size_t why_size)
{
	struct listener *l = find_by_text(address, why, why_size);
	struct log_line line;

	if (l == NULL)
		return false;
	if (role != ROLE_MX && !netaddr_is_ipv6(&l->addr)) {
		snprintf(why, why_size, "%s is an IPv4 address: its role can "
		    "only be mx", address);
		return false;
	}
	log_start(&line, LOG_LEVEL_INFO, "listener");
	log_text(&line, "address", address);
	log_text(&line, "from", listener_role_name(l->role));
	log_text(&line, "to", listener_role_name(role));
	log_send(&line);
	l->role = role;
	tell_all(l, false, false);
	return true;
}
