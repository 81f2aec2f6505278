/* SPDX-License-Identifier: ISC */
/*
 * The first octet chooses: a pattern of codes, which is written as it was
 * read; the record of an origin, which holds the address; or addresses that
 * a list answers with, which are "listed" only with a code that counts.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/providers.h"
#include "util/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
pattern(const uint8_t *data, size_t size)
{
	char *text = xcalloc(1, size + 1), again[CODE_PATTERN_SIZE];
	struct code_pattern p, q;

	if (size > 0)
		memcpy(text, data, size);
	if (code_pattern_parse(text, &p)) {
		assert(p.low[0] == 127 && p.high[0] == 127);
		assert(code_pattern_parse(code_pattern_format(&p, again), &q));
		assert(memcmp(&p, &q, sizeof p) == 0);
	}
	free(text);
}

static void
origin(const uint8_t *data, size_t size)
{
	struct netaddr addr;
	struct provider_origin o;

	assert(netaddr_parse("2001:db8::1", &addr));
	if (!provider_origin_parse(data, size, &addr, &o))
		return;
	assert(o.count >= 1 && o.count <= ORIGINS_MAX);
	assert(netblock_contains(&o.network, &addr));
	for (size_t i = 0; i < o.count; i++)
		assert(o.numbers[i] != 0 && o.numbers[i] != UINT32_MAX);
}

static void
list(const uint8_t *data, size_t size)
{
	struct code_pattern p;
	struct code_list codes = { &p, 1 };
	struct answers answers = { 0 };
	struct dns_answer *a = answers_add(&answers, DNS_A, "q.example",
	    DNS_OK, 60);
	struct provider_reading r;
	struct netaddr addr;

	assert(code_pattern_parse("127.0.*.1-3", &p));
	for (; size >= 4; data += 4, size -= 4)
		if (netaddr_from_bytes(data, 4, &addr))
			dns_answer_add_addr(a, &addr);
	provider_read(a, &codes, &r);
	assert(r.status != PROVIDER_NOT_LISTED);
	if (r.status == PROVIDER_LISTED)
		assert(code_list_contains(&codes, &r.code));
	for (size_t i = 0; i < a->addr_count; i++)
		if (!code_is_list(&a->addrs[i]) ||
		    code_is_refusal(&a->addrs[i]))
			assert(r.status == PROVIDER_UNKNOWN);
	answers_done(&answers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 'p')
		pattern(data + 1, size - 1);
	else if (data[0] == 'o')
		origin(data + 1, size - 1);
	else
		list(data + 1, size - 1);
	return 0;
}
