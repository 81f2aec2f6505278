/* SPDX-License-Identifier: ISC */
/* What a record asks for is consistent, whatever it says. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/auth_words.h"
#include "policy/dmarc_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dmarc_record r;

	if (!dmarc_record_parse(data, size, &r))
		return 0;
	assert(size >= sizeof "v=DMARC1" - 1);
	assert(data[0] == 'v' || data[0] == 'V');
	assert(dmarc_policy_word(r.policy) != NULL);
	assert(dmarc_policy_word(r.subdomain) != NULL);
	assert(dmarc_policy_word(r.nonexistent) != NULL);
	if (!r.usable)
		assert(!r.reports && r.policy == DMARC_POLICY_NONE &&
		    r.nonexistent == DMARC_POLICY_NONE);
	return 0;
}
