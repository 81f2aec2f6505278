/* SPDX-License-Identifier: ISC */
#include "util/netaddr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "util/number.h"

static const uint8_t mapped_prefix[12] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
};

static size_t
address_size(const struct netaddr *addr)
{
	return addr->family == NETADDR_IPV4 ? 4 : 16;
}

bool
netaddr_from_bytes(const uint8_t *bytes, size_t n,
    struct netaddr *ret_addr)
{
	struct netaddr addr = { .family = NETADDR_NONE };

	if (n == 16 &&
	    memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
		bytes += sizeof mapped_prefix;
		n = 4;
	}
	if (n != 4 && n != 16)
		return false;
	addr.family = n == 4 ? NETADDR_IPV4 : NETADDR_IPV6;
	memcpy(addr.bytes, bytes, n);
	*ret_addr = addr;
	return true;
}

bool
netaddr_parse(const char *text, struct netaddr *ret_addr)
{
	char bare[NETADDR_TEXT_SIZE];
	uint8_t bytes[16];
	size_t n = strlen(text);

	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
		if (memchr(text, ':', n) == NULL)
			return false;
	}
	if (n >= sizeof bare)
		return false;
	memcpy(bare, text, n);
	bare[n] = '\0';
	if (inet_pton(AF_INET, bare, bytes) == 1)
		return netaddr_from_bytes(bytes, 4, ret_addr);
	if (inet_pton(AF_INET6, bare, bytes) == 1)
		return netaddr_from_bytes(bytes, 16, ret_addr);
	return false;
}

bool
netaddr_parse_port(const char *text, uint16_t default_port,
    struct netaddr *ret_addr)
{
	char host[NETADDR_TEXT_SIZE];
	struct netaddr addr;
	const char *colon = strrchr(text, ':');
	const char *bracket = strrchr(text, ']');
	uint64_t port = default_port;
	size_t n;

	if (colon != NULL && (bracket != NULL ? colon < bracket :
	    memchr(text, ':', (size_t)(colon - text)) != NULL))
		colon = NULL;	/* a colon of the IPv6 address itself */
	n = colon == NULL ? strlen(text) : (size_t)(colon - text);
	if (n >= sizeof host)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	if (colon != NULL && !number_parse(colon + 1, 1, UINT16_MAX, &port))
		return false;
	if (!netaddr_parse(host, &addr))
		return false;
	addr.port = (uint16_t)port;
	*ret_addr = addr;
	return true;
}

bool
netaddr_from_sockaddr(const struct sockaddr *sa, struct netaddr *ret_addr)
{
	struct netaddr addr;

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof in);
		netaddr_from_bytes((const uint8_t *)&in.sin_addr, 4, &addr);
		addr.port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof in6);
		netaddr_from_bytes(in6.sin6_addr.s6_addr, 16, &addr);
		addr.port = ntohs(in6.sin6_port);
	} else
		return false;
	*ret_addr = addr;
	return true;
}

unsigned int
netaddr_to_sockaddr(const struct netaddr *addr, struct sockaddr_storage *ret_sa)
{
	memset(ret_sa, 0, sizeof *ret_sa);	/* AF_UNSPEC */
	if (addr->family == NETADDR_NONE)
		return 0;
	if (addr->family == NETADDR_IPV4) {
		struct sockaddr_in in = {
			.sin_family = AF_INET,
			.sin_port = htons(addr->port),
		};

		memcpy(&in.sin_addr, addr->bytes, 4);
		memcpy(ret_sa, &in, sizeof in);
		return sizeof in;
	}
	struct sockaddr_in6 in6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(addr->port),
	};

	memcpy(&in6.sin6_addr, addr->bytes, 16);
	memcpy(ret_sa, &in6, sizeof in6);
	return sizeof in6;
}

int
netaddr_compare(const struct netaddr *a, const struct netaddr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, address_size(a));
}

bool
netaddr_equal(const struct netaddr *a, const struct netaddr *b)
{
	return netaddr_compare(a, b) == 0;
}

bool
netaddr_is_ipv6(const struct netaddr *addr)
{
	return addr->family == NETADDR_IPV6;
}

bool
netaddr_is_loopback(const struct netaddr *addr)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (addr->family == NETADDR_IPV4)
		return addr->bytes[0] == 127;
	return addr->family == NETADDR_IPV6 &&
	    memcmp(addr->bytes, one, 16) == 0;
}

