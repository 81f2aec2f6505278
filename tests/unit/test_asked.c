/* SPDX-License-Identifier: ISC */
/* What providers are asked for a message, and what their answers are worth. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "policy/asked_weigh.h"
#include "util/xalloc.h"

#define CLIENT	"2001:db8::25"
#define NAME6	"5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."

static const char text[] =
    "hostname = mx.example\n"
    "listen \"127.0.0.1\" { }\n"
    "provider \"wl\" { kind = address-whitelist zone = wl.example "
    "codes = { \"127.0.*.1-3\" } }\n"
    "provider \"bl\" { kind = address-blocklist zone = bl.example "
    "codes = { 127.0.0.2 } }\n"
    "provider \"dwl\" { kind = domain-whitelist zone = dwl.example "
    "codes = { 127.0.0.2 } }\n"
    "provider \"as\" { kind = asn zone = o.example zone-ipv6 = o6.example }\n"
    "provider \"guess\" { kind = spf zone = spf.example }\n";

struct world {
	struct config		*config;
	struct lists		*lists;
	struct asked_about	 about;
	struct answers		 answers;
	char			 path[64];
};

static int
set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof *w);
	char error[CONFIG_ERROR_SIZE], why[LISTS_WHY_SIZE];

	w->config = config_parse(text, strlen(text), "test", error);
	if (w->config == NULL)
		fail_msg("%s", error);
	snprintf(w->path, sizeof w->path, "/tmp/test_asked.%ld.db",
	    (long)getpid());
	unlink(w->path);
	w->lists = lists_open(w->path, 1000, why);
	w->about = (struct asked_about){ .config = w->config,
	    .role = ROLE_MX6, .domain = "good.example" };
	netaddr_parse(CLIENT, &w->about.peer);
	*state = w;
	return w->lists == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	struct world *w = *state;

	answers_done(&w->answers);
	lists_close(w->lists);
	unlink(w->path);
	config_free(w->config);
	free(w);
	return 0;
}

static void
answer_code(struct world *w, const char *name, const char *code)
{
	struct dns_answer *a = answers_add(&w->answers, DNS_A, name,
	    code == NULL ? DNS_NXDOMAIN : DNS_OK, 60);
	struct netaddr addr;

	if (code != NULL && netaddr_parse(code, &addr))
		dns_answer_add_addr(a, &addr);
}

static void
answer_text(struct world *w, const char *name, const char *value)
{
	struct dns_answer *a = answers_add(&w->answers, DNS_TXT, name, DNS_OK,
	    60);

	dns_answer_add_text(a, value, strlen(value));
}

static struct list_answers
weigh(struct world *w, const char *domain, struct buf *reasons)
{
	struct list_answers found = { .recipients = 0 };
	struct questions need = { .count = 0 };
	struct asked asked;

	asked_of(&w->about, &w->answers, &need, &asked);
	buf_clear(reasons);
	asked_weigh(w->lists, &asked, domain, &found, reasons);
	return found;
}

static void
all_is_asked_at_once(void **state)
{
	struct world *w = *state;
	struct questions need = { .count = 0 };
	struct asked asked;

	assert_false(asked_of(&w->about, &w->answers, &need, &asked));
	assert_int_equal(need.count, 3);
	assert_string_equal(need.items[0].name, NAME6 "wl.example");
	assert_string_equal(need.items[1].name, "good.example.dwl.example");
	assert_int_equal(need.items[2].type, DNS_TXT);
	assert_string_equal(need.items[2].name, NAME6 "o6.example");

	/* At an mx listener block lists, too; without a domain no list of
	 * domains. */
	w->about.role = ROLE_MX;
	w->about.domain = NULL;
	netaddr_parse("192.0.2.1", &w->about.peer);
	need.count = 0;
	assert_false(asked_of(&w->about, &w->answers, &need, &asked));
	assert_int_equal(need.count, 3);
	assert_string_equal(need.items[1].name, "1.2.0.192.bl.example");
	assert_string_equal(need.items[2].name, "1.2.0.192.o.example");
}

