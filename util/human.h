/* SPDX-License-Identifier: ISC */
#ifndef UTIL_HUMAN_H
#define UTIL_HUMAN_H

/* Quantities as people read them. */

#include <stdint.h>

#define HUMAN_SIZE 40

/* "512 B", "4.0 KiB", "1.5 MiB". */
const char *human_bytes(uint64_t bytes, char text[static HUMAN_SIZE]);
/* "8 s", "12 min", "3 h 10 min", "2 d 4 h". */
const char *human_duration(uint64_t seconds, char text[static HUMAN_SIZE]);
/* Unix seconds as local time, "2026-11-24 06:24:00"; "-" for 0. */
const char *human_time(uint64_t seconds, char text[static HUMAN_SIZE]);

#endif
