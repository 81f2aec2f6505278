/* SPDX-License-Identifier: ISC */
/* The one mailbox that is found reads the same when it stands alone. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "policy/from.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[MAILADDR_TEXT_SIZE];
	struct mailaddr from, again;
	const char *why = NULL;
	enum from_status status;

	status = from_parse((const char *)data, size, &from, &why);
	assert((why[0] == '\0') == (status == FROM_ONE));
	if (status == FROM_ONE) {
		assert(memchr(data, '\0', size) == NULL);
		mailaddr_format(&from, text);
		assert(from_parse(text, strlen(text), &again, NULL) ==
		    FROM_ONE);
		assert(mailaddr_equal(&from, &again));
	}
	return 0;
}
