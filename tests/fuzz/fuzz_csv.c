/* SPDX-License-Identifier: ISC */
/* Import files: the CSV parser, and each list's parsers of values. */

#include <assert.h>
#include <stdint.h>

#include "policy/csv.h"
#include "policy/lists_values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static lists_value *const values[] = { value_network, value_note,
	    value_domain, value_transport, value_mailbox, value_alias,
	    value_target, value_user, value_path, value_lmtp, value_yes,
	    value_auth, value_sender, value_source, value_count, value_time,
	    value_green_kind, value_whois, value_asn, value_record };
	char once[LISTS_VALUE_SIZE], twice[LISTS_VALUE_SIZE];
	struct csv csv;
	uint64_t line = 0;

	csv_init(&csv, (const char *)data, size);
	while (csv_next(&csv)) {
		assert(csv.line > line);
		line = csv.line;
		for (size_t i = 0; csv.fault == NULL && i < csv.count; i++) {
			for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
				if (values[v](csv.fields[i], once) != NULL)
					continue;
				/* What was made canonical stays so. */
				assert(values[v](once, twice) == NULL);
				assert(strcmp(once, twice) == 0);
			}
		}
	}
	assert(csv.next == csv.end);
	return 0;
}
