/* SPDX-License-Identifier: ISC */
/* One parser for each kind of value; what passes here needs no later check. */

#include "policy/lists_values.h"

#include "util/domain.h"
#include "util/number.h"

static void
lower(char *text)
{
	for (; *text != '\0'; text++)
		*text = ascii_lower(*text);
}

static bool
printable(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

const char *
value_network(const char *text, char out[static LISTS_VALUE_SIZE])
{
	char formatted[NETADDR_TEXT_SIZE];
	struct netblock block;

	if (!netblock_parse(text, &block))
		return "a network like 192.0.2.0/24 or 2001:db8::/32, with no "
		    "bits beyond its prefix, or an address";
	strcpy_bounded(out, LISTS_VALUE_SIZE,
	    netblock_format(&block, formatted));
	return NULL;
}

const char *
value_note(const char *text, char out[static LISTS_VALUE_SIZE])
{
	if (strlen(text) >= LISTS_VALUE_SIZE || !printable(text))
		return "one line of at most 511 octets";
	strcpy_bounded(out, LISTS_VALUE_SIZE, text);
	return NULL;
}

const char *
value_domain(const char *text, char out[static LISTS_VALUE_SIZE])
{
	char domain[DOMAIN_SIZE];

	if (!domain_parse(text, strlen(text), false, domain))
		return "a domain like example.org";
	strcpy_bounded(out, LISTS_VALUE_SIZE, domain);
	return NULL;
}

/* "host:25", "[2001:db8::1]:24", "192.0.2.1:24". */
static bool
is_host_port(const char *text)
{
	const char *colon = strrchr(text, ':');
	char host[LISTS_VALUE_SIZE], domain[DOMAIN_SIZE];
	struct netaddr addr;
	uint64_t port;
	size_t n;

	if (colon == NULL || colon == text ||
	    !number_parse(colon + 1, 1, 65535, &port))
		return false;
	n = (size_t)(colon - text);
	if (n >= sizeof host)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	if (strchr(host, ':') != NULL)
		return host[0] == '[' && netaddr_parse(host, &addr);
	return netaddr_parse(host, &addr) ||
	    domain_parse(host, n, false, domain);
}

const char *
value_lmtp(const char *text, char out[static LISTS_VALUE_SIZE])
{
	if (strlen(text) >= LISTS_VALUE_SIZE || !printable(text) ||
	    (text[0] != '\0' && strncmp(text, "unix:/", 6) != 0 &&
	    !is_host_port(text)))
		return "unix:/path or host:port of an LMTP server";
	strcpy_bounded(out, LISTS_VALUE_SIZE, text);
	return NULL;
}

const char *
value_transport(const char *text, char out[static LISTS_VALUE_SIZE])
{
	if (strcmp(text, "maildir") != 0 && strcmp(text, "relay") != 0)
		return value_lmtp(text, out) == NULL ? NULL : "maildir, relay, "
		    "or unix:/path or host:port of an LMTP server";
	strcpy_bounded(out, LISTS_VALUE_SIZE, text);
	return NULL;
}

/* An address whose local part means the same in any case, as ours do. */
static bool
parse_ours(const char *text, char out[static LISTS_VALUE_SIZE])
{
	char formatted[MAILADDR_TEXT_SIZE];
	struct mailaddr addr;

	if (mailaddr_parse(text, strlen(text), true, &addr) != MAILADDR_OK ||
	    addr.literal || strchr(addr.local, '@') != NULL)
		return false;
	lower(addr.local);
	strcpy_bounded(out, LISTS_VALUE_SIZE,
	    mailaddr_format(&addr, formatted));
	return true;
}

const char *
value_mailbox(const char *text, char out[static LISTS_VALUE_SIZE])
{
	return parse_ours(text, out) ? NULL : "an address like "
	    "user@example.org";
}

/* "@domain" in canonical form. */
static bool
parse_whole_domain(const char *text, char out[static LISTS_VALUE_SIZE])
{
	char domain[DOMAIN_SIZE];

	if (text[0] != '@' ||
	    !domain_parse(text + 1, strlen(text + 1), false, domain))
		return false;
	out[0] = '@';
	strcpy_bounded(out + 1, LISTS_VALUE_SIZE - 1, domain);
	return true;
}

const char *
value_alias(const char *text, char out[static LISTS_VALUE_SIZE])
{
	return parse_whole_domain(text, out) || parse_ours(text, out) ? NULL :
	    "an address like user@example.org, or @example.org for all others";
}

const char *
value_target(const char *text, char out[static LISTS_VALUE_SIZE])
{
	char formatted[MAILADDR_TEXT_SIZE];
	struct mailaddr addr;

	if (parse_whole_domain(text, out))
		return NULL;
	if (mailaddr_parse(text, strlen(text), true, &addr) != MAILADDR_OK)
		return "an address like user@example.org, or @example.org for "
		    "the same name there";
	strcpy_bounded(out, LISTS_VALUE_SIZE,
	    mailaddr_format(&addr, formatted));
	return NULL;
}

const char *
value_user(const char *text, char out[static LISTS_VALUE_SIZE])
{
	if (strlen(text) > 32 || text[0] == '-' ||
	    text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] != '\0')
		return "the name of a system user";
	strcpy_bounded(out, LISTS_VALUE_SIZE, text);
	return NULL;
}

const char *
value_path(const char *text, char out[static LISTS_VALUE_SIZE])
{
	size_t n = strlen(text);

	if (n >= LISTS_VALUE_SIZE || !printable(text) ||
	    strcmp(text, "..") == 0 || strncmp(text, "../", 3) == 0 ||
	    strstr(text, "/../") != NULL ||
	    (n >= 3 && strcmp(text + n - 3, "/..") == 0))
		return "a path without \"..\" in it";
	strcpy_bounded(out, LISTS_VALUE_SIZE, text);
	return NULL;
}
