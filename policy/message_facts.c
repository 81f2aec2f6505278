/* SPDX-License-Identifier: ISC */
/* One pass over the fields, one row of a table for each name that counts. */
#include "policy/message_facts.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include <openssl/sha.h>

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The value without white space around it. */
static size_t
trimmed(const struct header_field *field, const char **ret_text)
{
	const char *text = field->value;
	size_t n = field->value_length;

	for (; n > 0 && is_blank(text[0]); n--)
		text++;
	while (n > 0 && is_blank(text[n - 1]))
		n--;
	*ret_text = text;
	return n;
}

/* Does the value begin with this word, in any case? */
static bool
begins(const struct header_field *field, const char *word)
{
	size_t length = strlen(word), n;
	const char *text;

	n = trimmed(field, &text);
	return n >= length && strncasecmp(text, word, length) == 0 &&
	    (n == length || text[length] == ';' || text[length] == '(' ||
	    is_blank(text[length]));
}

/* RFC 3834 5: any keyword but "no" is automatic, one not known as well. */
static void
auto_submitted(struct message_facts *facts, const struct header_field *field)
{
	facts->auto_submitted |= !begins(field, "no");
}

static void
list(struct message_facts *facts, const struct header_field *field)
{
	(void)field;
	facts->list = true;
}

/* What a user writes anew has none of these. */
static void
forwarded(struct message_facts *facts, const struct header_field *field)
{
	(void)field;
	facts->forwarded = true;
}

static void
precedence(struct message_facts *facts, const struct header_field *field)
{
	facts->list |= begins(field, "list") || begins(field, "bulk") ||
	    begins(field, "junk");
}

static void
signature(struct message_facts *facts, const struct header_field *field)
{
	(void)field;
	facts->dkim_signatures++;
}

static void
message_id(struct message_facts *facts, const struct header_field *field)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char hash[SHA256_DIGEST_LENGTH];
	const char *text;
	size_t n = trimmed(field, &text);

	if (facts->message_id_hash[0] != '\0' || n == 0)
		return;
	SHA256((const unsigned char *)text, n, hash);
	for (size_t i = 0; i < (MESSAGE_ID_HASH_SIZE - 1) / 2; i++) {
		facts->message_id_hash[2 * i] = hex[hash[i] >> 4];
		facts->message_id_hash[2 * i + 1] = hex[hash[i] & 15];
	}
}

static const struct {
	const char	*name;
	void		(*read)(struct message_facts *,
			    const struct header_field *);
} fields[] = {
	{ "Auto-Submitted",	auto_submitted },
	{ "Delivered-To",	forwarded },
	{ "DKIM-Signature",	signature },
	{ "List-Archive",	list },
	{ "List-Help",		list },
	{ "List-Id",		list },
	{ "List-Owner",		list },
	{ "List-Post",		list },
	{ "List-Subscribe",	list },
	{ "List-Unsubscribe",	list },
	{ "Message-ID",		message_id },
	{ "Precedence",		precedence },
	{ "Resent-Cc",		forwarded },
	{ "Resent-Date",	forwarded },
	{ "Resent-From",	forwarded },
	{ "Resent-Message-ID",	forwarded },
	{ "Resent-Sender",	forwarded },
	{ "Resent-To",		forwarded },
	{ "X-Forwarded-For",	forwarded },
	{ "X-Forwarded-To",	forwarded },
	{ "X-Original-To",	forwarded },
};

void
message_facts_read(const struct header *header, struct message_facts *ret_facts)
{
	struct message_facts facts = { .dkim_signatures = 0 };

	for (size_t i = 0; i < header->count; i++) {
		for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
			if (header_field_is(&header->fields[i], fields[k].name))
				fields[k].read(&facts, &header->fields[i]);
		}
	}
	*ret_facts = facts;
}
