/* SPDX-License-Identifier: ISC */
/* A key record, a NUL, a message: whatever is in them, every signature has
 * one row, and reason and result go together. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "policy/dkim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_rows(const struct dkim_signature *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(rows[i].b != NULL);
		assert((rows[i].result == DKIM_RESULT_PASS) ==
		    (rows[i].why[0] == '\0'));
		assert(rows[i].result != DKIM_RESULT_PASS ||
		    (rows[i].domain[0] != '\0' && rows[i].key_bits > 0));
		for (const char *p = rows[i].identity; *p != '\0'; p++)
			assert(*p >= ' ' && *p <= '~');
		for (const char *p = rows[i].algorithm; *p != '\0'; p++)
			assert(*p > ' ' && *p <= '~');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dkim_settings settings = {
		.signatures_max = 3, .key_bits_min = 1024,
		.accept_length = true,
	};
	const char *text = (const char *)data;
	const char *nul = memchr(text, '\0', size);
	const struct dkim_signature *rows;
	struct dkim_text record = { text, 0 };
	struct dkim_check *check;
	struct header header;
	size_t count;

	if (nul == NULL)
		return 0;
	record.size = (size_t)(nul - text);
	size -= record.size + 1;
	text = nul + 1;
	header_init(&header, text, size);
	check = dkim_check_new(&settings, &header, 1600000000);
	for (size_t i = 0; dkim_check_question(check, i) != NULL; i++)
		dkim_check_answer(check, i, DNS_OK, &record, 1);
	dkim_check_body(check, text + header.body_start,
	    size - header.body_start);
	rows = dkim_check_end(check, &count);
	assert(count <= settings.signatures_max);
	check_rows(rows, count);
	dkim_check_free(check);
	header_done(&header);
	return 0;
}
