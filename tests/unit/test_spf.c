/* SPDX-License-Identifier: ISC */
/* SPF beyond the public suite: what strangers may publish, and our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "policy/spf.h"
#include "policy/spf_plain.h"
#include "util/xalloc.h"

#define RECORDS_MAX 64

/* A name's record; NULL text: DNS fails. */
struct rr {
	const char	*name;
	enum dns_type	 type;
	const char	*data;
};

static struct rr zone[RECORDS_MAX];
static size_t zone_count;
static unsigned rounds;
static struct spf_outcome out;

static void
add(const char *name, enum dns_type type, const char *data)
{
	assert_true(zone_count < RECORDS_MAX);
	zone[zone_count++] = (struct rr){ name, type, data };
}

static int
setup(void **state)
{
	(void)state;
	zone_count = 0;
	return 0;
}

static void
add_data(struct dns_answer *answer, const char *data)
{
	struct netaddr addr;

	switch (answer->type) {
	case DNS_A:
	case DNS_AAAA:
		assert_true(netaddr_parse(data, &addr));
		dns_answer_add_addr(answer, &addr);
		break;
	case DNS_TXT:
		dns_answer_add_text(answer, data, strlen(data));
		break;
	default:
		dns_answer_add_name(answer, data);
	}
}

static void
answer_from_zone(struct answers *answers, const struct question *q)
{
	struct dns_answer *a = answers_add(answers, q->type, q->name,
	    DNS_NXDOMAIN, 60);

	assert_non_null(a);
	for (size_t i = 0; i < zone_count; i++) {
		if (strcmp(zone[i].name, q->name) != 0)
			continue;
		if (a->status == DNS_NXDOMAIN)
			a->status = DNS_NODATA;
		if (zone[i].type != q->type)
			continue;
		a->status = zone[i].data == NULL ? DNS_FAILED : DNS_OK;
		if (zone[i].data != NULL)
			add_data(a, zone[i].data);
	}
}

typedef void answering(struct answers *answers, const struct question *q);

static enum spf_result
run(const struct spf_query *query, bool helo, answering *answer)
{
	struct answers answers = { 0 };
	struct questions need;

	for (rounds = 0;; rounds++) {
		need.count = 0;
		if ((helo ? spf_helo : spf_mail_from)(query, &answers, &need,
		    &out))
			break;
		assert_true(rounds < SPF_ROUNDS_MAX);
		assert_true(need.count > 0);
		for (size_t i = 0; i < need.count; i++)
			answer(&answers, &need.items[i]);
	}
	answers_done(&answers);
	return out.result;
}

static struct spf_query
query_of(const char *peer, const char *helo, const char *sender)
{
	struct spf_query query = { .helo = helo, .sender = sender };

	assert_true(netaddr_parse(peer, &query.peer));
	return query;
}

static enum spf_result
check(const char *peer, const char *sender)
{
	struct spf_query query = query_of(peer, "client.example.net", sender);

	return run(&query, false, answer_from_zone);
}

/* The result for a record at example.org and a client that it may name. */
static enum spf_result
record(const char *text)
{
	zone_count = 0;
	add("example.org", DNS_TXT, text);
	add("example.org", DNS_A, "192.0.2.9");
	return check("192.0.2.1", "joe@example.org");
}

