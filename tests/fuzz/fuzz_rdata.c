/* SPDX-License-Identifier: ISC */
/* First octet: the type; the rest: one record's RDATA from a name server. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "resolver/rdata.h"
#include "util/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rdata r;
	uint8_t *wire, *store;

	if (size == 0)
		return 0;
	size--;
	/* Exactly as large as promised, so that ASan sees one octet more. */
	wire = malloc(size + 1);
	store = malloc(size + 1);
	assert(wire != NULL && store != NULL);
	memcpy(wire + 1, data + 1, size);
	if (rdata_parse((enum dns_type)data[0], wire + 1, size, store, &r)) {
		assert(strlen(r.name) <= DOMAIN_MAX);
		assert(r.size <= size);
		assert(r.size == 0 || r.data == store);
	}
	free(wire);
	free(store);
	return 0;
}
