/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_RESOLV_CONF_H
#define RESOLVER_RESOLV_CONF_H

/* The name servers that /etc/resolv.conf names (resolv.conf(5)). */

#include <stddef.h>

#include "util/netaddr.h"

#define RESOLV_CONF_SERVERS_MAX 8

/*
 * Reads n bytes of text; returns how many servers were found, in their
 * order, with port 53.  Lines that are not understood are passed over, as
 * the C library does; an address with a zone ("%eth0") is one of them.
 */
size_t resolv_conf_parse(const char *text, size_t n,
    struct netaddr ret_servers[static RESOLV_CONF_SERVERS_MAX]);

#endif
