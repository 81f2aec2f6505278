/* SPDX-License-Identifier: ISC */
/* The columns of whitelist_domain, addressbook, greenlist and the facts. */

#include "policy/lists_values.h"

#include "policy/lists_signs.h"
#include "util/domain.h"
#include "util/number.h"

/* text if it is one of the words, fallback if it is "". */
static bool
take_word(const char *text, const char *const *words, size_t count,
    const char *fallback, char out[static LISTS_VALUE_SIZE])
{
	if (text[0] == '\0' && fallback != NULL)
		text = fallback;
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0) {
			strcpy_bounded(out, LISTS_VALUE_SIZE, words[i]);
			return true;
		}
	return false;
}

#define COUNT(words) (sizeof (words) / sizeof (words)[0])

const char *
value_yes(const char *text, char out[static LISTS_VALUE_SIZE])
{
	static const char *const words[] = { "no", "yes" };

	return take_word(text, words, COUNT(words), "no", out) ? NULL :
	    "yes or no";
}

const char *
value_auth(const char *text, char out[static LISTS_VALUE_SIZE])
{
	for (unsigned i = 0; i < LISTS_AUTHS; i++) {
		const char *name = lists_auth_name((enum lists_auth)i);

		if (take_word(text, &name, 1, i == LISTS_AUTH_ALIGNED ? name :
		    NULL, out))
			return NULL;
	}
	return "aligned, spf, dkim, any-unaligned or best-guess";
}

const char *
value_sender(const char *text, char out[static LISTS_VALUE_SIZE])
{
	if (strchr(text, '@') != NULL && text[0] != '@')
		return value_mailbox(text, out);
	return value_domain(text[0] == '@' ? text + 1 : text, out) == NULL ?
	    NULL : "an address like user@example.org, or a domain";
}

const char *
value_source(const char *text, char out[static LISTS_VALUE_SIZE])
{
	static const char *const words[] = { "user", "import", "gathered" };

	return take_word(text, words, COUNT(words), "user", out) ? NULL :
	    "user, import or gathered";
}

static const char *
take_number(const char *text, uint64_t most, const char *right,
    char out[static LISTS_VALUE_SIZE])
{
	uint64_t number = 0;

	if (text[0] != '\0' && !number_parse(text, 0, most, &number))
		return right;
	snprintf(out, LISTS_VALUE_SIZE, "%llu", (unsigned long long)number);
	return NULL;
}

const char *
value_count(const char *text, char out[static LISTS_VALUE_SIZE])
{
	return take_number(text, INT64_MAX, "a number", out);
}

/* text has the shape: 'd' stands for a digit.  Numbers beyond a calendar's
 * make SQLite say NULL, which is taken as now. */
static bool
has_shape(const char *text, const char *shape)
{
	for (; *shape != '\0'; text++, shape++)
		if (*shape == 'd' ? *text < '0' || *text > '9' :
		    *text != *shape)
			return false;
	return *text == '\0';
}

const char *
value_time(const char *text, char out[static LISTS_VALUE_SIZE])
{
	if (text[0] != '\0' && !has_shape(text, "dddd-dd-dd") &&
	    !has_shape(text, "dddd-dd-ddTdd:dd:ddZ"))
		return "a time like 2026-11-24T08:00:00Z, or a day";
	strcpy_bounded(out, LISTS_VALUE_SIZE, text);
	return NULL;
}

const char *
value_whois(const char *text, char out[static LISTS_VALUE_SIZE])
{
	static const char *const words[] = { "unknown", "good", "hidden",
	    "bad" };

	return take_word(text, words, COUNT(words), "unknown", out) ? NULL :
	    "good, hidden, bad or unknown";
}

const char *
value_asn(const char *text, char out[static LISTS_VALUE_SIZE])
{
	if (strncmp(text, "AS", 2) == 0 && text[2] != '\0')
		text += 2;
	return take_number(text, UINT32_MAX, "an AS number like 64500", out);
}

const char *
value_record(const char *text, char out[static LISTS_VALUE_SIZE])
{
	if ((strncmp(text, "v=spf1 ", 7) != 0 &&
	    strcmp(text, "v=spf1") != 0) || value_note(text, out) != NULL)
		return "an SPF record: v=spf1 ...";
	return NULL;
}

/* ---- greenlist ---- */

const char *
value_green_kind(const char *text, char out[static LISTS_VALUE_SIZE])
{
	for (unsigned i = 0; i < LISTS_GREENS; i++) {
		const char *name = lists_green_name((enum lists_green)i);

		if (take_word(text, &name, 1, NULL, out))
			return NULL;
	}
	return "network, asn, ptr-name, domain, forwarder or registrar";
}

const char *
value_green_source(const char *text, char out[static LISTS_VALUE_SIZE])
{
	static const char *const words[] = { "user", "suggested" };

	return take_word(text, words, COUNT(words), "user", out) ? NULL :
	    "user or suggested";
}

static const char *
value_forwarder(const char *text, char out[static LISTS_VALUE_SIZE])
{
	return value_network(text, out) == NULL ||
	    value_domain(text, out) == NULL ? NULL :
	    "a network like 2001:db8::/32, or a host's or domain's name";
}

static const char *
value_green_asn(const char *text, char out[static LISTS_VALUE_SIZE])
{
	return text[0] == '\0' ? "an AS number like 64500" :
	    value_asn(text, out);
}

static const char *
value_registrar(const char *text, char out[static LISTS_VALUE_SIZE])
{
	return text[0] == '\0' ? "a registrar's name, as facts have it" :
	    value_note(text, out);
}

const char *
value_green(const char *kind, const char *text,
    char out[static LISTS_VALUE_SIZE])
{
	static lists_value *const values[LISTS_GREENS] = {
		[LISTS_GREEN_NETWORK] = value_network,
		[LISTS_GREEN_ASN] = value_green_asn,
		[LISTS_GREEN_PTR_NAME] = value_domain,
		[LISTS_GREEN_DOMAIN] = value_domain,
		[LISTS_GREEN_FORWARDER] = value_forwarder,
		[LISTS_GREEN_REGISTRAR] = value_registrar,
	};

	for (unsigned i = 0; i < LISTS_GREENS; i++)
		if (strcmp(kind, lists_green_name((enum lists_green)i)) == 0)
			return values[i](text, out);
	return "of a kind that the greenlist has";
}
