/* SPDX-License-Identifier: ISC */
#include "util/utf8.h"

#include <stdint.h>

size_t
utf8_length(const char *p, const char *end)
{
	static const struct { uint8_t first, last, low, high, n; } forms[] = {
		{ 0xc2, 0xc2, 0xa0, 0xbf, 2 }, { 0xc3, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	const uint8_t *u = (const uint8_t *)p;

	if (p == end)
		return 0;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (u[0] < forms[i].first || u[0] > forms[i].last)
			continue;
		if (end - p < forms[i].n || u[1] < forms[i].low ||
		    u[1] > forms[i].high)
			return 0;
		for (size_t k = 2; k < forms[i].n; k++)
			if ((u[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].n;
	}
	return 0;
}
