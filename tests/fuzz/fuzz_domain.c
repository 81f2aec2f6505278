/* SPDX-License-Identifier: ISC */
/* A canonical name is its own canonical form. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char domain[DOMAIN_SIZE], again[DOMAIN_SIZE];
	const char *text = (const char *)data;

	if (domain_parse(text, size, true, domain)) {
		assert(domain_parse(domain, strlen(domain), true, again));
		assert(strcmp(domain, again) == 0);
		assert(domain_within(domain, domain_parent(domain)));
	}
	domain_parse(text, size, false, domain);
	return 0;
}
