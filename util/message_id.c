/* SPDX-License-Identifier: ISC */
#include "util/message_id.h"

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void
id_source_init(struct id_source *source, uint32_t process, uint32_t random)
{
	source->last_us = 0;
	source->process = process;
	source->random = random;
}

static void
put(char *to, unsigned length, uint64_t n)
{
	while (length-- > 0) {
		to[length] = digits[n % 32];
		n /= 32;
	}
}

const char *
message_id_next(struct id_source *source, uint64_t now_ms,
    char id[static MESSAGE_ID_SIZE])
{
	uint64_t us = now_ms * 1000;

	if (us <= source->last_us)
		us = source->last_us + 1;
	source->last_us = us;
	put(id, 11, us);
	put(id + 11, 2, source->process);
	put(id + 13, 2, source->random);
	id[MESSAGE_ID_LENGTH] = '\0';
	return id;
}
