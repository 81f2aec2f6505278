/* SPDX-License-Identifier: ISC */
/*
 * One block:	| struct answer | rdata[count] | canonical | why | store |
 */
#include "resolver/answer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "util/number.h"
#include "util/xalloc.h"

#define FAILURE_TTL_S 5		/* RFC 2308 7.1: at most five minutes */

static const char *
put_text(uint8_t **store, const char *text, bool is_name)
{
	char *to = (char *)*store;
	size_t n = strlen(text);

	if (is_name && n > 0 && text[n - 1] == '.')
		n--;
	for (size_t i = 0; i < n; i++)
		to[i] = is_name ? ascii_lower(text[i]) : text[i];
	to[n] = '\0';
	*store += n + 1;
	return to;
}

/* A block with room for count records and store_size bytes behind the texts;
 * *ret_store is where those begin. */
static struct answer *
make(const struct answer_facts *facts, const char *why, size_t count,
    size_t store_size, uint8_t **ret_store)
{
	const char *canonical = facts->canonical == NULL ? "" : facts->canonical;
	size_t size = sizeof(struct answer) + count * sizeof(struct rdata) +
	    strlen(canonical) + 1 + strlen(why) + 1 + store_size;
	struct answer *a = xcalloc(1, size);
	uint8_t *store;

	a->records = (struct rdata *)(a + 1);
	store = (uint8_t *)(a + 1) + count * sizeof(struct rdata);
	a->canonical = put_text(&store, canonical, true);
	a->why = put_text(&store, why, false);
	a->secure = facts->secure;
	a->ttl_s = facts->ttl_s;
	a->size_bytes = size;
	a->references = 1;
	*ret_store = store;
	return a;
}

struct answer *
answer_none(enum dns_status status, const char *why,
    const struct answer_facts *facts)
{
	uint8_t *store;
	struct answer *a = make(facts, why == NULL ? "" : why, 0, 0, &store);

	a->status = status;
	if (status == DNS_FAILED || status == DNS_BOGUS) {
		a->secure = false;
		a->ttl_s = FAILURE_TTL_S;
	}
	return a;
}

struct answer *
answer_new(enum dns_type type, const struct answer_wire *wires, size_t count,
    const struct answer_facts *facts)
{
	struct answer *a;
	struct rdata *records;
	uint8_t *store;
	size_t size = 0;

	assert(count > 0);
	if (count > ANSWER_RECORDS_MAX)
		count = ANSWER_RECORDS_MAX;
	for (size_t i = 0; i < count; i++)
		size += wires[i].size + 1;
	if (size > ANSWER_BYTES_MAX)
		return answer_none(DNS_FAILED, "answer too large", facts);
	a = make(facts, "", count, size, &store);
	records = (struct rdata *)(a + 1);
	for (size_t i = 0; i < count; i++) {
		if (rdata_parse(type, wires[i].data, wires[i].size, store,
		    &records[a->count]))
			a->count++;
		store += wires[i].size + 1;
	}
	if (a->count == 0) {
		answer_free(a);
		return answer_none(DNS_FAILED, "malformed record", facts);
	}
	a->status = DNS_OK;
	return a;
}

struct answer *
answer_ref(struct answer *a)
{
	a->references++;
	return a;
}

struct answer *
answer_free(struct answer *a)
{
	if (a != NULL && --a->references == 0)
		free(a);
	return NULL;
}
