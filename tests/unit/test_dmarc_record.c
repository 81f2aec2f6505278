/* SPDX-License-Identifier: ISC */
/* Records of DMARC, good and faulty; libopendmarc's faults among them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "policy/auth_words.h"
#include "policy/dmarc_record.h"

static struct dmarc_record r;

static bool
parse(const char *text)
{
	return dmarc_record_parse(text, strlen(text), &r);
}

/* Records that are one, and what is read of them: p/sp/np, then a letter for
 * each of strict dkim, strict spf, testing, reports; psd. */
static const struct {
	const char	*text;
	const char	*read;		/* "-": not usable */
} good[] = {
	{ "v=DMARC1; p=none", "none/none/none ---- 0" },
	{ "v=DMARC1;p=reject", "reject/reject/reject ---- 0" },
	{ "v=DMARC1; p=reject;", "reject/reject/reject ---- 0" },
	{ "v=DMARC1 ; p = reject ; ", "reject/reject/reject ---- 0" },
	{ "v\t=\tDMARC1\t;\tp\t=\treject", "reject/reject/reject ---- 0" },
	{ "v=DMARC1; p=REJECT; ADKIM=S", "reject/reject/reject d--- 0" },
	{ "V=DMARC1; p=none", "none/none/none ---- 0" },
	{ "v=DMARC1; p=none; sp=reject", "none/reject/reject ---- 0" },
	{ "v=DMARC1; p=none; np=reject", "none/none/reject ---- 0" },
	{ "v=DMARC1; np=none; sp=quarantine; p=reject",
	    "reject/quarantine/none ---- 0" },
	{ "v=DMARC1; p=none; adkim=s; aspf=s; t=y", "none/none/none dst- 0" },
	{ "v=DMARC1; p=none; adkim=r; aspf=r; t=n", "none/none/none ---- 0" },
	{ "v=DMARC1; p=none; psd=y", "none/none/none ---- 2" },
	{ "v=DMARC1; p=none; psd=n", "none/none/none ---- 1" },
	{ "v=DMARC1; p=none; psd=u", "none/none/none ---- 0" },
	/* Faults beside the policy give the default (RFC 9989 4.8). */
	{ "v=DMARC1; p=reject; adkim=strict; aspf=; psd=maybe; t=yes",
	    "reject/reject/reject ---- 0" },
	{ "v=DMARC1; p=reject; adkim=s; adkim=s",
	    "reject/reject/reject ---- 0" },
	{ "v=DMARC1; p=reject; ; nonsense; =x; x=", "reject/reject/reject "
	    "---- 0" },
	/* RFC 7489's tags, and unknown ones. */
	{ "v=DMARC1; p=reject; pct=0; ri=1; rf=afrf; fo=1; zz=top",
	    "reject/reject/reject ---- 0" },
	{ "v=DMARC1; p=reject; pct=nonsense", "reject/reject/reject ---- 0" },
	/* Report addresses. */
	{ "v=DMARC1; p=none; rua=mailto:a@example.com",
	    "none/none/none ---r 0" },
	{ "v=DMARC1; p=none; rua=bad, mailto:a@example.com!10m",
	    "none/none/none ---r 0" },
	{ "v=DMARC1; p=none; rua=https://example.com/x",
	    "none/none/none ---r 0" },
	{ "v=DMARC1; p=none; rua=mailto:", "none/none/none ---- 0" },
	{ "v=DMARC1; p=none; rua=mailto:nobody", "none/none/none ---- 0" },
	{ "v=DMARC1; p=none; rua=a@example.com", "none/none/none ---- 0" },
	{ "v=DMARC1; p=none; rua=mailto:a b@example.com",
	    "none/none/none ---- 0" },
	/* RFC 9989 4.10.1: none if there is somebody to tell, else nothing. */
	{ "v=DMARC1; rua=mailto:a@example.com", "none/none/none ---r 0" },
	{ "v=DMARC1; p=rejct; rua=mailto:a@example.com",
	    "none/none/none ---r 0" },
	{ "v=DMARC1; p=reject; sp=x; rua=mailto:a@example.com",
	    "none/none/none ---r 0" },
	{ "v=DMARC1; p=reject; np=; rua=mailto:a@example.com",
	    "none/none/none ---r 0" },
	{ "v=DMARC1; p=reject; p=none; rua=mailto:a@example.com",
	    "none/none/none ---r 0" },
	{ "v=DMARC1", "-" },
	{ "v=DMARC1;", "-" },
	{ "v=DMARC1; psd=y", "-" },
	{ "v=DMARC1; p=", "-" },
	{ "v=DMARC1; p=reject none", "-" },
	{ "v=DMARC1; p=reject; p=reject", "-" },
	{ "v=DMARC1; p=reject; sp=x", "-" },
	{ "v=DMARC1; p=reject; np=x; rua=nowhere", "-" },
};

/* Texts that are no DMARC record at all. */
static const char *const bad[] = {
	"", ";", "v", "v=", "v=DMARC", "v=DMARC2; p=reject",
	"v=dmarc1; p=reject",		/* the one value whose case counts */
	"v=DMARC1 p=reject",		/* no semicolon */
	"v=DMARC1.; p=reject",
	" v=DMARC1; p=reject",		/* something stands before it */
	"; v=DMARC1; p=reject",
	"p=reject; v=DMARC1",		/* libopendmarc takes this */
	"vv=DMARC1; p=reject", "v=DMARC1x; p=reject",
	"v=spf1 -all", "\"v=DMARC1\"; p=reject",
};

static void
records(void **state)
{
	char is[64];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		if (!parse(good[i].text))
			fail_msg("no record: %s", good[i].text);
		snprintf(is, sizeof is, "%s/%s/%s %c%c%c%c %d",
		    dmarc_policy_word(r.policy),
		    dmarc_policy_word(r.subdomain),
		    dmarc_policy_word(r.nonexistent),
		    r.strict_dkim ? 'd' : '-', r.strict_spf ? 's' : '-',
		    r.testing ? 't' : '-', r.reports ? 'r' : '-', (int)r.psd);
		if (strcmp(r.usable ? is : "-", good[i].read) != 0)
			fail_msg("%s: %s", good[i].text, is);
	}
}

static void
no_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (parse(bad[i]))
			fail_msg("a record: %s", bad[i]);
}

static void
any_octets(void **state)
{
	static const char nul[] = "v=DMARC1; p=rej\0ect";
	static char large[DMARC_RECORD_MAX + 1] = "v=DMARC1; p=reject;";

	(void)state;
	assert_true(dmarc_record_parse(nul, sizeof nul - 1, &r));
	assert_false(r.usable);
	assert_false(dmarc_record_parse("v=DMARC1\0; p=reject", 20, &r));
	assert_true(dmarc_record_parse(large, sizeof large - 1, &r));
	assert_int_equal(r.policy, DMARC_POLICY_REJECT);
	assert_false(dmarc_record_parse(large, sizeof large, &r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records),
		cmocka_unit_test(no_records),
		cmocka_unit_test(any_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
