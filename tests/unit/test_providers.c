/* SPDX-License-Identifier: ISC */
/* Lists of others over DNS: names to ask for, codes, answers, AS numbers. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/providers.h"
#include "util/buf.h"

static struct netaddr
addr_of(const char *text)
{
	struct netaddr addr;

	if (!netaddr_parse(text, &addr))
		fail_msg("no address: %s", text);
	return addr;
}

static void
names_to_ask_for(void **state)
{
	char name[DOMAIN_SIZE], zone[DOMAIN_SIZE];
	struct netaddr v4 = addr_of("192.0.2.99"), v6 = addr_of("2001:db8::2");
	struct netaddr mapped = addr_of("::ffff:192.0.2.99");

	(void)state;
	assert_true(provider_address_name(&v4, "list.example", name));
	assert_string_equal(name, "99.2.0.192.list.example");
	assert_true(provider_address_name(&mapped, "list.example", name));
	assert_string_equal(name, "99.2.0.192.list.example");
	assert_true(provider_address_name(&v6, "o6.example", name));
	assert_string_equal(name, "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."
	    "0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.o6.example");
	assert_true(provider_domain_name("a.example", "dwl.example", name));
	assert_string_equal(name, "a.example.dwl.example");
	assert_false(provider_domain_name("", "dwl.example", name));
	assert_false(provider_domain_name("a.example", "", name));

	/* 253 octets are a name, 254 are none. */
	memset(zone, 'z', sizeof zone);
	zone[DOMAIN_MAX - 2] = '\0';
	assert_true(provider_domain_name("a", zone, name));
	assert_int_equal(strlen(name), DOMAIN_MAX);
	assert_false(provider_domain_name("aa", zone, name));
	assert_false(provider_address_name(&v6, zone, name));
}

/* ---- patterns of codes ---- */

