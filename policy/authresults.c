/* SPDX-License-Identifier: ISC */
/* One result a piece; a piece that is not the last ends in ";". */

#include "policy/authresults.h"

#include <stdarg.h>

__attribute__((format(printf, 2, 3)))
static void
add(struct authresults *results, const char *format, ...)
{
	char *piece;
	size_t last;
	va_list args;

	if (results->count == AUTHRESULTS_PIECES_MAX)
		return;
	if (results->count > 1) {
		piece = results->pieces[results->count - 1];
		last = strlen(piece);
		piece[last] = ';';
		piece[last + 1] = '\0';
	}
	piece = results->pieces[results->count++];
	va_start(args, format);
	/* Room is kept for the ";". */
	vsnprintf(piece, AUTHRESULTS_PIECE_SIZE - 1, format, args);
	va_end(args);
}

void
authresults_init(struct authresults *results, const char *host)
{
	results->count = 0;
	add(results, "Authentication-Results: %.253s;", host);
}

/* A name from DNS may hold anything; only plain ones go into a comment. */
static bool
is_plain(const char *name)
{
	return name[0] != '\0' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")] == '\0';
}

void
authresults_add_iprev(struct authresults *results, const struct netaddr *peer,
    const struct iprev *iprev)
{
	char addr[NETADDR_TEXT_SIZE];
	/* A colon needs quotes: pvalue is a MIME value (RFC 8601 2.2). */
	const char *quote = netaddr_is_ipv6(peer) ? "\"" : "";
	bool named = iprev->count > 0 && is_plain(iprev->names[0]);

	add(results, "iprev=%s policy.iprev=%s%s%s%s%s%s",
	    iprev_word(iprev->status), quote, netaddr_format(peer, addr),
	    quote, named ? " (" : "", named ? iprev->names[0] : "",
	    named ? ")" : "");
}

void
authresults_field(const struct authresults *results, struct buf *field)
{
	for (size_t i = 0; i < results->count; i++)
		buf_addf(field, "%s%s\r\n", i == 0 ? "" : "\t",
		    results->pieces[i]);
}