static void
test_grammar(void **state)
{
	static const char *const bad[] = {
		"v=spf1 ip4:192.0.2.1 ip4:192.0.2.1/33",
		"v=spf1 ip4:192.0.2.1 ip4:[192.0.2.1]",
		"v=spf1 ip4:192.0.2.1 ip4:192.0.2.01",
		"v=spf1 ip4:192.0.2.1 ip4:2001:db8::1",
		"v=spf1 ip4:192.0.2.1 ip6:192.0.2.1",
		"v=spf1 ip4:192.0.2.1 ip6:2001:db8::/129",
		"v=spf1 ip4:192.0.2.1 ip6:2001:db8::/0064",
		"v=spf1 ip4:192.0.2.1 ip6:fe80::1%eth0",
		"v=spf1 ip4:192.0.2.1\tall",
		"v=spf1 ip4:192.0.2.1 a:",
		"v=spf1 ip4:192.0.2.1 a:x.org/",
		"v=spf1 ip4:192.0.2.1 a:x.org//",
		"v=spf1 ip4:192.0.2.1 a:x.org/24/64",
		"v=spf1 ip4:192.0.2.1 a:x.org///64",
		"v=spf1 ip4:192.0.2.1 a:x.org/024",
		"v=spf1 ip4:192.0.2.1 all:x.org",
		"v=spf1 ip4:192.0.2.1 ++all",
		"v=spf1 ip4:192.0.2.1 -redirect=x.org",
		"v=spf1 ip4:192.0.2.1 -",
		"v=spf1 ip4:192.0.2.1 =",
		"v=spf1 ip4:192.0.2.1 exists",
		"v=spf1 ip4:192.0.2.1 exists:%{d}x",
		"v=spf1 ip4:192.0.2.1 exists:%{d}.",
		"v=spf1 ip4:192.0.2.1 exists:%{d0}",
		"v=spf1 ip4:192.0.2.1 exists:%{dr2}",
		"v=spf1 ip4:192.0.2.1 exists:%{d",
		"v=spf1 ip4:192.0.2.1 exists:%{}",
		"v=spf1 ip4:192.0.2.1 exists:%{d|}",
		"v=spf1 ip4:192.0.2.1 exists:%{t}",
		"v=spf1 ip4:192.0.2.1 exists:x.org%",
		"v=spf1 ip4:192.0.2.1 redirect=a.org redirect=a.org",
		"v=spf1 ip4:192.0.2.1 exp=a.org EXP=a.org",
		"v=spf1 ip4:192.0.2.1 other=%{x}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (record(bad[i]) != SPF_RESULT_PERMERROR)
			fail_msg("%s: %s", bad[i],
			    spf_result_word(out.result));
}

static void
test_good_forms(void **state)
{
	static const char *const good[] = {
		"v=spf1 ip4:192.0.2.1",
		"V=SPF1   IP4:192.0.2.0/24  ",
		"v=spf1 a/24 -all",
		"v=spf1 a:EXAMPLE.org./24//64 -all",
		"v=spf1 -ip6:::ffff:192.0.2.1 ip4:192.0.2.1 -all",
		"v=spf1 exp=x.org ip4:0.0.0.0/0 a.b-c_d=%{d} -all",
		"v=spf1 -exists:%{l1r+-}.%{i}.none.org a:%{o}/24 -all",
		"v=spf1 ?all redirect=x.org",
	};

	(void)state;
	for (size_t i = 0; i + 1 < sizeof good / sizeof *good; i++)
		if (record(good[i]) != SPF_RESULT_PASS)
			fail_msg("%s: %s, %s", good[i],
			    spf_result_word(out.result), out.why);
	assert_int_equal(record(good[7]), SPF_RESULT_NEUTRAL);
}

static void
test_too_long(void **state)
{
	char text[SPF_RECORD_MAX + 200];

	(void)state;
	memset(text, ' ', sizeof text);
	memcpy(text, "v=spf1 ip4:192.0.2.1", 20);
	text[SPF_RECORD_MAX] = '\0';
	assert_int_equal(record(text), SPF_RESULT_PASS);
	text[SPF_RECORD_MAX] = ' ';
	text[SPF_RECORD_MAX + 1] = '\0';
	assert_int_equal(record(text), SPF_RESULT_PERMERROR);
	assert_string_equal(out.record, "");
	snprintf(text, sizeof text, "v=spf1 ip4:192.0.2.1 x=%0250d", 1);
	assert_int_equal(record(text), SPF_RESULT_PASS);
	snprintf(text, sizeof text, "v=spf1 ip4:192.0.2.1 x=%0251d", 1);
	assert_int_equal(record(text), SPF_RESULT_PERMERROR);
	snprintf(text, sizeof text, "v=spf1 ip4:192.0.2.1 x=");
	for (int i = 0; i < 17; i++)
		snprintf(text + strlen(text), 5, "%%{d}");
	assert_int_equal(record(text), SPF_RESULT_PERMERROR);
}

static void
answer_megabyte(struct answers *answers, const struct question *q)
{
	struct dns_answer *a = answers_add(answers, q->type, q->name, DNS_OK,
	    60);
	char *text = xmalloc(1 << 20);

	memset(text, 'x', 1 << 20);
	memcpy(text, "v=spf1 +all ", 12);
	dns_answer_add_text(a, text, 1 << 20);
	free(text);
}

static void
test_megabyte(void **state)
{
	struct spf_query query = query_of("192.0.2.1", "h.example.org",
	    "joe@example.org");

	(void)state;
	assert_int_equal(run(&query, false, answer_megabyte),
	    SPF_RESULT_PERMERROR);
}

/* Every name includes another that nobody saw before. */
static void
answer_endless(struct answers *answers, const struct question *q)
{
	struct dns_answer *a = answers_add(answers, q->type, q->name, DNS_OK,
	    60);
	static unsigned serial;
	char text[80];

	snprintf(text, sizeof text, "v=spf1 include:n%u.example.net +all",
	    serial++);
	dns_answer_add_text(a, text, strlen(text));
}

static void
test_endless_includes(void **state)
{
	struct spf_query query = query_of("192.0.2.1", "h.example.org",
	    "joe@example.org");

	(void)state;
	assert_int_equal(run(&query, false, answer_endless),
	    SPF_RESULT_PERMERROR);
	assert_int_equal(rounds, 11);
	assert_non_null(strstr(out.why, "more than 10 look-ups"));
}

static void
test_loops(void **state)
{
	(void)state;
	assert_int_equal(record("v=spf1 include:example.org +all"),
	    SPF_RESULT_PERMERROR);
	assert_int_equal(record("v=spf1 redirect=example.org"),
	    SPF_RESULT_PERMERROR);
	assert_int_equal(record("v=spf1 redirect=%{d}"),
	    SPF_RESULT_PERMERROR);
}

static void
test_dns_trouble(void **state)
{
	(void)state;
	add("example.org", DNS_TXT, NULL);	/* a CNAME loop fails */
	assert_int_equal(check("192.0.2.1", "joe@example.org"),
	    SPF_RESULT_TEMPERROR);
	record("v=spf1 include:loop.org +all");
	add("loop.org", DNS_TXT, NULL);
	assert_int_equal(check("192.0.2.1", "joe@example.org"),
	    SPF_RESULT_TEMPERROR);
	zone[0].data = "v=spf1 a:loop.org +all";
	add("loop.org", DNS_A, NULL);
	assert_int_equal(check("192.0.2.1", "joe@example.org"),
	    SPF_RESULT_TEMPERROR);
	zone[0].data = "v=spf1 ip4:192.0.2.1 a:loop.org";
	assert_int_equal(check("192.0.2.1", "joe@example.org"),
	    SPF_RESULT_PASS);
}

static void
answer_hundred_mx(struct answers *answers, const struct question *q)
{
	struct dns_answer *a = answers_add(answers, q->type, q->name, DNS_OK,
	    60);

	if (q->type == DNS_TXT)
		add_data(a, "v=spf1 mx +all");
	else if (q->type == DNS_A)
		add_data(a, "192.0.2.1");
	for (int i = 0; q->type == DNS_MX && i < 100; i++)
		add_data(a, "mx.example.org");
}

static void
test_hundred_mx(void **state)
{
	struct spf_query query = query_of("192.0.2.1", "h.example.org",
	    "joe@example.org");

	(void)state;
	assert_int_equal(run(&query, false, answer_hundred_mx),
	    SPF_RESULT_PERMERROR);
}

static void
answer_hundred_records(struct answers *answers, const struct question *q)
{
	struct dns_answer *a = answers_add(answers, q->type, q->name, DNS_OK,
	    60);

	for (int i = 0; i < 256; i++)	/* as many as the resolver tells */
		add_data(a, i == 0 ? "v=spf1 +all" : "unrelated");
}

static void
test_many_texts(void **state)
{
	struct spf_query query = query_of("192.0.2.1", "h.example.org",
	    "joe@example.org");

	(void)state;
	assert_int_equal(run(&query, false, answer_hundred_records),
	    SPF_RESULT_PERMERROR);	/* the rest may hold another */
}

static void
test_lookup_limit(void **state)
{
	(void)state;
	assert_int_equal(record("v=spf1 a a a a a a a a a a ip4:192.0.2.1"),
	    SPF_RESULT_PASS);
	assert_int_equal(record("v=spf1 a a a a a a a a a a a ip4:192.0.2.1"),
	    SPF_RESULT_PERMERROR);
	/* The eleventh is the last, where libspf2 would say neutral. */
	assert_int_equal(record("v=spf1 a a a a a a a a a a a:x.org"),
	    SPF_RESULT_PERMERROR);
	assert_int_equal(record("v=spf1 a a a a a a a a a a include:x.org"),
	    SPF_RESULT_PERMERROR);
}

static void
test_void_limit(void **state)
{
	(void)state;
	assert_int_equal(record("v=spf1 a:x.org mx:y.org ip4:192.0.2.1"),
	    SPF_RESULT_PASS);
	assert_int_equal(record("v=spf1 a:x.org mx:y.org exists:z.org "
	    "ip4:192.0.2.1"), SPF_RESULT_PERMERROR);
	assert_int_equal(record("v=spf1 a:x.org mx:y.org ptr ip4:192.0.2.1"),
	    SPF_RESULT_PERMERROR);
}

static void
test_loopback(void **state)
{
	(void)state;
	record("v=spf1 -all");
	assert_int_equal(check("127.0.0.1", "joe@example.org"),
	    SPF_RESULT_FAIL);
	assert_int_equal(check("::1", "joe@example.org"), SPF_RESULT_FAIL);
	zone[0].data = "v=spf1 ip6:::1 -all";
	assert_int_equal(check("::1", "joe@example.org"), SPF_RESULT_PASS);
	assert_int_equal(check("127.0.0.1", "joe@nothing.org"),
	    SPF_RESULT_NONE);
}

static void
test_mapped(void **state)
{
	(void)state;
	record("v=spf1 ip4:192.0.2.1 -all");
	assert_int_equal(check("::ffff:192.0.2.1", "joe@example.org"),
	    SPF_RESULT_PASS);
	zone[0].data = "v=spf1 ip6:::ffff:192.0.2.1 ip6:::/0 -all";
	assert_int_equal(check("::ffff:192.0.2.1", "joe@example.org"),
	    SPF_RESULT_FAIL);
	assert_int_equal(check("2001:db8::1", "joe@example.org"),
	    SPF_RESULT_PASS);
}

static void
test_identities(void **state)
{
	struct spf_query query = query_of("192.0.2.1", "mail.example.org",
	    "joe@example.org");

	(void)state;
	add("example.org", DNS_TXT, "v=spf1 -all");
	add("mail.example.org", DNS_TXT,
	    "v=spf1 exists:%{l}.%{o}.%{h}.is.org -all");
	add("postmaster.mail.example.org.mail.example.org.is.org", DNS_A,
	    "127.0.0.2");
	assert_int_equal(run(&query, true, answer_from_zone),
	    SPF_RESULT_PASS);
	assert_string_equal(out.domain, "mail.example.org");
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_FAIL);
	assert_string_equal(out.domain, "example.org");
	assert_string_equal(out.record, "v=spf1 -all");
	assert_string_equal(out.why, "-all");
	query.sender = "";
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_PASS);
	assert_string_equal(out.domain, "mail.example.org");
	query.helo = "[192.0.2.1]";
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_NONE);
	assert_string_equal(out.domain, "");
}

