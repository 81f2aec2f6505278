/* SPDX-License-Identifier: ISC */
/* Files of vCards. */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "policy/vcard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vcard in;
	uint64_t line = 0;

	vcard_init(&in, (const char *)data, size);
	while (vcard_next(&in)) {
		/* A fault or an address, and always further on. */
		assert((in.fault == NULL) != (in.address == NULL));
		assert(in.line >= line);
		line = in.line;
		if (in.address != NULL)
			assert(in.address[0] != '\0' &&
			    strlen(in.address) < FOLD_MAX);
	}
	return 0;
}
