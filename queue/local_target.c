/* SPDX-License-Identifier: ISC */
#include "queue/local_target.h"

#include <stdlib.h>
#include <string.h>

#include "queue/maildir_path.h"
#include "util/xalloc.h"

bool
local_target_find(const char *path, struct local_target *ret_target)
{
	bool absolute = *path == '/';
	size_t n = strlen(path);
	const char *slash;
	char *clean;

	/* One slash at the end does no harm. */
	if (n > 1 && path[n - 1] == '/')
		n--;
	clean = xstrndup(path, n);
	slash = strrchr(clean, '/');
	/* Nobody is locked into "/": that would be no lock. */
	if (!maildir_path_is_safe(clean + absolute) ||
	    (absolute && slash == clean)) {
		free(clean);
		return false;
	}
	if (!absolute) {
		ret_target->directory = xstrdup("");
		ret_target->path = clean;
		return true;
	}
	ret_target->directory = xstrndup(clean, (size_t)(slash - clean));
	ret_target->path = xstrdup(slash + 1);
	free(clean);
	return true;
}

void
local_target_clear(struct local_target *target)
{
	free(target->directory);
	free(target->path);
}
