/* SPDX-License-Identifier: ISC */
#include "queue/bounce.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define LINE_MAX_OCTETS	900	/* of a field made here; RFC 5322: 998 */
#define BOUNDARY_SIZE	160

/* What differs between the two kinds. */
static const struct {
	const char *subject;
	const char *action;	/* RFC 3464 2.3.3 */
	const char *opening;
} kinds[] = {
	[BOUNCE_FAILED] = {
		"Undelivered mail returned to sender", "failed",
		"Your message could not be delivered to the recipients below.\r\n"
		"It will not be tried again.\r\n",
	},
	[BOUNCE_DELAYED] = {
		"Delayed mail (still being retried)", "delayed",
		"Your message could not be delivered yet to the recipients "
		"below.\r\nIt is still being tried, and you need not send it "
		"again.\r\n",
	},
};

bool
bounce_wanted(const char *sender)
{
	return sender[0] != '\0';
}

const char *
bounce_date(uint64_t unix_seconds, char text[static BOUNCE_DATE_SIZE])
{
	static const char days[7][4] = {
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
	};
	static const char months[12][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
	};
	time_t t = (time_t)unix_seconds;
	struct tm tm;

	gmtime_r(&t, &tm);	/* strftime would ask the locale */
	snprintf(text, BOUNCE_DATE_SIZE,
	    "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
	    months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
	    tm.tm_sec);
	return text;
}

/* Adds a stranger's text as part of one line: no controls, no octets above
 * 127 unless utf8, at most LINE_MAX_OCTETS. */
static void
add_plain(struct buf *out, const char *text, bool utf8)
{
	size_t n = 0;

	for (; *text != '\0' && n < LINE_MAX_OCTETS; text++, n++) {
		uint8_t c = (uint8_t)*text;

		if (c < ' ' || c == 127 || (c > 127 && !utf8))
			c = c == '\r' || c == '\n' || c == '\t' ? ' ' : '?';
		buf_add(out, &c, 1);
	}
}

static void
add_field(struct buf *out, const char *name, const char *value, bool utf8)
{
	buf_addf(out, "%s: ", name);
	add_plain(out, value, utf8);
	buf_add_str(out, "\r\n");
}

/* How much of the original is its header section: whole lines only. */
static size_t
header_size(const struct bounce *b)
{
	const char *p = (const char *)b->original;
	size_t most = b->original_size, at = 0;

	if (most > BOUNCE_HEADER_MAX)
		most = BOUNCE_HEADER_MAX;
	while (at < most) {
		const char *end = memchr(p + at, '\n', most - at);

		if (end == NULL || p[at] == '\r' || p[at] == '\n')
			break;
		at = (size_t)(end - p) + 1;
	}
	return at;
}

static bool
has_eightbit(const uint8_t *bytes, size_t n)
{
	while (n > 0)
		if (bytes[--n] > 127)
			return true;
	return false;
}

/* A boundary that the returned header does not hold (RFC 2046 5.1.1). */
static void
choose_boundary(const struct bounce *b, size_t header,
    char text[static BOUNDARY_SIZE])
{
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(text, BOUNDARY_SIZE, "=_%.60s_%u", b->name, i);
		if (memmem(b->original, header, text, strlen(text)) == NULL)
			break;
	}
}

static void
add_head(const struct bounce *b, struct buf *out, const char *boundary,
    bool eightbit)
{
	char date[BOUNCE_DATE_SIZE];

	buf_addf(out, "Date: %s\r\n", bounce_date(b->now, date));
	buf_addf(out, "From: Mail delivery system <MAILER-DAEMON@%s>\r\n",
	    b->hostname);
	buf_add_str(out, "To: <");
	add_plain(out, b->sender, b->utf8);
	buf_addf(out, ">\r\nSubject: %s\r\n", kinds[b->kind].subject);
	buf_addf(out, "Message-ID: <%s@%s>\r\n", b->name, b->hostname);
	buf_add_str(out, "Auto-Submitted: auto-replied\r\n");  /* RFC 3834 */
	buf_add_str(out, "MIME-Version: 1.0\r\n");
	buf_addf(out, "Content-Type: multipart/report;\r\n"
	    "\treport-type=delivery-status;\r\n"
	    "\tboundary=\"%s\"\r\n", boundary);
	if (eightbit)
		buf_add_str(out, "Content-Transfer-Encoding: 8bit\r\n");
	buf_add_str(out, "\r\n");
}

