/* SPDX-License-Identifier: ISC */
#ifndef UTIL_NETADDR_H
#define UTIL_NETADDR_H

/*
 * Internet addresses and networks as typed values.  An IPv4-mapped IPv6
 * address (::ffff:a.b.c.d) is the IPv4 address that it holds, everywhere:
 * every constructor here unmaps it, so `family` NETADDR_IPV6 always means
 * real IPv6 (outside ::ffff:0:0/96).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Not <sys/socket.h>: cores include this. */
struct sockaddr;
struct sockaddr_storage;

enum netaddr_family {
	NETADDR_NONE = 0,
	NETADDR_IPV4 = 4,
	NETADDR_IPV6 = 6,
};

struct netaddr {
	uint8_t		family;		/* enum netaddr_family */
	uint16_t	port;		/* host order; 0 if none */
	uint8_t		bytes[16];	/* network order; IPv4: the first 4 */
};

/* A network: the bits of `addr` beyond `prefix_bits` are zero. */
struct netblock {
	struct netaddr	addr;
	uint8_t		prefix_bits;
};

/* "[2001:db8::1%eth0]:25" plus NUL fits, zone excluded. */
#define NETADDR_TEXT_SIZE 64

/* From "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; no port, no zone. */
bool netaddr_parse(const char *text, struct netaddr *ret_addr);
/* From "192.0.2.1:25", "[2001:db8::1]:25", or without the port, which is
 * then default_port. */
bool netaddr_parse_port(const char *text, uint16_t default_port,
    struct netaddr *ret_addr);
/* From 4 or 16 network-order bytes, as in A and AAAA records. */
bool netaddr_from_bytes(const uint8_t *bytes, size_t n,
    struct netaddr *ret_addr);
bool netaddr_from_sockaddr(const struct sockaddr *sa, struct netaddr *ret_addr);
/* Returns the size, a socklen_t; 0, and AF_UNSPEC, if there is no address. */
unsigned int netaddr_to_sockaddr(const struct netaddr *addr,
    struct sockaddr_storage *ret_sa);

/* Ports do not count. */
bool netaddr_equal(const struct netaddr *a, const struct netaddr *b);
int netaddr_compare(const struct netaddr *a, const struct netaddr *b);
bool netaddr_is_ipv6(const struct netaddr *addr);
bool netaddr_is_loopback(const struct netaddr *addr);

/* Writes the address alone ("2001:db8::1"); returns text. */
const char *netaddr_format(const struct netaddr *addr,
    char text[static NETADDR_TEXT_SIZE]);
/* With the port: "192.0.2.1:25", "[2001:db8::1]:25". */
const char *netaddr_format_port(const struct netaddr *addr,
    char text[static NETADDR_TEXT_SIZE]);
/* As RFC 5321 4.1.3 address literal: "[192.0.2.1]", "[IPv6:2001:db8::1]". */
const char *netaddr_format_literal(const struct netaddr *addr,
    char text[static NETADDR_TEXT_SIZE]);
/* The name under which its PTR stands ("1.2.0.192.in-addr.arpa"). */
#define NETADDR_REVERSE_SIZE 80
const char *netaddr_reverse_name(const struct netaddr *addr,
    char name[static NETADDR_REVERSE_SIZE]);

/* From "192.0.2.0/24", "2001:db8::/32" or an address (all bits).  Bits set
 * beyond the prefix are refused: they are nearly always a mistake. */
bool netblock_parse(const char *text, struct netblock *ret_block);
/* The block of prefix_bits that holds addr. */
struct netblock netblock_of(const struct netaddr *addr, uint8_t prefix_bits);
bool netblock_contains(const struct netblock *block,
    const struct netaddr *addr);
const char *netblock_format(const struct netblock *block,
    char text[static NETADDR_TEXT_SIZE]);

#endif