static void
test_why(void **state)
{
	(void)state;
	record("v=spf1 include:inner.org -all");
	add("inner.org", DNS_TXT, "v=spf1 redirect=deep.org");
	add("deep.org", DNS_TXT, "v=spf1 ip4:192.0.2.0/24");
	assert_int_equal(check("192.0.2.1", "joe@example.org"),
	    SPF_RESULT_PASS);
	assert_string_equal(out.why,
	    "include:inner.org: redirect=deep.org: ip4:192.0.2.0/24");
	record("v=spf1 include:inner.org -all");
	add("inner.org", DNS_TXT, "v=spf1 ipv4:192.0.2.1");
	assert_int_equal(check("192.0.2.1", "joe@example.org"),
	    SPF_RESULT_PERMERROR);
	assert_string_equal(out.why,
	    "include:inner.org: unknown mechanism: ipv4:192.0.2.1");
}

static void
test_best_guess(void **state)
{
	struct spf_query query = query_of("192.0.2.1", "mail.example.org",
	    "joe@example.org");

	(void)state;
	query.best_guess = "v=spf1 a/24 ~all";
	add("example.org", DNS_A, "192.0.2.99");
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_PASS);
	assert_true(out.best_guess);
	assert_string_equal(out.record, query.best_guess);
	assert_int_equal(run(&query, true, answer_from_zone),
	    SPF_RESULT_NONE);		/* not for HELO */
	query.best_guess = "nonsense";
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_NONE);
	query.best_guess = "v=spf1 a/24 ~all";
	zone[0].name = "other.org";	/* no such domain: no guess */
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_NONE);
	assert_false(out.best_guess);
	add("example.org", DNS_TXT, "v=spf1 -all");
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_FAIL);
	assert_false(out.best_guess);
}

