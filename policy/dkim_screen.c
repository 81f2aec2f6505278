/* SPDX-License-Identifier: ISC */
/*
 * A table of checks, each with its result; the first that objects decides.
 */
#include "policy/dkim_screen.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/dkim_tags.h"
#include "util/number.h"
#include "util/xalloc.h"

#define HEADER_LIST_MAX	3500	/* octets of h=; the library cuts at 4096 */
#define CLOCK_SKEW_S	300

struct reading {
	struct dkim_tags		 tags;
	struct dkim_screen		*screen;
	struct dkim_signature		*row;
	const struct dkim_settings	*settings;
	const size_t			*counts;
	uint64_t			 now;
};

static const char *const singles[DKIM_SINGLES] = {
	"From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date",
	"Message-ID", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding",
};

void
dkim_screen_singles(const struct header *header,
    size_t ret_counts[static DKIM_SINGLES])
{
	memset(ret_counts, 0, DKIM_SINGLES * sizeof ret_counts[0]);
	for (size_t i = 0; i < header->count; i++) {
		for (size_t k = 0; k < DKIM_SINGLES; k++)
			ret_counts[k] += header_field_is(&header->fields[i],
			    singles[k]);
	}
}

static const struct dkim_tag *
find(const struct reading *r, const char *name)
{
	return dkim_tags_find(&r->tags, name);
}

static bool
version(struct reading *r)
{
	return dkim_tag_is(find(r, "v"), "1");
}

static bool
algorithm(struct reading *r)
{
	const struct dkim_tag *a = find(r, "a");

	r->screen->ed25519 = dkim_tag_is(a, "ed25519-sha256");
	return r->screen->ed25519 || dkim_tag_is(a, "rsa-sha256") ||
	    dkim_tag_is(a, "rsa-sha1");
}

/* RFC 8301 3.1: must not be used. */
static bool
not_sha1(struct reading *r)
{
	return !dkim_tag_is(find(r, "a"), "rsa-sha1");
}

bool
dkim_screen_question(const char *selector, const char *domain,
    char ret_question[static DOMAIN_SIZE])
{
	char text[2 * DKIM_DOMAIN_SIZE + 16];

	snprintf(text, sizeof text, "%s._domainkey.%s", selector, domain);
	return domain_parse(text, strlen(text), true, ret_question);
}

static bool
names(struct reading *r)
{
	return r->row->domain[0] != '\0' && r->row->selector[0] != '\0' &&
	    dkim_screen_question(r->row->selector, r->row->domain,
	    r->screen->question);
}

/* RFC 6376 3.5, i=: in d= or below. */
static bool
identity(struct reading *r)
{
	const char *at = strrchr(r->row->identity, '@');
	char domain[DOMAIN_SIZE];

	if (at == NULL || !domain_parse(at + 1, strlen(at + 1), true, domain) ||
	    !domain_within(domain, r->row->domain))
		return false;
	r->screen->subdomain = strcmp(domain, r->row->domain) != 0;
	return true;
}

static bool
header_list(struct reading *r)
{
	const struct dkim_tag *h = find(r, "h");
	char list[HEADER_LIST_MAX];

	if (h == NULL || !dkim_tag_squeeze(h, list, sizeof list))
		return false;
	r->screen->names = 1;
	for (const char *p = list; *p != '\0'; p++)
		r->screen->names += *p == ':';
	r->screen->signs_signatures = dkim_tag_count(h, "DKIM-Signature") > 0;
	return r->screen->names <= DKIM_NAMES_MAX;
}

static bool
signs_from(struct reading *r)
{
	return dkim_tag_count(find(r, "h"), "From") > 0;
}

static bool
base64(const struct dkim_tag *tag)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n";

	if (tag == NULL || tag->length == 0)
		return false;
	for (size_t i = 0; i < tag->length; i++) {
		if (strchr(digits, tag->value[i]) == NULL)
			return false;
	}
	return true;
}

static bool
hashes(struct reading *r)
{
	return base64(find(r, "b")) && base64(find(r, "bh"));
}

static bool
canonicalization(struct reading *r)
{
	static const char *const forms[] = {
		"simple", "relaxed", "simple/simple", "simple/relaxed",
		"relaxed/simple", "relaxed/relaxed",
	};
	const struct dkim_tag *c = find(r, "c");

	if (c == NULL)
		return true;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		if (dkim_tag_is(c, forms[i]))
			return true;
	}
	return false;
}

static bool
query(struct reading *r)
{
	const struct dkim_tag *q = find(r, "q");

	return q == NULL || dkim_tag_count(q, "dns/txt") > 0;
}

static bool
times(struct reading *r)
{
	const struct dkim_tag *t = find(r, "t"), *x = find(r, "x");
	uint64_t signed_at = 0, expires_at = 0;

	if (t != NULL && (!dkim_tag_number(t, &signed_at) ||
	    signed_at > r->now + CLOCK_SKEW_S))
		return false;
	return x == NULL || (dkim_tag_number(x, &expires_at) &&
	    expires_at > signed_at);
}

static bool
not_expired(struct reading *r)
{
	uint64_t expires_at;

	return !dkim_tag_number(find(r, "x"), &expires_at) ||
	    r->now < expires_at;
}

static bool
length(struct reading *r)
{
	const struct dkim_tag *l = find(r, "l");
	uint64_t octets;

	r->screen->length = l != NULL;
	return l == NULL || dkim_tag_number(l, &octets);
}

