/* SPDX-License-Identifier: ISC */
#include "policy/replay.h"

#include <string.h>

#include "policy/recent.h"
#include "util/xalloc.h"

#define SIGNATURES_MAX	65536
#define DAY_MS		(24 * 60 * 60 * UINT64_C(1000))
#define KEY_MAX		(REPLAY_KEY_SIZE - 1)	/* 48 octets */

struct replay {
	struct recent	*seen;		/* uint64_t recipients, by b= */
};

struct replay *
replay_new(void)
{
	struct replay *replay = xcalloc(1, sizeof *replay);

	replay->seen = recent_new(SIGNATURES_MAX, free);
	return replay;
}

struct replay *
replay_free(struct replay *replay)
{
	if (replay != NULL)
		recent_free(replay->seen);
	free(replay);
	return NULL;
}

uint64_t
replay_add(struct replay *replay, const char *b, size_t recipients,
    uint64_t now_ms)
{
	size_t n = strnlen(b, KEY_MAX);
	uint64_t *count = recent_get(replay->seen, b, n, now_ms), first;

	if (count != NULL)
		return *count += recipients;
	first = recipients;
	if (recipients > 0)
		recent_put(replay->seen, b, n, xmemdup(&first, sizeof first),
		    now_ms + DAY_MS);
	return first;
}

bool
replay_count(struct replay *replay, const char *b, size_t recipients,
    uint64_t most, uint64_t now_ms)
{
	return replay_add(replay, b, recipients, now_ms) > most;
}

void
replay_learn(struct replay *replay, const char *b, uint64_t recipients,
    uint64_t now_ms)
{
	uint64_t known = replay_add(replay, b, 0, now_ms);

	if (recipients > known)
		replay_add(replay, b, recipients - known, now_ms);
}
