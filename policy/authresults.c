/* SPDX-License-Identifier: ISC */
/*
 * One result a piece; a piece that is not the last ends in ";".  A piece
 * is made of parts, each of which is there as a whole or not at all.
 */

#include "policy/authresults.h"

#include <stdarg.h>
#include <string.h>

#include "policy/auth_words.h"
#include "policy/fieldtext.h"
#include "util/number.h"

#define FIELD_NAME	"Authentication-Results: "
#define VALUE_SIZE	300
#define WHY_SIZE	100
/* Room for the ";" is kept. */
#define PIECE_MAX	(AUTHRESULTS_PIECE_SIZE - 2)

static const char *const spf_words[] = {
	[SPF_RESULT_NONE] = "none",
	[SPF_RESULT_NEUTRAL] = "neutral",
	[SPF_RESULT_PASS] = "pass",
	[SPF_RESULT_FAIL] = "fail",
	[SPF_RESULT_SOFTFAIL] = "softfail",
	[SPF_RESULT_TEMPERROR] = "temperror",
	[SPF_RESULT_PERMERROR] = "permerror",
};

/* A new piece, NULL if there is no place for it. */
static char *
new_piece(struct authresults *results)
{
	char *piece;
	size_t last;

	if (results->count == AUTHRESULTS_PIECES_MAX)
		return NULL;
	if (results->count > 1) {
		piece = results->pieces[results->count - 1];
		last = strlen(piece);
		piece[last] = ';';
		piece[last + 1] = '\0';
	}
	piece = results->pieces[results->count++];
	piece[0] = '\0';
	return piece;
}

/* A part of the last piece, if it still fits. */
__attribute__((format(printf, 2, 3)))
static void
add(struct authresults *results, const char *format, ...)
{
	char *piece = results->pieces[results->count - 1];
	size_t used = strlen(piece);
	size_t room = PIECE_MAX + 1 - used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(piece + used, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		piece[used] = '\0';
}

/* " name=value", quoted if it must be; "" is left out. */
static void
add_value(struct authresults *results, const char *name, const char *text)
{
	char value[VALUE_SIZE];

	if (text[0] != '\0' && fieldtext_value(text, fieldtext_is_plain(text),
	    value, sizeof value))
		add(results, " %s=%s", name, value);
}

void
authresults_init(struct authresults *results, const char *host)
{
	results->count = 0;
	new_piece(results);
	add(results, FIELD_NAME "%.253s;", host);
}

void
authresults_add_address(struct authresults *results,
    const struct netaddr *peer, enum policy_iprev status, const char *name)
{
	char addr[NETADDR_TEXT_SIZE];

	if (new_piece(results) == NULL)
		return;
	add(results, "iprev=%s", iprev_word(status));
	/* A colon needs quotes: pvalue is a MIME value (RFC 8601 2.2). */
	add_value(results, "policy.iprev", netaddr_format(peer, addr));
	if (fieldtext_is_plain(name))
		add(results, " (%s)", name);
}

void
authresults_add_iprev(struct authresults *results, const struct netaddr *peer,
    const struct iprev *iprev)
{
	authresults_add_address(results, peer, iprev->status,
	    iprev->count > 0 ? iprev->names[0] : "");
}

void
authresults_add_spf_helo(struct authresults *results, enum spf_result result,
    const char *helo)
{
	if (new_piece(results) == NULL)
		return;
	add(results, "spf=%s", spf_words[result]);
	add_value(results, "smtp.helo", helo);
}

/* The mailbox, or what can be said of it: pvalue takes local@domain without
 * quotes, and a domain alone (RFC 8601 2.2). */
static void
add_sender(struct authresults *results, const char *sender, const char *helo)
{
	const char *at = strrchr(sender, '@');

	if (sender[0] == '\0' && fieldtext_is_plain(helo))
		add(results, " smtp.mailfrom=postmaster@%s", helo);
	else if (fieldtext_is_plain_address(sender))
		add(results, " smtp.mailfrom=%s", sender);
	else if (at != NULL)
		add_value(results, "smtp.mailfrom", at + 1);
}

void
authresults_add_spf(struct authresults *results, enum spf_result result,
    bool best_guess, const char *sender, const char *helo)
{
	if (new_piece(results) == NULL)
		return;
	if (best_guess)
		add(results, "spf=none (best guess: %s)", spf_words[result]);
	else
		add(results, "spf=%s", spf_words[result]);
	add_sender(results, sender, helo);
}

void
authresults_add_dkim(struct authresults *results,
    const struct authresults_dkim *signature)
{
	char why[WHY_SIZE], value[2 * WHY_SIZE + 3];

	if (new_piece(results) == NULL)
		return;
	add(results, "dkim=%s", dkim_result_word(signature->result));
	if (signature->result == DKIM_RESULT_NONE)
		return;
	if (signature->key_bits > 0)
		add(results, " (%u bits)", signature->key_bits);
	fieldtext_comment(signature->why, why, sizeof why);
	if (signature->result != DKIM_RESULT_PASS && why[0] != '\0' &&
	    fieldtext_value(why, false, value, sizeof value))
		add(results, " reason=%s", value);
	add_value(results, "header.d", signature->domain);
	add_value(results, "header.s", signature->selector);
	add_value(results, "header.a", signature->algorithm);
}

void
authresults_add_dmarc(struct authresults *results, enum dmarc_result result,
    enum dmarc_policy policy, const char *from_domain)
{
	if (new_piece(results) == NULL)
		return;
	add(results, "dmarc=%s", dmarc_result_word(result));
	add_value(results, "header.from", from_domain);
	if (result == DMARC_RESULT_FAIL)
		add(results, " policy.dmarc=%s", dmarc_policy_word(policy));
}

void
authresults_field(const struct authresults *results, struct buf *field)
{
	for (size_t i = 0; i < results->count; i++)
		buf_addf(field, "%s%s\r\n", i == 0 ? "" : "\t",
		    results->pieces[i]);
	if (results->count == 1)	/* RFC 8601 2.2: no-result */
		buf_add_str(field, "\tnone\r\n");
}

void
authresults_line(const struct authresults *results, struct buf *line)
{
	for (size_t i = 0; i < results->count; i++)
		buf_addf(line, "%s%s", i == 0 ? "" : " ",
		    results->pieces[i]);
	if (results->count == 1)
		buf_add_str(line, " none");
}

/* The octets of the piece that text begins with: up to a ";" outside
 * quotes. */
static size_t
piece_length(const char *text)
{
	bool quoted = false;
	size_t n = 0;

	for (; text[n] != '\0'; n++) {
		if (quoted && text[n] == '\\' && text[n + 1] != '\0')
			n++;
		else if (text[n] == '"')
			quoted = !quoted;
		else if (text[n] == ';' && !quoted)
			return n + 1;
	}
	return n;
}

bool
authresults_read(const char *line, struct authresults *ret_results)
{
	static const char none[] = "none";

	if (strncmp(line, FIELD_NAME, strlen(FIELD_NAME)) != 0)
		return false;
	ret_results->count = 0;
	while (*line != '\0') {
		size_t n = piece_length(line);

		if (ret_results->count == AUTHRESULTS_PIECES_MAX ||
		    n > PIECE_MAX + 1)
			return false;
		if (ret_results->count == 1 && strcmp(line, none) == 0)
			return true;
		memcpy(ret_results->pieces[ret_results->count], line, n);
		ret_results->pieces[ret_results->count++][n] = '\0';
		line += n;
		line += strspn(line, " ");
	}
	return ret_results->count > 1;
}
