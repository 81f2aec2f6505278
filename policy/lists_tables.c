/* SPDX-License-Identifier: ISC */
/* Each table that people edit: its columns, how many of them are the key, and
 * its statements. */

#include <strings.h>

#include "policy/lists_inner.h"

static const char *
green_row(char (*values)[LISTS_VALUE_SIZE])
{
	char value[LISTS_VALUE_SIZE];
	const char *right = value_green(values[0], values[1], value);

	if (right == NULL)
		memcpy(values[1], value, sizeof value);
	return right;
}

static const char *
book_row(char (*values)[LISTS_VALUE_SIZE])
{
	const char *own = strrchr(values[0], '@');
	const char *at = strrchr(values[1], '@');

	if (own != NULL && strcasecmp(own + 1,
	    at == NULL ? values[1] : at + 1) == 0)
		return "outside the recipient's own domain";
	return at == NULL && strcmp(values[2], "gathered") == 0 ?
	    "an address, as gathered ones are" : NULL;
}

#define TIME(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column ", 'unixepoch')"
/* ?n as unix seconds, now if it is "" */
#define SECONDS(n) "coalesce(unixepoch(nullif(?" #n ", '')), unixepoch())"

const struct lists_table_spec lists_tables[LISTS_TABLES] = {
	[LISTS_WHITELIST] = { "whitelist",
	    { { "network", value_network }, { "note", value_note } }, 2, 1,
	    NULL, 1,
	    "INSERT INTO whitelist_address(network, note, key) "
	    "VALUES (?1, ?2, ?7) ON CONFLICT(network) DO NOTHING",
	    "DELETE FROM whitelist_address WHERE network = ?1 OR "
	    "(key <> x'' AND key = ?7)", NULL,
	    "SELECT network, note FROM whitelist_address WHERE ?1 = '' OR "
	    "instr(network, ?1) OR instr(note, ?1) ORDER BY network" },
	[LISTS_DOMAIN] = { "domain",
	    { { "name", value_domain }, { "transport", value_transport } },
	    2, 1, NULL, 0,
	    "INSERT INTO domain(name, transport) VALUES (?1, ?2) "
	    "ON CONFLICT(name) DO NOTHING",
	    "DELETE FROM domain WHERE name = ?1", NULL,
	    "SELECT name, transport FROM domain WHERE ?1 = '' OR "
	    "instr(name, ?1) OR instr(transport, ?1) ORDER BY name" },
	[LISTS_MAILBOX] = { "mailbox",
	    { { "address", value_mailbox }, { "user", value_user },
	    { "maildir", value_path }, { "lmtp", value_lmtp } }, 4, 1,
	    NULL, 0,
	    "INSERT INTO mailbox(address, user, maildir, lmtp) "
	    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT(address) DO NOTHING",
	    "DELETE FROM mailbox WHERE address = ?1", NULL,
	    "SELECT address, user, maildir, lmtp FROM mailbox WHERE ?1 = '' "
	    "OR instr(address, ?1) OR instr(user, ?1) ORDER BY address" },
	[LISTS_ALIAS] = { "alias",
	    { { "address", value_alias }, { "target", value_target } }, 2, 2,
	    NULL, 0,
	    "INSERT INTO alias(address, target) VALUES (?1, ?2) "
	    "ON CONFLICT(address, target) DO NOTHING",
	    "DELETE FROM alias WHERE address = ?1 AND target = ?2",
	    "DELETE FROM alias WHERE address = ?1",
	    "SELECT address, target FROM alias WHERE ?1 = '' OR "
	    "instr(address, ?1) OR instr(target, ?1) "
	    "ORDER BY address, target" },
	[LISTS_WHITELIST_DOMAIN] = { "whitelist domain",
	    { { "domain", value_domain }, { "subdomains", value_yes },
	    { "auth", value_auth }, { "note", value_note } }, 4, 1, NULL, 0,
	    "INSERT INTO whitelist_domain(domain, subdomains, auth, note) "
	    "VALUES (?1, ?2, ?3, ?4) ON CONFLICT(domain) DO NOTHING",
	    "DELETE FROM whitelist_domain WHERE domain = ?1", NULL,
	    "SELECT domain, subdomains, auth, note FROM whitelist_domain "
	    "WHERE ?1 = '' OR instr(domain, ?1) OR instr(note, ?1) "
	    "ORDER BY domain" },
	[LISTS_ADDRESSBOOK] = { "addressbook",
	    { { "recipient", value_mailbox }, { "sender", value_sender },
	    { "source", value_source }, { "count", value_count },
	    { "first_seen", value_time }, { "last_seen", value_time } }, 6, 2,
	    book_row, 0,
	    /* What a person adds is no longer only gathered. */
	    "INSERT INTO addressbook(recipient, sender, source, count, "
	    "first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, " SECONDS(5) ", "
	    SECONDS(6) ") ON CONFLICT(recipient, sender) DO UPDATE SET "
	    "source = excluded.source WHERE source = 'gathered' AND "
	    "excluded.source <> 'gathered'",
	    "DELETE FROM addressbook WHERE recipient = ?1 AND sender = ?2",
	    "DELETE FROM addressbook WHERE recipient = ?1",
	    "SELECT recipient, sender, source, count, " TIME("first_seen") ", "
	    TIME("last_seen") " FROM addressbook WHERE ?1 = '' OR "
	    "instr(recipient, ?1) OR instr(sender, ?1) "
	    "ORDER BY recipient, sender" },
	[LISTS_OPT_OUT] = { "addressbook opt-out",
	    { { "recipient", value_mailbox } }, 1, 1, NULL, 0,
	    "INSERT INTO addressbook_opt_out(recipient) VALUES (?1) "
	    "ON CONFLICT(recipient) DO NOTHING",
	    "DELETE FROM addressbook_opt_out WHERE recipient = ?1", NULL,
	    "SELECT recipient FROM addressbook_opt_out WHERE ?1 = '' OR "
	    "instr(recipient, ?1) ORDER BY recipient" },
	[LISTS_GREENLIST] = { "greenlist",
	    { { "kind", value_green_kind }, { "value", value_note },
	    { "note", value_note }, { "source", value_green_source },
	    { "expires", value_time } }, 5, 2, green_row, 2,
	    /* What a person adds does not expire as a suggestion would. */
	    "INSERT INTO greenlist(kind, value, note, source, expires_at, "
	    "key) VALUES (?1, ?2, ?3, ?4, "
	    "coalesce(unixepoch(nullif(?5, '')), 0), ?7) "
	    "ON CONFLICT(kind, value) DO UPDATE SET source = ?4, note = ?3, "
	    "expires_at = excluded.expires_at WHERE source = 'suggested' AND "
	    "excluded.source <> 'suggested'",
	    "DELETE FROM greenlist WHERE kind = ?1 AND (value = ?2 OR "
	    "(key <> x'' AND key = ?7))", NULL,
	    "SELECT kind, value, note, source, CASE WHEN expires_at > 0 "
	    "THEN " TIME("expires_at") " ELSE '' END FROM greenlist WHERE "
	    "?1 = '' OR kind = ?1 OR instr(value, ?1) OR instr(note, ?1) OR "
	    "source = ?1 "
	    "ORDER BY kind, value" },
	[LISTS_DOMAIN_FACTS] = { "facts",
	    { { "domain", value_domain }, { "registrar", value_note },
	    { "whois", value_whois } }, 3, 1, NULL, 0,
	    "INSERT INTO domain_facts(domain, registrar, whois) "
	    "VALUES (?1, ?2, ?3) ON CONFLICT(domain) DO UPDATE SET "
	    "registrar = ?2, whois = ?3, updated_at = unixepoch() "
	    "WHERE registrar <> ?2 OR whois <> ?3",
	    "DELETE FROM domain_facts WHERE domain = ?1", NULL,
	    "SELECT domain, registrar, whois FROM domain_facts WHERE "
	    "?1 = '' OR instr(domain, ?1) OR instr(registrar, ?1) OR "
	    "whois = ?1 ORDER BY domain" },
	[LISTS_NETWORK_FACTS] = { "facts",
	    { { "network", value_network }, { "asn", value_asn },
	    { "whois", value_whois } }, 3, 1, NULL, 1,
	    "INSERT INTO network_facts(network, asn, whois, key) "
	    "VALUES (?1, ?2, ?3, ?7) ON CONFLICT(network) DO UPDATE SET "
	    "asn = excluded.asn, whois = ?3, updated_at = unixepoch() "
	    "WHERE asn <> excluded.asn OR whois <> ?3",
	    "DELETE FROM network_facts WHERE network = ?1 OR "
	    "(key <> x'' AND key = ?7)", NULL,
	    "SELECT network, asn, whois FROM network_facts WHERE ?1 = '' OR "
	    "instr(network, ?1) OR asn = ?1 OR whois = ?1 ORDER BY network" },
	[LISTS_BEST_GUESS] = { "best-guess",
	    { { "domain", value_domain }, { "record", value_record } }, 2, 1,
	    NULL, 0,
	    "INSERT INTO best_guess(domain, record) VALUES (?1, ?2) "
	    "ON CONFLICT(domain) DO NOTHING",
	    "DELETE FROM best_guess WHERE domain = ?1", NULL,
	    "SELECT domain, record FROM best_guess WHERE ?1 = '' OR "
	    "instr(domain, ?1) OR instr(record, ?1) ORDER BY domain" },
};
