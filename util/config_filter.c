/* SPDX-License-Identifier: ISC */
/* The section `filter`: a milter, where it is found, and what it is for. */
#include "util/config_check.h"

#include <stdio.h>
#include <string.h>

#include "util/number.h"
#include "util/xalloc.h"

#define TIMEOUT_MAX	120	/* seconds */

const char *const config_silent_names[2] = {
	[SILENT_ACCEPT] = "accept",
	[SILENT_DEFER] = "defer",
};

static bool
is_socket(const char *socket)
{
	struct netaddr addr;

	if (strncmp(socket, "unix:", 5) == 0)
		return socket[5] == '/';
	/* Port 0 is what is left when the text names none. */
	return netaddr_parse_port(socket, 0, &addr) && addr.port != 0;
}

static const char *
fault_of(const char *kind, const char *socket)
{
	if (kind == NULL)
		return "it needs a kind: content or malware";
	if (strcmp(kind, "content") != 0 && strcmp(kind, "malware") != 0)
		return "kind: it should be content or malware";
	if (socket == NULL)
		return "it needs a socket: unix:/path, or an address with its "
		    "port";
	if (!is_socket(socket))
		return "socket: it should be unix:/path, or an address with "
		    "its port such as 127.0.0.1:11332 or [::1]:11332";
	return NULL;
}

bool
config_check_filter(const char *name, const char *kind, const char *socket,
    const char *timeout, const char *silent, struct config_filter *ret_filter,
    char *why, size_t why_size)
{
	const char *fault = fault_of(kind, socket);
	bool accepts = strcmp(silent, config_silent_names[SILENT_ACCEPT]) == 0;
	uint64_t seconds;

	if (fault != NULL) {
		snprintf(why, why_size, "%s", fault);
		return false;
	}
	if (!number_parse(timeout, 1, TIMEOUT_MAX, &seconds)) {
		snprintf(why, why_size, "timeout = %s: it should be a number "
		    "from 1 to %d (seconds)", timeout, TIMEOUT_MAX);
		return false;
	}
	if (!accepts &&
	    strcmp(silent, config_silent_names[SILENT_DEFER]) != 0) {
		snprintf(why, why_size, "silent = %s: it should be accept or "
		    "defer", silent);
		return false;
	}
	ret_filter->name = xstrdup(name);
	ret_filter->socket = xstrdup(socket);
	ret_filter->timeout_ms = seconds * 1000;
	ret_filter->silent = accepts ? SILENT_ACCEPT : SILENT_DEFER;
	ret_filter->malware = strcmp(kind, "malware") == 0;
	return true;
}
