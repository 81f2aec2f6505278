/* SPDX-License-Identifier: ISC */
#ifndef RESOLVER_CACHE_H
#define RESOLVER_CACHE_H

/*
 * Answers kept for a while, by type and name.  It stands in front of
 * libunbound, whose own cache costs two hops between threads.  Bounded in
 * entries and in bytes: the one used longest ago goes first.  Time comes in
 * as an argument.
 */

#include <stddef.h>
#include <stdint.h>

#include "resolver/answer.h"

struct cache;

struct cache *cache_new(size_t entries_max, size_t bytes_max);
struct cache *cache_free(struct cache *c);
void cache_clear(struct cache *c);

/* Keeps a reference of its own.  The time is the answer's, within bounds:
 * nothing is asked twice a second, nothing is believed for days. */
void cache_put(struct cache *c, enum dns_type type, const char *name,
    struct answer *answer, uint64_t now_ms);
/* NULL if there is none that is still good; else the cache's own reference,
 * and the seconds that it is good for. */
struct answer *cache_get(struct cache *c, enum dns_type type, const char *name,
    uint64_t now_ms, uint32_t *ret_ttl_s);

size_t cache_entries(const struct cache *c);
size_t cache_bytes(const struct cache *c);

#endif
