/* SPDX-License-Identifier: ISC */
/* Fields lie one behind the other and cover the header section; spans of
 * forged results are those of fields. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "policy/authres.h"
#include "policy/header.h"
#include "policy/message_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_fields(const struct header *header, const char *text)
{
	size_t at = 0;

	for (size_t i = 0; i < header->count; i++) {
		const struct header_field *field = &header->fields[i];

		assert(field->start == at && field->end > at);
		assert(field->value >= text + at &&
		    field->value + field->value_length <= text + field->end);
		assert(field->malformed == (field->name_length == 0));
		at = field->end;
	}
	assert(header->overfull || at == header->size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct authres_span *spans = NULL;
	struct message_facts facts;
	struct header header;
	size_t count, at = 0;

	header_init(&header, text, size);
	assert(header.size <= header.body_start && header.body_start <= size);
	check_fields(&header, text);
	message_facts_read(&header, &facts);
	if (authres_forged(text, size, "mx.example.org", &spans, &count)) {
		for (size_t i = 0; i < count; i++) {
			assert(spans[i].start >= at);
			assert(spans[i].end > spans[i].start);
			at = spans[i].end;
		}
		assert(at <= header.size);
		free(spans);
	}
	header_done(&header);
	return 0;
}
