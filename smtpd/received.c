/* SPDX-License-Identifier: ISC */
#include "smtpd/received.h"

#include <stdio.h>

static const char days[] = "ThuFriSatSunMonTueWed";	/* 1970-01-01: Thu */
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Days since 1970 to a date of the Gregorian calendar, counted in years
 * that begin in March, so that the leap day comes last. */
static void
civil(uint64_t day, uint64_t *ret_year, unsigned *ret_month, unsigned *ret_mday)
{
	uint64_t z = day + 719468, era = z / 146097, of_era = z % 146097;
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 -
	    of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * of_year + 2) / 153;

	*ret_mday = (unsigned)(of_year - (153 * month + 2) / 5);
	*ret_month = (unsigned)(month < 10 ? month + 2 : month - 10);
	*ret_year = year + era * 400 + (month >= 10);
}

const char *
received_date(uint64_t at_ms, char text[static RECEIVED_DATE_SIZE])
{
	uint64_t s = at_ms / 1000 % 253402300800;	/* to the year 9999 */
	uint64_t year;
	unsigned month, mday, rest = (unsigned)(s % 86400);

	civil(s / 86400, &year, &month, &mday);
	snprintf(text, RECEIVED_DATE_SIZE,
	    "%.3s, %u %.3s %u %02u:%02u:%02u +0000",
	    days + 3 * (s / 86400 % 7), mday + 1, months + 3 * month,
	    (unsigned)year, rest / 3600, rest / 60 % 60, rest % 60);
	return text;
}

/* RFC 5321 4.4, RFC 3848 and, for UTF8SMTP, RFC 6531 4.3. */
static const char *
protocol(const struct received *r)
{
	if (r->utf8)
		return r->tls != NULL ? "UTF8SMTPS" : "UTF8SMTP";
	if (!r->extended)
		return "SMTP";
	return r->tls != NULL ? "ESMTPS" : "ESMTP";
}

void
received_add(struct buf *out, const struct received *r)
{
	char literal[NETADDR_TEXT_SIZE], date[RECEIVED_DATE_SIZE];

	buf_addf(out, "Received: from %s (%s%s%s)\r\n", r->helo, r->rdns,
	    r->rdns[0] == '\0' ? "" : " ",
	    netaddr_format_literal(r->peer, literal));
	buf_addf(out, "\tby %s with %s id %s", r->by, protocol(r), r->id);
	if (r->tls != NULL)
		buf_addf(out, "\r\n\t(%s)", r->tls);
	if (r->rcpt != NULL)
		buf_addf(out, "\r\n\tfor <%s>", r->rcpt);
	buf_addf(out, ";\r\n\t%s\r\n", received_date(r->at_ms, date));
}
