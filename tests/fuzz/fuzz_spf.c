/* SPDX-License-Identifier: ISC */
/*
 * A whole evaluation, libspf2 included, with a DNS that says anything:
 *
 *	line 1: the client's address
 *	line 2: HELO
 *	line 3: MAIL FROM
 *	each further line: the answer to the next question; one that begins
 *	with "!" has failed, with "?" is NXDOMAIN; else its words, parted by
 *	tabs, are records
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/spf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add_record(struct dns_answer *answer, const char *text)
{
	struct netaddr addr;
	char name[DOMAIN_SIZE];

	switch (answer->type) {
	case DNS_A:
	case DNS_AAAA:
		if (netaddr_parse(text, &addr))
			dns_answer_add_addr(answer, &addr);
		break;
	case DNS_TXT:
		dns_answer_add_text(answer, text, strlen(text));
		break;
	default:
		snprintf(name, sizeof name, "%s", text);
		dns_answer_add_name(answer, name);
	}
}

static void
answer(struct answers *answers, const struct question *q, char **rest)
{
	char *line = strsep(rest, "\n"), *word;
	struct dns_answer *a = answers_add(answers, q->type, q->name,
	    line == NULL || line[0] == '?' ? DNS_NXDOMAIN :
	    line[0] == '!' ? DNS_FAILED : DNS_OK, 1);

	if (a == NULL || a->status != DNS_OK)
		return;
	while ((word = strsep(&line, "\t")) != NULL)
		add_record(a, word);
}

static void
evaluate(const struct spf_query *query, char *rest)
{
	struct answers answers = { 0 };
	struct questions need;
	struct spf_outcome out;
	unsigned rounds = 0;

	for (;;) {
		need.count = 0;
		if (spf_mail_from(query, &answers, &need, &out))
			break;
		assert(need.count > 0);
		assert(rounds++ < SPF_ROUNDS_MAX);
		for (size_t i = 0; i < need.count; i++)
			answer(&answers, &need.items[i], &rest);
	}
	for (const char *p = out.why; *p != '\0'; p++)
		assert(*p >= ' ' && *p <= '~');
	assert(out.result != SPF_RESULT_PASS || out.domain[0] != '\0');
	answers_done(&answers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rest = text, *peer;
	struct spf_query query = { 0 };

	assert(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	peer = strsep(&rest, "\n");
	query.helo = strsep(&rest, "\n");
	query.sender = strsep(&rest, "\n");
	query.best_guess = "v=spf1 a/24 mx/24 ptr ?all";
	if (query.helo != NULL && query.sender != NULL &&
	    netaddr_parse(peer, &query.peer))
		evaluate(&query, rest);
	free(text);
	return 0;
}