static void
add_part(struct buf *out, const char *boundary, const char *type,
    bool eightbit)
{
	buf_addf(out, "\r\n--%s\r\nContent-Type: %s\r\n", boundary, type);
	if (eightbit)
		buf_add_str(out, "Content-Transfer-Encoding: 8bit\r\n");
	buf_add_str(out, "\r\n");
}

static void
add_words(const struct bounce *b, struct buf *out)
{
	char date[BOUNCE_DATE_SIZE];

	buf_addf(out, "This is the mail system at %s.\r\n\r\n", b->hostname);
	buf_add_str(out, kinds[b->kind].opening);
	if (b->kind == BOUNCE_DELAYED)
		buf_addf(out, "It will be given up on %s.\r\n",
		    bounce_date(b->expires_at, date));
	for (size_t i = 0; i < b->rcpt_count; i++) {
		const struct bounce_rcpt *r = &b->rcpts[i];

		buf_add_str(out, "\r\n<");
		add_plain(out, r->address, b->utf8);
		buf_add_str(out, ">:\r\n");
		if (r->reason[0] != '\0') {
			buf_add_str(out, "    ");
			add_plain(out, r->reason, b->utf8);
			buf_add_str(out, "\r\n");
		}
		if (r->reply[0] != '\0') {
			buf_add_str(out, "    ");
			if (r->remote[0] != '\0') {
				add_plain(out, r->remote, b->utf8);
				buf_add_str(out, " said: ");
			}
			add_plain(out, r->reply, b->utf8);
			buf_add_str(out, "\r\n");
		}
	}
}

/* RFC 3464 2.2 and 2.3; the address type utf-8 is RFC 6533 3. */
static void
add_status(const struct bounce *b, struct buf *out)
{
	const char *type = b->utf8 ? "utf-8" : "rfc822";
	char date[BOUNCE_DATE_SIZE];

	buf_addf(out, "Reporting-MTA: dns; %s\r\n", b->hostname);
	add_field(out, "X-Queue-ID", b->about, false);
	buf_addf(out, "Arrival-Date: %s\r\n", bounce_date(b->arrived_at, date));
	for (size_t i = 0; i < b->rcpt_count; i++) {
		const struct bounce_rcpt *r = &b->rcpts[i];

		buf_addf(out, "\r\nFinal-Recipient: %s; ", type);
		add_plain(out, r->address, b->utf8);
		buf_addf(out, "\r\nAction: %s\r\n", kinds[b->kind].action);
		add_field(out, "Status", r->status, false);
		if (r->remote[0] != '\0') {
			buf_add_str(out, "Remote-MTA: dns; ");
			add_plain(out, r->remote, false);
			buf_add_str(out, "\r\n");
		}
		if (r->reply[0] != '\0')
			buf_add_str(out, "Diagnostic-Code: smtp; ");
		else if (r->reason[0] != '\0')
			buf_add_str(out, "Diagnostic-Code: x-mx6d; ");
		if (r->reply[0] != '\0' || r->reason[0] != '\0') {
			add_plain(out, r->reply[0] != '\0' ? r->reply :
			    r->reason, b->utf8);
			buf_add_str(out, "\r\n");
		}
		buf_addf(out, "Last-Attempt-Date: %s\r\n",
		    bounce_date(r->last_at, date));
		if (b->kind == BOUNCE_DELAYED)
			buf_addf(out, "Will-Retry-Until: %s\r\n",
			    bounce_date(b->expires_at, date));
	}
}

bool
bounce_compose(const struct bounce *b, struct buf *out, bool *ret_eightbit)
{
	char boundary[BOUNDARY_SIZE];
	size_t header = header_size(b);
	bool returned = has_eightbit(b->original, header);
	bool eightbit = returned || b->utf8;

	choose_boundary(b, header, boundary);
	add_head(b, out, boundary, eightbit);
	buf_add_str(out, "This is a report in MIME format.\r\n");
	add_part(out, boundary, b->utf8 ? "text/plain; charset=utf-8" :
	    "text/plain; charset=us-ascii", b->utf8);
	add_words(b, out);
	add_part(out, boundary, b->utf8 ? "message/global-delivery-status" :
	    "message/delivery-status", b->utf8);
	add_status(b, out);
	add_part(out, boundary, b->utf8 ? "message/global-headers" :
	    "text/rfc822-headers", returned);
	buf_add(out, b->original, header);
	buf_addf(out, "\r\n--%s--\r\n", boundary);
	if (out->overflow)
		return false;
	*ret_eightbit = eightbit;
	return true;
}