/* Local parts and HELO names go into questions; some can be no name. */
static void
test_hostile_words(void **state)
{
	struct spf_query query = query_of("192.0.2.1", "", "");
	char big[3000];

	(void)state;
	record("v=spf1 exists:%{L}.%{H}.%{S}.x.org -exists:%{h} ?all");
	memset(big, '.', sizeof big);
	big[sizeof big - 1] = '\0';
	query.helo = big;
	query.sender = "\xff\x01\\.%{s}@example.org";
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_NEUTRAL);
	memcpy(big + sizeof big - 13, "@example.org", 12);
	query.sender = big;
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_NONE);
	query.sender = "joe@";
	assert_int_equal(run(&query, false, answer_from_zone),
	    SPF_RESULT_NONE);
}

static void
answer_all_families(struct answers *answers, const struct question *q)
{
	struct dns_answer *a = answers_add(answers, q->type, q->name, DNS_OK,
	    60);

	if (q->type == DNS_TXT)
		add_data(a, "v=spf1 mx:a%{l}.org mx:b.org mx:c.org mx:d.org "
		    "mx:e.org mx:f.org mx:g.org mx:h.org mx:i.org ptr -all");
	else if (q->type == DNS_AAAA)
		add_data(a, "2001:db8::9");
	for (int i = 0; q->type == DNS_MX && i < 10; i++) {
		char name[300];

		snprintf(name, sizeof name, "mx%d.%s", i, q->name);
		dns_answer_add_name(a, name);
	}
	if (q->type == DNS_PTR)
		for (int i = 0; i < 10; i++)
			add_data(a, "ptr.example.org");
}

