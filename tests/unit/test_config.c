/* SPDX-License-Identifier: ISC */
/* mx6d.conf: defaults, values, and errors that name line and cure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/buf.h"
#include "util/config.h"
#include "util/xalloc.h"

static const char one_listener[] = "listen \"192.0.2.1\" { }\n";

static struct config *
parse(const char *text, char *error)
{
	return config_parse(text, strlen(text), "mx6d.conf", error);
}

static void
defaults_are_those_of_the_table(void **state)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *c = parse(one_listener, error);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->fallback_code, "5.5.64");
	assert_int_equal(c->recipients_max, 1000);
	assert_true(c->mx6);
	assert_int_equal(c->tls, TLS_OPPORTUNISTIC);
	assert_int_equal(c->relay_networks.count, 0);
	assert_int_equal(c->listen_count, 1);
	assert_int_equal(c->listens[0].addr.port, 25);
	assert_int_equal(c->listens[0].role, ROLE_MX);
	config_free(c);
}

static void
values_lists_and_sections(void **state)
{
	char error[CONFIG_ERROR_SIZE];
	struct config *c = parse(
	    "hostname = mx.example.org\n"
	    "message-size-max = 20M\nexpire-after = 2d\n"
	    "relay-networks = { \"127.0.0.0/8\", \"2001:db8::/32\" }\n"
	    "tls = required\n"
	    "listen \"[2001:db8::2]:2525\" { role = mx6 push-back = always }\n"
	    "listen \"192.0.2.2\" { port = 26 }\n"
	    "route \"Example.ORG\" { via = \"relay.example.net:2525\" }\n"
	    "route \"*\" { family = ipv4 tls = none mx6 = false }\n"
	    "rule \"friends\" { when = { whitelist-address, not-tls } "
	    "action = accept }\n", error);

	(void)state;
	assert_string_equal(error, "");
	assert_non_null(c);
	assert_int_equal(c->message_size_max, 20 * 1024 * 1024);
	assert_int_equal(c->expire_after, 172800);
	assert_int_equal(c->relay_networks.count, 2);
	assert_int_equal(c->listens[0].role, ROLE_MX6);
	assert_int_equal(c->listens[0].push_back, PUSH_BACK_ALWAYS);
	assert_int_equal(c->listens[0].addr.port, 2525);
	assert_int_equal(c->listens[1].addr.port, 26);
	assert_string_equal(c->routes[0].domain, "example.org");
	assert_int_equal(c->routes[0].tls, TLS_REQUIRED);
	assert_int_equal(c->routes[1].tls, TLS_NONE);
	assert_false(c->routes[1].mx6);
	assert_ptr_equal(config_route_for(c, "example.org"), &c->routes[0]);
	assert_ptr_equal(config_route_for(c, "other.org"), &c->routes[1]);
	assert_int_equal(c->rules[0].when.count, 2);
	config_free(c);
}

static struct buf printed;

static void
keep_line(const char *line)
{
	buf_addf(&printed, "%s\n", line);
}

/* What is printed says the same, and a demand may stand behind its routes. */
static void
printed_reads_the_same(void **state)
{
	char error[CONFIG_ERROR_SIZE], *first;
	struct config *c = parse(
	    "listen \"2001:db8::2\" { role = mx6 push-back = never }\n"
	    "route \"a.example\" { family = ipv4 mx6 = no }\n"
	    "route \"*\" { via = \"unix:/l\" lmtp = yes tls = none }\n"
	    "rule \"r\" { listeners = any when = { not-tls, fcrdns } "
	    "action = defer }\n"
	    "filter \"av\" { kind = malware socket = \"unix:/run/av\" "
	    "timeout = 30 silent = accept }\n"
	    "filter \"spam\" { kind = content socket = \"[::1]:11332\" }\n"
	    "provider \"wl\" { kind = address-whitelist zone = "
	    "\"List.Example.\" codes = { \"127.0.*.1-3\", 127.0.1.99 } }\n"
	    "provider \"as\" { kind = asn zone = origin.example "
	    "zone-ipv6 = origin6.example }\n"
	    "tls = required\nretry-first = 7\n", error);

	(void)state;
	assert_string_equal(error, "");
	assert_int_equal(c->routes[0].tls, TLS_REQUIRED);
	assert_int_equal(c->filter_count, 2);
	assert_true(c->filters[0].malware);
	assert_int_equal(c->filters[0].timeout_ms, 30000);
	assert_int_equal(c->filters[0].silent, SILENT_ACCEPT);
	assert_false(c->filters[1].malware);
	assert_int_equal(c->filters[1].silent, SILENT_DEFER);
	assert_int_equal(c->provider_count, 2);
	assert_int_equal(c->providers[0].kind, PROVIDER_ADDRESS_WHITELIST);
	assert_string_equal(c->providers[0].zone, "list.example");
	assert_string_equal(c->providers[0].zone_ipv6, "list.example");
	assert_int_equal(c->providers[0].codes.count, 2);
	assert_int_equal(c->providers[1].kind, PROVIDER_ASN);
	assert_string_equal(c->providers[1].zone_ipv6, "origin6.example");
	assert_int_equal(c->providers[1].codes.count, 0);
	buf_init(&printed, 65536);
	config_print(c, keep_line);
	config_free(c);
	first = xstrdup(buf_cstr(&printed));
	c = parse(first, error);
	assert_string_equal(error, "");
	buf_clear(&printed);
	config_print(c, keep_line);
	assert_string_equal(buf_cstr(&printed), first);
	assert_non_null(strstr(first, "not-tls"));
	assert_non_null(strstr(first, "{\"127.0.*.1-3\", \"127.0.1.99\"}"));
	config_free(c);
	free(first);
	buf_done(&printed);
}