static void
patterns_are_read_and_written(void **state)
{
	static const char *const good[] = {
		"127.0.0.2", "127.0.*.1-3", "127.*.*.*", "127.0.0.2-254",
		"127.0-3.10-20.0", "127.255.254.255", "127.0.0-1.255",
	};
	static const char *const bad[] = {
		"", "127", "127.0.0", "127.0.0.", "127.0.0.2.", "127.0.0.2.3",
		"127.0.0.256", "127.0.0.02", "127.0.0.-2", "127.0.0.2-",
		"127.0.0.3-2", "127.0.0.2-2", "127.0.0.**", "127.0.0.a",
		"127.0.0.1-2-3", "127..0.2", " 127.0.0.2", "127.0.0.2 ",
		"126.0.0.2", "*.0.0.2", "126-127.0.0.2", "127-128.0.0.2",
		"127.0.0.255", "127.255.255.*", "127.255.255.254", "::1",
	};
	struct code_pattern p;
	char text[CODE_PATTERN_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (!code_pattern_parse(good[i], &p))
			fail_msg("not taken: %s", good[i]);
		assert_string_equal(code_pattern_format(&p, text), good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (code_pattern_parse(bad[i], &p))
			fail_msg("taken: \"%s\"", bad[i]);
}

/* ---- answers of lists ---- */

/* Codes that count are 127.0.*.1-3 and 127.0.1.99. */
static const struct {
	enum dns_status	 status;
	const char	*addrs;
	const char	*reading;
} lists[] = {
	{ DNS_NXDOMAIN, "", "not-listed" },
	{ DNS_NODATA, "", "not-listed" },
	{ DNS_FAILED, "", "unknown" },
	{ DNS_BOGUS, "", "unknown" },
	{ DNS_FAILED, "127.0.0.2", "unknown" },
	{ DNS_BOGUS, "127.0.0.2", "unknown" },
	{ DNS_NXDOMAIN, "127.0.0.2", "not-listed" },
	{ DNS_OK, "", "unknown" },
	{ DNS_OK, "127.0.5.1", "listed 127.0.5.1" },
	{ DNS_OK, "127.0.255.3", "listed 127.0.255.3" },
	{ DNS_OK, "127.0.1.99", "listed 127.0.1.99" },
	{ DNS_OK, "127.0.5.0", "other-code 127.0.5.0" },
	{ DNS_OK, "127.0.5.4", "other-code 127.0.5.4" },
	{ DNS_OK, "127.1.5.2", "other-code 127.1.5.2" },
	{ DNS_OK, "127.0.5.0 127.0.5.3 127.0.5.2", "listed 127.0.5.2" },
	{ DNS_OK, "127.0.5.2 127.0.5.3 127.0.5.0", "listed 127.0.5.2" },
	{ DNS_OK, "127.0.9.9 127.0.5.9", "other-code 127.0.5.9" },
	/* Refusals, alone or with others. */
	{ DNS_OK, "127.0.0.255", "unknown" },
	{ DNS_OK, "127.255.255.254", "unknown" },
	{ DNS_OK, "127.255.255.1", "unknown" },
	{ DNS_OK, "127.0.0.2 127.255.255.252", "unknown" },
	{ DNS_OK, "127.0.0.255 127.0.0.2", "unknown" },
	{ DNS_OK, "127.255.0.2", "other-code 127.255.0.2" },
	/* A sold domain, a resolver that lies. */
	{ DNS_OK, "198.51.100.7", "unknown" },
	{ DNS_OK, "127.0.0.2 198.51.100.7", "unknown" },
	{ DNS_OK, "2001:db8::1", "unknown" },
	{ DNS_OK, "::1", "unknown" },
	{ DNS_OK, "0.0.0.0", "unknown" },
};

static struct dns_answer *
answer_with(struct answers *answers, enum dns_status status,
    const char *addrs)
{
	struct dns_answer *a = answers_add(answers, DNS_A, "q.example", status,
	    60);
	char copy[256], *word, *rest = copy;

	snprintf(copy, sizeof copy, "%s", addrs);
	while ((word = strsep(&rest, " ")) != NULL) {
		struct netaddr addr;

		if (netaddr_parse(word, &addr))
			dns_answer_add_addr(a, &addr);
	}
	return a;
}

static void
two_patterns(struct code_pattern patterns[static 2])
{
	assert_true(code_pattern_parse("127.0.*.1-3", &patterns[0]));
	assert_true(code_pattern_parse("127.0.1.99", &patterns[1]));
}

static void
answers_of_lists(void **state)
{
	struct code_pattern patterns[2];
	struct code_list codes = { patterns, 2 };

	(void)state;
	two_patterns(patterns);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct answers answers = { 0 };
		struct provider_reading r;
		char text[128], code[NETADDR_TEXT_SIZE];

		provider_read(answer_with(&answers, lists[i].status,
		    lists[i].addrs), &codes, &r);
		snprintf(text, sizeof text, "%s%s%s", provider_word(r.status),
		    r.status <= PROVIDER_OTHER ? " " : "",
		    r.status <= PROVIDER_OTHER ?
		    netaddr_format(&r.code, code) : "");
		if (strcmp(text, lists[i].reading) != 0)
			fail_msg("case %zu \"%s\": %s", i, lists[i].addrs,
			    text);
		answers_done(&answers);
	}
}

static void
a_cut_answer_is_none(void **state)
{
	struct code_pattern patterns[2];
	struct code_list codes = { patterns, 2 };
	struct answers answers = { 0 };
	struct dns_answer *a = answer_with(&answers, DNS_OK, "127.0.0.2");
	struct provider_reading r;

	(void)state;
	two_patterns(patterns);
	a->cut = true;
	provider_read(a, &codes, &r);
	assert_int_equal(r.status, PROVIDER_UNKNOWN);
	answers_done(&answers);
}

/* ---- AS numbers ---- */

static void
as_numbers(void **state)
{
	static const char *const bad[] = {
		"", "0", "00", "01", "AS64500", "as1", "-1", "+1", " 1", "1 ",
		"1.10", "0x10", "4294967295", "4294967296",
		"99999999999999999999", "65535", "23456", "NA",
	};
	uint32_t number = 7;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (provider_as_parse(bad[i], &number))
			fail_msg("taken: \"%s\"", bad[i]);
	assert_int_equal(number, 7);
	assert_true(provider_as_parse("64500", &number));
	assert_int_equal(number, 64500);
	assert_true(provider_as_parse("4294967294", &number));
	assert_int_equal(number, 4294967294U);
}

/* Of 2001:db8:1::2; records stand apart by ;. */
static const struct {
	enum dns_status	 status;
	const char	*texts;
	const char	*reading;
} origins[] = {
	{ DNS_OK, "64500 | 2001:db8::/32 | ZZ | none | 2020-01-01",
	    "2001:db8::/32 64500" },
	{ DNS_OK, "64500|2001:db8::/32", "2001:db8::/32 64500" },
	{ DNS_OK, "64501  64500 | 2001:db8::/32 |", "2001:db8::/32 64500 64501" },
	{ DNS_OK, "64500 | 2001:db8::/32;64501 | 2001:db8:1::/48",
	    "2001:db8:1::/48 64501" },
	{ DNS_OK, "64501 | 2001:db8:1::/48;64500 | 2001:db8::/32",
	    "2001:db8:1::/48 64501" },
	{ DNS_OK, "64501 | 2001:db8::/32;64500 | 2001:db8::/32;"
	    "64501 | 2001:db8::/32", "2001:db8::/32 64500 64501" },
	{ DNS_NXDOMAIN, "", "not-listed" },
	{ DNS_NODATA, "", "not-listed" },
	{ DNS_FAILED, "64500 | 2001:db8::/32", "unknown" },
	{ DNS_BOGUS, "64500 | 2001:db8::/32", "unknown" },
	{ DNS_OK, "", "unknown" },
	{ DNS_OK, "64500", "unknown" },
	{ DNS_OK, "64500 2001:db8::/32", "unknown" },
	{ DNS_OK, "| 2001:db8::/32", "unknown" },
	{ DNS_OK, "64500 |", "unknown" },
	{ DNS_OK, "AS64500 | 2001:db8::/32", "unknown" },
	{ DNS_OK, "NA | 2001:db8::/32", "unknown" },
	{ DNS_OK, "0 | 2001:db8::/32", "unknown" },
	{ DNS_OK, "64500,64501 | 2001:db8::/32", "unknown" },
	{ DNS_OK, "64500 | 2001:db8:1::2/32", "unknown" },
	{ DNS_OK, "64500 | 2001:db9::/32", "unknown" },
	{ DNS_OK, "64500 | 192.0.2.0/24", "unknown" },
	{ DNS_OK, "64500 | 2001:db8::/129", "unknown" },
	{ DNS_OK, "64500 | 2001:db8::/32;nonsense", "unknown" },
	{ DNS_OK, "1 2 3 4 5 6 7 8 9 | 2001:db8::/32", "unknown" },
	{ DNS_OK, "1 2 3 4 5 | 2001:db8::/32;6 7 8 9 | 2001:db8::/32",
	    "unknown" },
};

static void
check_origin(size_t i)
{
	struct netaddr addr = addr_of("2001:db8:1::2");
	struct answers answers = { 0 };
	struct dns_answer *a = answers_add(&answers, DNS_TXT, "q.example",
	    origins[i].status, 60);
	char copy[256], network[NETADDR_TEXT_SIZE], *word, *rest = copy;
	struct provider_origin o;
	struct buf read;

	snprintf(copy, sizeof copy, "%s", origins[i].texts);
	while (copy[0] != '\0' && (word = strsep(&rest, ";")) != NULL)
		dns_answer_add_text(a, word, strlen(word));
	provider_read_origin(a, &addr, &o);
	buf_init(&read, 256);
	buf_addf(&read, "%s", o.status == PROVIDER_LISTED ?
	    netblock_format(&o.network, network) : provider_word(o.status));
	for (size_t n = 0; n < o.count; n++)
		buf_addf(&read, " %u", o.numbers[n]);
	if (strcmp(buf_cstr(&read), origins[i].reading) != 0)
		fail_msg("case %zu \"%s\": %s", i, origins[i].texts,
		    buf_cstr(&read));
	buf_done(&read);
	answers_done(&answers);
}

static void
answers_of_origins(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof origins / sizeof *origins; i++)
		check_origin(i);
}

static void
records_with_odd_octets_are_none(void **state)
{
	static const char nul[] = "64500 | 2001:db8::/32\0";
	struct netaddr addr = addr_of("2001:db8::1");
	struct provider_origin o;
	char big[300];

	(void)state;
	assert_false(provider_origin_parse(nul, sizeof nul, &addr, &o));
	assert_false(provider_origin_parse("", 0, &addr, &o));
	assert_true(provider_origin_parse(nul, sizeof nul - 2, &addr, &o));
	memset(big, ' ', sizeof big);
	memcpy(big, nul, sizeof nul - 2);
	assert_true(provider_origin_parse(big, 255, &addr, &o));
	assert_false(provider_origin_parse(big, 256, &addr, &o));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_to_ask_for),
		cmocka_unit_test(patterns_are_read_and_written),
		cmocka_unit_test(answers_of_lists),
		cmocka_unit_test(a_cut_answer_is_none),
		cmocka_unit_test(as_numbers),
		cmocka_unit_test(answers_of_origins),
		cmocka_unit_test(records_with_odd_octets_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