/* The most that one evaluation can ask still fits. */
static void
test_most_questions(void **state)
{
	struct spf_query query = query_of("2001:db8::1", "h.example.org",
	    "joe@example.org");

	(void)state;
	assert_int_equal(run(&query, false, answer_all_families),
	    SPF_RESULT_FAIL);
}

static void
test_full_answers(void **state)
{
	struct spf_query query = query_of("192.0.2.1", "h.example.org",
	    "joe@example.org");
	struct answers answers = { 0 };
	struct questions need = { 0 };

	(void)state;
	for (int i = 0; i < ANSWERS_MAX; i++)
		answers_add(&answers, DNS_A, "other.org", DNS_NODATA, 1);
	assert_true(spf_mail_from(&query, &answers, &need, &out));
	assert_int_equal(out.result, SPF_RESULT_TEMPERROR);
	answers_done(&answers);
}

static void
test_plain(void **state)
{
	struct netaddr peer4, peer6;
	char text[SPF_PLAIN_SIZE];
	static const char from[] = "v=spf1 ~a:x.org/0//64 ip4:1.2.3.4/0 "
	    "-ip6:2001:db8::/0 ?mx exp=e.org x=y redirect=r.org PTR";

	(void)state;
	netaddr_parse("192.0.2.1", &peer4);
	netaddr_parse("2001:db8::1", &peer6);
	assert_true(spf_plain(from, sizeof from - 1, &peer4, text));
	assert_string_equal(text, "v=spf1 ~a:x.org/1 +ip4:0.0.0.0/1 "
	    "+ip4:128.0.0.0/1 ?mx redirect=r.org +ptr");
	assert_true(spf_plain(from, sizeof from - 1, &peer6, text));
	assert_string_equal(text, "v=spf1 ~a:x.org//64 -ip6:::/1 "
	    "-ip6:8000::/1 ?mx redirect=r.org +ptr");
	assert_false(spf_plain("v=spf1 x", 8, &peer4, text));
	assert_false(spf_plain("", 0, &peer4, text));
}

#define TEST(name) cmocka_unit_test_setup(test_##name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(grammar), TEST(good_forms), TEST(too_long),
		TEST(megabyte), TEST(endless_includes), TEST(loops),
		TEST(dns_trouble), TEST(hundred_mx), TEST(many_texts),
		TEST(lookup_limit), TEST(void_limit), TEST(loopback),
		TEST(mapped), TEST(identities), TEST(why), TEST(best_guess),
		TEST(hostile_words), TEST(most_questions),
		TEST(full_answers), TEST(plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
