/* SPDX-License-Identifier: ISC */
/* How often the examination of a message waits for DNS: once, where its
 * domains are in order; and what two rounds are for. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/examine.h"
#include "util/xalloc.h"

#define KEY	"v=DKIM1; k=ed25519; p=" \
		"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define NOW	1600000000

/* The example of RFC 8463 A.3, with the author's address to be filled in:
 * with another one the signature is broken, and costs as many questions. */
static const char message[] =
    "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    " d=football.example.com; i=@football.example.com;\r\n"
    " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    " subject : date : message-id : from : subject : date;\r\n"
    " bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"
    " b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n"
    " Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
    "From: Joe SixPack <%s>\r\n"
    "To: Suzie Q <suzie@shopping.example.net>\r\n"
    "Subject: Is dinner ready?\r\n"
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    "\r\n"
    "Hi.\r\n"
    "\r\n"
    "We lost the game.  Are you hungry yet?\r\n"
    "\r\n"
    "Joe.\r\n";

struct record {
	const char	*name;
	const char	*text;		/* NULL at the end */
};

static const struct record at_author[] = {
	{ "brisbane._domainkey.football.example.com", KEY },
	{ "_dmarc.football.example.com", "v=DMARC1; p=reject" },
	{ NULL, NULL },
};
static const struct record at_organization[] = {
	{ "brisbane._domainkey.football.example.com", KEY },
	{ "_dmarc.example.com", "v=DMARC1; p=reject; sp=none; np=quarantine" },
	{ NULL, NULL },
};
static const struct record at_both[] = {
	{ "brisbane._domainkey.football.example.com", KEY },
	{ "_dmarc.football.example.com", "v=DMARC1; p=none; aspf=s" },
	{ "_dmarc.example.com", "v=DMARC1; p=reject" },
	{ "_dmarc.com", "v=DMARC1; p=reject; psd=y" },
	{ NULL, NULL },
};
static const struct record nothing[] = { { NULL, NULL } };

static const struct {
	const char		*author;
	enum spf_result		 spf;
	const char		*spf_domain;
	const struct record	*records;
	unsigned		 rounds;
	const char		*by;		/* authenticated by, or "" */
} cases[] = {
	/* The From domain has the record itself. */
	{ "joe@football.example.com", SPF_RESULT_PASS, "football.example.com",
	    at_author, 1, "dkim d=football.example.com" },
	{ "joe@football.example.com", SPF_RESULT_FAIL, "football.example.com",
	    at_author, 1, "dkim d=football.example.com" },
	/* It is below the one that has it. */
	{ "joe@football.example.com", SPF_RESULT_PASS, "example.com",
	    at_organization, 1, "dkim d=football.example.com" },
	{ "joe@football.example.com", SPF_RESULT_PASS,
	    "bounces.mail.example.com", at_both, 1,
	    "dkim d=football.example.com" },
	/* The signature is that of a sister, or of a daughter. */
	{ "joe@mail.example.com", SPF_RESULT_PASS, "mail.example.com",
	    at_organization, 1, "spf mail.example.com" },
	{ "joe@example.com", SPF_RESULT_PASS, "news.example.com",
	    at_organization, 1, "spf news.example.com" },
	/* Nobody publishes anything. */
	{ "joe@football.example.com", SPF_RESULT_NONE, "football.example.com",
	    nothing, 1, "" },
	{ "joe@football.example.com", SPF_RESULT_PASS, "football.example.com",
	    nothing, 1, "spf football.example.com" },
	/* Strangers: their names are not even asked for. */
	{ "joe@football.example.com", SPF_RESULT_PASS, "list.example.net",
	    at_organization, 1, "dkim d=football.example.com" },
	{ "joe@other.example.org", SPF_RESULT_PASS, "list.example.net",
	    at_organization, 1, "" },
	/* What a forged subdomain may cost: does it exist at all? */
	{ "joe@mail.example.com", SPF_RESULT_FAIL, "mail.example.com",
	    at_organization, 2, "" },
};

static void
answer(struct answers *answers, const struct question *q,
    const struct record *records)
{
	struct dns_answer *a;

	while (records->name != NULL && (q->type != DNS_TXT ||
	    strcmp(records->name, q->name) != 0))
		records++;
	a = answers_add(answers, q->type, q->name, records->name != NULL ?
	    DNS_OK : DNS_NXDOMAIN, 60);
	if (records->name != NULL)
		dns_answer_add_text(a, records->text, strlen(records->text));
}

static unsigned
examine(size_t i, struct config *config)
{
	const struct auth_message_ask ask = {
		.helo = "mx.example.com", .sender = "bounce@example.com",
		.spf = cases[i].spf, .spf_domain = cases[i].spf_domain,
		.spf_why = "", .rdns = "", .file = -1,
	};
	struct config *const in_force = config;
	const struct examine_message m = { .config = &in_force, .ask = &ask,
	    .now = NOW };
	char *text = xasprintf(message, cases[i].author);
	struct examine *e = examine_new(&m, text, strlen(text));
	struct questions need = { .count = 0 };
	struct answers answers = { 0 };
	unsigned rounds = 0;

	for (; !examine_dns(e, &answers, &need); rounds++) {
		assert_true(need.count > 0 && rounds < 10);
		for (size_t k = 0; k < need.count; k++)
			answer(&answers, &need.items[k], cases[i].records);
		need.count = 0;
	}
	assert_string_equal(examine_answer(e)->authenticated_by,
	    cases[i].by);
	examine_free(e);
	answers_done(&answers);
	free(text);
	return rounds;
}

static void
test_rounds(void **state)
{
	static const char text[] = "hostname = mx.one.example\n"
	    "listen \"::1\" { }\n";
	char error[CONFIG_ERROR_SIZE];
	struct config *config = config_parse(text, sizeof text - 1, "test",
	    error);

	(void)state;
	assert_non_null(config);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		unsigned rounds = examine(i, config);

		if (rounds != cases[i].rounds)
			fail_msg("%s, SPF of %s (case %zu): %u rounds",
			    cases[i].author, cases[i].spf_domain, i, rounds);
	}
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