const char *
netaddr_format(const struct netaddr *addr, char text[static NETADDR_TEXT_SIZE])
{
	if (addr->family == NETADDR_NONE)
		return strcpy_bounded(text, NETADDR_TEXT_SIZE, "none");
	inet_ntop(addr->family == NETADDR_IPV4 ? AF_INET : AF_INET6,
	    addr->bytes, text, NETADDR_TEXT_SIZE);
	return text;
}

const char *
netaddr_format_port(const struct netaddr *addr,
    char text[static NETADDR_TEXT_SIZE])
{
	char bare[NETADDR_TEXT_SIZE];

	netaddr_format(addr, bare);
	snprintf(text, NETADDR_TEXT_SIZE,
	    addr->family == NETADDR_IPV6 ? "[%.45s]:%u" : "%.45s:%u", bare,
	    (unsigned)addr->port);
	return text;
}

const char *
netaddr_format_literal(const struct netaddr *addr,
    char text[static NETADDR_TEXT_SIZE])
{
	char bare[NETADDR_TEXT_SIZE];

	netaddr_format(addr, bare);
	snprintf(text, NETADDR_TEXT_SIZE,
	    addr->family == NETADDR_IPV6 ? "[IPv6:%.45s]" : "[%.45s]", bare);
	return text;
}

const char *
netaddr_reverse_name(const struct netaddr *addr,
    char name[static NETADDR_REVERSE_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	char *p = name;

	if (addr->family == NETADDR_IPV4) {
		snprintf(name, NETADDR_REVERSE_SIZE, "%u.%u.%u.%u.in-addr.arpa",
		    addr->bytes[3], addr->bytes[2], addr->bytes[1],
		    addr->bytes[0]);
		return name;
	}
	for (int i = 15; i >= 0; i--) {
		*p++ = hex[addr->bytes[i] & 15];
		*p++ = '.';
		*p++ = hex[addr->bytes[i] >> 4];
		*p++ = '.';
	}
	strcpy_bounded(p, NETADDR_REVERSE_SIZE - 64, "ip6.arpa");
	return name;
}

struct netblock
netblock_of(const struct netaddr *addr, uint8_t prefix_bits)
{
	struct netblock block = { .addr = *addr, .prefix_bits = prefix_bits };
	size_t n = address_size(addr);

	assert(prefix_bits <= n * 8);
	block.addr.port = 0;
	for (size_t i = 0; i < n; i++) {
		if (prefix_bits >= 8) {
			prefix_bits = (uint8_t)(prefix_bits - 8);
			continue;
		}
		block.addr.bytes[i] &= (uint8_t)(0xff00u >> prefix_bits);
		prefix_bits = 0;
	}
	return block;
}

bool
netblock_parse(const char *text, struct netblock *ret_block)
{
	char host[NETADDR_TEXT_SIZE];
	const char *slash = strchr(text, '/');
	size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);
	struct netaddr addr;
	struct netblock block;
	uint64_t bits, most;
	bool mapped;

	if (n >= sizeof host)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	if (!netaddr_parse(host, &addr))
		return false;
	mapped = addr.family == NETADDR_IPV4 && strchr(host, ':') != NULL;
	most = address_size(&addr) * 8;
	bits = most;
	if (slash != NULL) {
		uint64_t least = mapped ? 96 : 0;

		if (!number_parse(slash + 1, least, mapped ? 128 : most, &bits))
			return false;
		bits -= least;
	}
	block = netblock_of(&addr, (uint8_t)bits);
	if (!netaddr_equal(&block.addr, &addr))
		return false;
	*ret_block = block;
	return true;
}

bool
netblock_contains(const struct netblock *block, const struct netaddr *addr)
{
	struct netblock other;

	if (block->addr.family != addr->family)
		return false;
	other = netblock_of(addr, block->prefix_bits);
	return netaddr_equal(&other.addr, &block->addr);
}

const char *
netblock_format(const struct netblock *block,
    char text[static NETADDR_TEXT_SIZE])
{
	char bare[NETADDR_TEXT_SIZE];

	netaddr_format(&block->addr, bare);
	if (block->prefix_bits == address_size(&block->addr) * 8)
		return strcpy_bounded(text, NETADDR_TEXT_SIZE, bare);
	snprintf(text, NETADDR_TEXT_SIZE, "%.45s/%u", bare,
	    (unsigned)block->prefix_bits);
	return text;
}