static void
missing_answers_are_not_known(void **state)
{
	struct world *w = *state;
	struct buf reasons;
	struct list_answers found;

	buf_init(&reasons, 4096);
	found = weigh(w, "good.example", &reasons);
	assert_int_equal(found.dnswl, LIST_UNKNOWN);
	assert_int_equal(found.dwl, LIST_UNKNOWN);
	assert_int_equal(found.asn_listed, LIST_UNKNOWN);
	assert_int_equal(found.dnsbl, LIST_NO);
	buf_done(&reasons);
}

static void
codes_that_count(void **state)
{
	struct world *w = *state;
	struct buf reasons;
	struct list_answers found;

	buf_init(&reasons, 4096);
	answer_code(w, NAME6 "wl.example", "127.0.5.2");
	answer_code(w, "good.example.dwl.example", "127.0.0.9");
	answer_text(w, NAME6 "o6.example", "64500 64501 | 2001:db8::/32 | ZZ");
	found = weigh(w, "good.example", &reasons);
	assert_int_equal(found.dnswl, LIST_YES);
	assert_int_equal(found.dwl, LIST_NO);
	assert_int_equal(found.asn_listed, LIST_NO);
	assert_non_null(strstr(buf_cstr(&reasons),
	    "dnswl\twl (wl.example): listed, 127.0.5.2\n"));
	assert_non_null(strstr(buf_cstr(&reasons),
	    "dwl\tdwl (dwl.example): other-code, 127.0.0.9\n"));
	assert_non_null(strstr(buf_cstr(&reasons),
	    "asn-listed\tas (o.example): AS64500, not in the greenlist\n"));
	buf_done(&reasons);
}

static void
refusals_are_no_answer(void **state)
{
	static const char *const refusals[] = { "127.0.0.255",
	    "127.255.255.254", "192.0.2.80" };
	struct buf reasons;

	buf_init(&reasons, 4096);
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		struct world *w = *state;

		answers_done(&w->answers);
		w->answers = (struct answers){ .count = 0 };
		answer_code(w, NAME6 "wl.example", refusals[i]);
		assert_int_equal(weigh(w, NULL, &reasons).dnswl,
		    LIST_UNKNOWN);
	}
	buf_done(&reasons);
}

static void
every_origin_must_be_listed(void **state)
{
	struct world *w = *state;
	const char *first[] = { "asn", "64500", "" };
	const char *second[] = { "asn", "64501", "" };
	char why[LISTS_WHY_SIZE];
	struct buf reasons;

	buf_init(&reasons, 4096);
	answer_text(w, NAME6 "o6.example", "64500 64501 | 2001:db8::/32 | ZZ");
	assert_int_equal(lists_add(w->lists, LISTS_GREENLIST, first, 2, why),
	    LISTS_OK);
	assert_int_equal(weigh(w, NULL, &reasons).asn_listed, LIST_NO);
	assert_int_equal(lists_add(w->lists, LISTS_GREENLIST, second, 2, why),
	    LISTS_OK);
	assert_int_equal(weigh(w, NULL, &reasons).asn_listed, LIST_YES);
	buf_done(&reasons);
}

static void
domain_lists_need_an_authenticated_author(void **state)
{
	struct world *w = *state;
	struct buf reasons;

	buf_init(&reasons, 4096);
	answer_code(w, "good.example.dwl.example", "127.0.0.2");
	assert_int_equal(weigh(w, NULL, &reasons).dwl, LIST_NO);
	assert_int_equal(weigh(w, "good.example", &reasons).dwl, LIST_YES);
	buf_done(&reasons);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
		TEST(all_is_asked_at_once),
		TEST(missing_answers_are_not_known),
		TEST(codes_that_count),
		TEST(refusals_are_no_answer),
		TEST(every_origin_must_be_listed),
		TEST(domain_lists_need_an_authenticated_author),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
