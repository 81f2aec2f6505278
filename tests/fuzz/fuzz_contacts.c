/* SPDX-License-Identifier: ISC */
/* Files of contacts in any form, read as what they look like. */

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "policy/contacts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct contacts in;
	uint64_t line = 0;

	contacts_init(&in, contacts_guess((const char *)data, size),
	    (const char *)data, size);
	while (contacts_next(&in)) {
		/* A fault or an address, and always further on. */
		assert((in.fault == NULL) != (in.address == NULL));
		assert(in.line >= line);
		line = in.line;
		if (in.address != NULL)
			assert(in.address[0] != '\0' &&
			    strlen(in.address) < CSV_RECORD_MAX);
	}
	return 0;
}
