/* SPDX-License-Identifier: ISC */
/* /etc/resolv.conf: what is found are addresses with a port, and few. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/resolv_conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netaddr servers[RESOLV_CONF_SERVERS_MAX], again;
	char text[NETADDR_TEXT_SIZE];
	size_t count = resolv_conf_parse((const char *)data, size, servers);

	assert(count <= RESOLV_CONF_SERVERS_MAX);
	for (size_t i = 0; i < count; i++) {
		assert(servers[i].port == 53);
		assert(netaddr_parse(netaddr_format(&servers[i], text),
		    &again));
		assert(again.family == servers[i].family);
		assert(memcmp(again.bytes, servers[i].bytes,
		    sizeof again.bytes) == 0);
	}
	return 0;
}