static const struct {
	const char	*text;
	const char	*says;
} wrongs[] = {
	{ "", "nothing to listen on" },
	{ "hostnam = x\n", "mx6d.conf:1: there is no setting \"hostnam\"; "
	    "did you mean \"hostname\"?" },
	{ "\n\nsmtp-processes = many\n", "mx6d.conf:3: smtp-processes = "
	    "\"many\": it should be a number from 0 to 64" },
	{ "smtp-processes = 65\n", "it should be a number from 0 to 64" },
	{ "message-size-max = 99999G\n", "it should be a number" },
	{ "fallback-code = 5.5.0\n", "5.5.0 to 5.5.6 mean other things" },
	{ "fallback-code = 5.5.6\n", "5.5.0 to 5.5.6 mean other things" },
	{ "fallback-code = 5.7.1\n", "5.5.N" },
	{ "relay-networks = { \"10.0.0.1/8\" }\n", "no bits set behind" },
	{ "mx6 = perhaps\n", "it should be yes or no" },
	{ "tls = maybe\n", "one of: none opportunistic required verified" },
	{ "listen \"192.0.2.1\" { role = mx6 }\n",
	    "role = mx6 is only for an IPv6 address" },
	{ "listen \"::ffff:192.0.2.1\" { role = defensive }\n",
	    "only for an IPv6 address" },
	{ "listen \"nowhere\" { }\n", "it should be an address such as" },
	{ "listen \"192.0.2.1\" { rule = mx }\n", "did you mean \"role\"?" },
	{ "listen \"::1\" { }\nlisten \"[::1]:25\" { }\n", "there twice" },
	{ "hostname = \"${HOME}\"\n", "mx6d.conf:1: \"${\" is not expanded" },
	{ "route \"example.org\" { via = \"a b\" }\n", "it should be a host" },
	{ "rule \"r\" { when = { } }\n", "it needs an action" },
	{ "tls-key = /k\nlisten \"::1\" { }\n", "both be set, or neither" },
	{ "ipv4 = no\nipv6 = no\nlisten \"::1\" { }\n", "both \"no\"" },
	{ "\nlisten \"::1\" {\n# }\n\"}\"\n", "mx6d.conf:2: the {" },
	{ "listen \"::1\" { }\n}\n", "mx6d.conf:2: this }" },
	{ "relay-networks = { \"10.0.0.1\" \"::1\" }\n", "a comma" },
	{ "route \"a.example\" { mx6 = maybe }\n", "yes or no" },
	{ "hostname = \"x\n", "should be closed" },
	{ "filter \"f\" { socket = unix:/f }\n", "it needs a kind" },
	{ "filter \"f\" { kind = spam socket = unix:/f }\n",
	    "content or malware" },
	{ "filter \"f\" { kind = malware }\n", "it needs a socket" },
	{ "filter \"f\" { kind = malware socket = host:1 }\n",
	    "unix:/path, or an address with its port" },
	{ "filter \"f\" { kind = malware socket = \"::1\" }\n",
	    "unix:/path, or an address with its port" },
	{ "filter \"f\" { kind = malware socket = unix:f }\n",
	    "unix:/path, or an address with its port" },
	{ "filter \"f\" { kind = malware socket = unix:/f timeout = 0 }\n",
	    "from 1 to 120" },
	{ "filter \"f\" { kind = malware socket = unix:/f silent = no }\n",
	    "accept or defer" },
	{ "filter \"f\" { sockets = unix:/f }\n",
	    "did you mean \"socket\"?" },
	{ "provider \"p\" { zone = l.example }\n", "it needs a kind" },
	{ "provider \"p\" { kind = whitelist zone = l.example }\n",
	    "address-blocklist, asn or spf" },
	{ "provider \"p\" { kind = asn }\n", "zone: it should be" },
	{ "provider \"p\" { kind = asn zone = \"a b\" }\n",
	    "zone: it should be" },
	{ "provider \"p\" { kind = asn zone = o.example "
	    "zone-ipv6 = \"-\" }\n", "zone-ipv6: it should be" },
	{ "provider \"p\" { kind = domain-whitelist zone = o.example "
	    "zone-ipv6 = l.example codes = { 127.0.0.2 } }\n", "one zone" },
	{ "provider \"p\" { kind = address-blocklist zone = l.example }\n",
	    "it needs codes" },
	{ "provider \"p\" { kind = asn zone = o.example "
	    "codes = { 127.0.0.2 } }\n", "have none" },
	{ "provider \"p\" { kind = domain-whitelist zone = l.example "
	    "codes = { 127.0.0.2, 127.0.0.256 } }\n", "127.0.0.256: it" },
	{ "provider \"p\" { kind = address-blocklist zone = l.example "
	    "codes = { \"127.255.255.*\" } }\n", "refusals" },
	{ "provider \"p\" { zones = l.example }\n",
	    "did you mean \"zone\"?" },
	{ "source-ipv6 = 192.0.2.1\n", "it should be an IPv6 address" },
};

static void
errors_name_line_and_cure(void **state)
{
	char error[CONFIG_ERROR_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
		if (parse(wrongs[i].text, error) != NULL)
			fail_msg("case %zu is taken: %s", i, wrongs[i].text);
		if (strstr(error, wrongs[i].says) == NULL)
			fail_msg("case %zu: \"%s\" does not say \"%s\"", i,
			    error, wrongs[i].says);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_those_of_the_table),
		cmocka_unit_test(values_lists_and_sections),
		cmocka_unit_test(printed_reads_the_same),
		cmocka_unit_test(errors_name_line_and_cure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
