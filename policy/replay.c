/* SPDX-License-Identifier: ISC */
#include "policy/replay.h"

#include <string.h>

#include "policy/recent.h"
#include "util/xalloc.h"

#define SIGNATURES_MAX	65536
#define DAY_MS		(24 * 60 * 60 * UINT64_C(1000))
/* Enough of b= to tell signatures apart: 48 octets. */
#define KEY_MAX		64

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

bool
replay_count(struct replay *replay, const char *b, size_t recipients,
    uint64_t most, uint64_t now_ms)
{
	size_t n = strnlen(b, KEY_MAX);
	uint64_t *count = recent_get(replay->seen, b, n, now_ms), first;

	if (count != NULL) {
		*count += recipients;
		return *count > most;
	}
	first = recipients;
	if (recipients > 0)
		recent_put(replay->seen, b, n, xmemdup(&first, sizeof first),
		    now_ms + DAY_MS);
	return first > most;
}
