/* SPDX-License-Identifier: ISC */
#include "util/human.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

const char *
human_bytes(uint64_t bytes, char text[static HUMAN_SIZE])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	const size_t last = sizeof units / sizeof units[0] - 1;
	double n = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(text, HUMAN_SIZE, "%" PRIu64 " B", bytes);
		return text;
	}
	for (; n >= 1023.95 && unit < last; unit++)
		n /= 1024;
	snprintf(text, HUMAN_SIZE, "%.1f %s", n, units[unit]);
	return text;
}

const char *
human_duration(uint64_t seconds, char text[static HUMAN_SIZE])
{
	static const struct {
		uint64_t	 from;		/* seconds */
		uint64_t	 large, small;	/* the units, in seconds */
		const char	*large_name, *small_name;
	} forms[] = {
		{ 86400, 86400, 3600, "d", "h" },
		{ 3600, 3600, 60, "h", "min" },
		{ 60, 60, 60, "min", "" },
		{ 0, 1, 1, "s", "" },
	};
	size_t i = 0;
	uint64_t rest;

	while (seconds < forms[i].from)
		i++;
	rest = seconds % forms[i].large / forms[i].small;
	if (rest == 0)
		snprintf(text, HUMAN_SIZE, "%" PRIu64 " %s",
		    seconds / forms[i].large, forms[i].large_name);
	else
		snprintf(text, HUMAN_SIZE, "%" PRIu64 " %s %" PRIu64 " %s",
		    seconds / forms[i].large, forms[i].large_name, rest,
		    forms[i].small_name);
	return text;
}

const char *
human_time(uint64_t seconds, char text[static HUMAN_SIZE])
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (seconds == 0 || localtime_r(&when, &tm) == NULL ||
	    strftime(text, HUMAN_SIZE, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(text, HUMAN_SIZE, "-");
	return text;
}
