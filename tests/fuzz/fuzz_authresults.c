/* SPDX-License-Identifier: ISC */
/*
 * Strangers' words in the fields that we compose: each line of the input is
 * one of them.  Whatever they are, the fields are printable ASCII in lines
 * that are folded well, and what is written can be read again.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "policy/authresults.h"
#include "policy/received_spf.h"
#include "util/xalloc.h"

#define WORDS	6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_field(struct buf *field)
{
	const char *text = buf_cstr(field);
	size_t n = strlen(text);

	assert(!field->overflow && n == buf_len(field));
	assert(n > 2 && strcmp(text + n - 2, "\r\n") == 0);
	for (; *text != '\0'; text++) {
		if (strncmp(text, "\r\n", 2) == 0) {
			text++;
			assert(text[1] == '\0' || text[1] == '\t');
		} else {
			assert(*text == '\t' ||
			    (*text >= ' ' && *text <= '~'));
		}
	}
}

static void
compose(struct authresults *results, char *const words[WORDS], uint8_t kind)
{
	const struct authresults_dkim dkim = {
		.result = (enum dkim_result)(kind % 7), .domain = words[0],
		.selector = words[3], .algorithm = words[4],
		.key_bits = kind * 16U, .why = words[5] };
	struct netaddr peer;

	netaddr_parse("2001:db8::25", &peer);
	authresults_init(results, "mx.example.org");
	authresults_add_spf_helo(results, (enum spf_result)(kind % 7),
	    words[2]);
	authresults_add_spf(results, (enum spf_result)(kind % 7), kind > 100,
	    words[1], words[2]);
	authresults_add_dmarc(results, (enum dmarc_result)(kind % 5),
	    DMARC_POLICY_REJECT, words[0]);
	authresults_add_address(results, &peer, IPREV_PASS, words[2]);
	authresults_add_dkim(results, &dkim);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size), *rest = text;
	char *words[WORDS], empty[] = "";
	uint8_t kind = size > 0 ? data[size - 1] : 0;
	struct received_spf spf = { .host = "mx.example.org" };
	struct authresults results, again;
	struct buf field;

	for (size_t i = 0; i < WORDS; i++) {
		words[i] = strsep(&rest, "\n");
		if (words[i] == NULL)
			words[i] = empty;
	}
	compose(&results, words, kind);
	buf_init(&field, AUTHRESULTS_TEXT_MAX);
	authresults_field(&results, &field);
	check_field(&field);
	buf_clear(&field);
	authresults_line(&results, &field);
	assert(authresults_read(buf_cstr(&field), &again));
	assert(again.count == results.count);
	for (size_t i = 0; i < again.count; i++)
		assert(strcmp(again.pieces[i], results.pieces[i]) == 0);
	buf_done(&field);

	netaddr_parse("192.0.2.1", &spf.peer);
	spf.helo = words[2];
	spf.sender = words[1];
	spf.result = (enum spf_result)(kind % 7);
	spf.domain = words[0];
	spf.why = words[5];
	buf_init(&field, RECEIVED_SPF_TEXT_MAX);
	received_spf_field(&spf, &field);
	check_field(&field);
	buf_done(&field);

	authresults_read(text, &again);
	free(text);
	return 0;
}
