/* SPDX-License-Identifier: ISC */
/* What parses must come back the same from its own text. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/mailaddr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct mailaddr *addr)
{
	char text[MAILADDR_TEXT_SIZE];
	struct mailaddr again;

	mailaddr_format(addr, text);
	assert(mailaddr_parse(text, strlen(text), true, &again) ==
	    MAILADDR_OK);
	assert(mailaddr_equal(addr, &again));
	assert(addr->utf8 == again.utf8 && addr->literal == again.literal);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct mailaddr addr;
	size_t used;
	bool null;

	if (mailaddr_parse(text, size, true, &addr) == MAILADDR_OK)
		check(&addr);
	mailaddr_parse(text, size, false, &addr);
	if (mailaddr_parse_path(text, size, true, true, &addr, &null, &used) ==
	    MAILADDR_OK) {
		assert(used <= size && text[used - 1] == '>');
		if (addr.domain[0] != '\0')
			check(&addr);
	}
	return 0;
}
