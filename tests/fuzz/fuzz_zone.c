/* SPDX-License-Identifier: ISC */
/* A zone file, and then questions for names that such files tend to have. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "resolver/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {
		"a", "b.a", "c.b.a", "mx.with6.test", "with6.test", "",
	};
	static const enum dns_type types[] = { DNS_A, DNS_MX, DNS_TXT };
	char error[ZONE_ERROR_SIZE] = "";
	struct zone *z = zone_parse((const char *)data, size, "zone", error);

	if (z == NULL) {
		assert(strncmp(error, "zone:", 5) == 0);
		return 0;
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		for (size_t t = 0; t < sizeof types / sizeof types[0]; t++)
			answer_free(zone_lookup(z, types[t], names[i]));
	zone_free(z);
	return 0;
}
