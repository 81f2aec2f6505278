/* SPDX-License-Identifier: ISC */
#ifndef UTIL_MESSAGE_ID_H
#define UTIL_MESSAGE_ID_H

/*
 * Ids of messages and sessions: 15 characters that sort by time and are
 * never given twice, over processes and restarts.
 *
 *	microseconds since 1970, never the same one twice	11 characters
 *	process index						 2 characters
 *	random, drawn at the process's start			 2 characters
 *
 * in base 32, digits before letters, without the letters i, l, o and u.
 */

#include <stdint.h>

#define MESSAGE_ID_LENGTH	15
#define MESSAGE_ID_SIZE		(MESSAGE_ID_LENGTH + 1)

struct id_source {
	uint64_t	last_us;
	uint32_t	process;
	uint32_t	random;
};

/* random: any bits that differ from start to start. */
void id_source_init(struct id_source *source, uint32_t process,
    uint32_t random);
/* now_ms: unix time in milliseconds.  Returns id. */
const char *message_id_next(struct id_source *source, uint64_t now_ms,
    char id[static MESSAGE_ID_SIZE]);

#endif