static bool
length_accepted(struct reading *r)
{
	return find(r, "l") == NULL || r->settings->accept_length;
}

static bool
nothing_added(struct reading *r)
{
	for (size_t i = 0; i < DKIM_SINGLES; i++) {
		size_t covered;

		if (r->counts[i] < 2)
			continue;
		covered = dkim_tag_count(find(r, "h"), singles[i]);
		if (covered > 0 && covered < r->counts[i])
			return false;
	}
	return true;
}

static const struct {
	bool			(*good)(struct reading *);
	enum dkim_result	result;
	const char		*why;
} checks[] = {
	{ version, DKIM_RESULT_NEUTRAL, "not version 1" },
	{ algorithm, DKIM_RESULT_NEUTRAL, "unknown algorithm" },
	{ names, DKIM_RESULT_NEUTRAL, "malformed domain or selector" },
	{ identity, DKIM_RESULT_NEUTRAL, "i= is not within d=" },
	{ header_list, DKIM_RESULT_NEUTRAL, "h= is missing or too long" },
	{ hashes, DKIM_RESULT_NEUTRAL, "b= or bh= is missing or malformed" },
	{ canonicalization, DKIM_RESULT_NEUTRAL, "unknown canonicalization" },
	{ query, DKIM_RESULT_NEUTRAL, "unknown query method" },
	{ times, DKIM_RESULT_NEUTRAL, "impossible time" },
	{ length, DKIM_RESULT_NEUTRAL, "malformed l=" },
	{ signs_from, DKIM_RESULT_PERMERROR, "From is not signed" },
	{ not_sha1, DKIM_RESULT_PERMERROR, "rsa-sha1 is refused" },
	{ not_expired, DKIM_RESULT_FAIL, "the signature has expired" },
	{ length_accepted, DKIM_RESULT_POLICY,
	    "l= leaves a part of the body unsigned" },
	{ nothing_added, DKIM_RESULT_POLICY,
	    "a field stands more often than it is signed" },
};

/* dkim-quoted-printable (2.11): "=" and two hex digits. */
static bool
decode(const char *text, char *to, size_t size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	for (; *text != '\0'; text++) {
		char c = *text;

		if (c == '=') {
			const char *high = text[1] == '\0' ? NULL :
			    strchr(hex, text[1]);
			const char *low = high == NULL || text[2] == '\0' ?
			    NULL : strchr(hex, text[2]);

			if (low == NULL)
				return false;
			c = (char)((high - hex) * 16 + (low - hex));
			text += 2;
		}
		if (c < ' ' || c > '~' || n + 1 >= size)
			return false;
		to[n++] = c;
	}
	to[n] = '\0';
	return true;
}

static void
canonical(const struct dkim_tag *tag, char to[static DKIM_DOMAIN_SIZE])
{
	char domain[DOMAIN_SIZE];

	to[0] = '\0';
	if (tag != NULL && domain_parse(tag->value, tag->length, true, domain))
		strcpy_bounded(to, DKIM_DOMAIN_SIZE, domain);
}

/* What of it can be read is shown, even if the rest is wrong. */
static void
fill_row(struct reading *r)
{
	const struct dkim_tag *i = find(r, "i"), *a = find(r, "a"),
	    *b = find(r, "b");
	struct dkim_signature *row = r->row;
	char text[sizeof row->identity];

	canonical(find(r, "d"), row->domain);
	canonical(find(r, "s"), row->selector);
	if (i == NULL)
		snprintf(row->identity, sizeof row->identity, "@%s",
		    row->domain);
	else if (!dkim_tag_squeeze(i, text, sizeof text) ||
	    !decode(text, row->identity, sizeof row->identity))
		row->identity[0] = '\0';
	if (a != NULL && !dkim_tag_squeeze(a, row->algorithm,
	    sizeof row->algorithm))
		row->algorithm[0] = '\0';
	for (char *p = row->algorithm; *p != '\0'; p++)
		*p = ascii_lower(*p);
	if (base64(b)) {
		row->b = xmalloc(b->length + 1);
		dkim_tag_squeeze(b, row->b, b->length + 1);
	}
}

static void
object(struct dkim_signature *row, enum dkim_result result, const char *why)
{
	row->result = result;
	strcpy_bounded(row->why, sizeof row->why, why);
}

void
dkim_screen_read(struct dkim_screen *screen, struct dkim_signature *row,
    const char *value, size_t n, const struct dkim_settings *settings,
    const size_t counts[static DKIM_SINGLES], uint64_t now)
{
	struct reading r = {
		.screen = screen, .row = row, .settings = settings,
		.counts = counts, .now = now,
	};

	*screen = (struct dkim_screen){ .usable = false };
	*row = (struct dkim_signature){ .result = DKIM_RESULT_NEUTRAL };
	if (n > DKIM_FIELD_MAX || !dkim_tags_parse(value, n, &r.tags)) {
		object(row, DKIM_RESULT_NEUTRAL, "malformed tag list");
	} else {
		fill_row(&r);
		for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
			if (checks[i].good(&r))
				continue;
			object(row, checks[i].result, checks[i].why);
			break;
		}
		screen->usable = row->why[0] == '\0';
	}
	if (row->b == NULL)
		row->b = xstrdup("");
}
