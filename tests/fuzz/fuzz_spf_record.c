/* SPDX-License-Identifier: ISC */
/* One TXT record: the grammar, macros, and the form that libspf2 sees. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/spf_macro.h"
#include "policy/spf_plain.h"
#include "policy/spf_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expand(const struct spf_term *term, const struct netaddr *peer)
{
	char name[DOMAIN_SIZE];
	struct spf_macro_values values = { .peer = peer, .local = "a+b-c",
	    .sender_domain = "example.org", .domain = "sub.example.org",
	    .helo = "mail_x.example.net", .validated = "unknown" };

	if (term->domain_size == 0 || !spf_macro_expand(term->domain,
	    term->domain_size, &values, name))
		return;
	assert(strlen(name) <= DOMAIN_MAX);
	assert(strchr(name, '.') != NULL);
}

static void
check_plain(const uint8_t *data, size_t size, const struct netaddr *peer)
{
	struct spf_term term;
	char plain[SPF_PLAIN_SIZE], again[SPF_PLAIN_SIZE];

	if (!spf_plain(data, size, peer, plain))
		return;
	assert(spf_record_check(plain, strlen(plain), &term) == NULL);
	assert(spf_plain(plain, strlen(plain), peer, again));
	assert(strcmp(plain, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netaddr peer4, peer6;
	struct spf_term term;
	size_t at = 0;

	netaddr_parse("192.0.2.1", &peer4);
	netaddr_parse("2001:db8::1", &peer6);
	if (!spf_record_begins(data, size) ||
	    spf_record_check((const char *)data, size, &term) != NULL) {
		char plain[SPF_PLAIN_SIZE];

		assert(!spf_plain(data, size, &peer4, plain));
		return 0;
	}
	while (spf_record_next((const char *)data, size, &at, &term)) {
		expand(&term, &peer4);
		expand(&term, &peer6);
	}
	check_plain(data, size, &peer4);
	check_plain(data, size, &peer6);
	return 0;
}
