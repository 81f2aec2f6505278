/* SPDX-License-Identifier: ISC */
#ifndef POLICY_RECENT_H
#define POLICY_RECENT_H

/*
 * What was found out recently: values by key, each for a while, bounded in
 * number; the one used longest ago goes first.  Time comes in as an argument.
 */

#include <stddef.h>
#include <stdint.h>

#include "util/netaddr.h"

struct recent;

/* An address as a key: the family too, for the octets of an IPv4 address are
 * also the beginning of an IPv6 one. */
#define RECENT_ADDR_SIZE 17
void recent_addr_key(const struct netaddr *addr,
    uint8_t ret_key[static RECENT_ADDR_SIZE]);

/* free_value is called for each value that goes. */
struct recent *recent_new(size_t most, void (*free_value)(void *value));
struct recent *recent_free(struct recent *recent);
void recent_clear(struct recent *recent);
size_t recent_count(const struct recent *recent);
/* NULL if there is none that is still good; else valid until the next call
 * of recent_put or recent_clear. */
void *recent_get(struct recent *recent, const void *key, size_t n,
    uint64_t now_ms);
/* value is ours from now on; it takes the place of one with the same key. */
void recent_put(struct recent *recent, const void *key, size_t n, void *value,
    uint64_t until_ms);
void recent_drop(struct recent *recent, const void *key, size_t n);
/* Those that are still good, the last used first. */
void recent_each(const struct recent *recent, uint64_t now_ms,
    void (*use)(void *arg, const void *value), void *arg);

#endif
