/* SPDX-License-Identifier: ISC */
/*
 * Every spelling of "end of data" in tests/data/eod-variants.tsv, put into a
 * message with commands behind it, in DATA and in BDAT, whole and cut at
 * every place, with bare LFs refused and mended.  What must hold: the message
 * ends where CRLF.CRLF stands and nowhere else; what follows in between never
 * is a command.  Prints TAP.
 */

#include "tests/transcripts/server_play.h"

#define TABLE	"tests/data/eod-variants.tsv"
#define HELLO	"EHLO c.test\r\nMAIL FROM:<good@c.test>\r\n" \
		"RCPT TO:<a@mx.test>\r\n"
#define TEXT_1	"Subject: x\r\n\r\nfirst"
#define TEXT_2	"MAIL FROM:<evil@c.test>\r\nRCPT TO:<b@mx.test>\r\n" \
		"DATA\r\nevil"
#define SPELLING_MAX 32

struct spelling {
	char	id[16];
	char	ends[16];	/* "yes", "no", "contains-legal" */
	char	octets[SPELLING_MAX];
	size_t	n;
};

static unsigned tests, failures;

static void
ok(bool good, const struct spelling *sp, const char *how)
{
	failures += !good;
	printf("%sok %u - %s %s\n", good ? "" : "not ", ++tests, sp->id, how);
}

static bool
has_bare(const struct spelling *sp)
{
	for (size_t i = 0; i < sp->n; i++) {
		char c = sp->octets[i];
		char before = i > 0 ? sp->octets[i - 1] : '\0';
		char after = i + 1 < sp->n ? sp->octets[i + 1] : '\0';

		if ((c == '\r' && after != '\n') ||
		    (c == '\n' && before != '\r'))
			return true;
	}
	return false;
}

static bool
has_bare_cr(const struct spelling *sp)
{
	for (size_t i = 0; i < sp->n; i++)
		if (sp->octets[i] == '\r' &&
		    (i + 1 == sp->n || sp->octets[i + 1] != '\n'))
			return true;
	return false;
}

/* After all input: was the tail taken for commands? */
static bool
holds(const struct play *p, const struct spelling *sp, bool mended)
{
	bool evil = strstr(p->envelope, "evil") != NULL;
	bool closed = session_waiting_for(p->s) == SESSION_CLOSED;
	bool refused = strstr((const char *)buf_bytes(&p->said), "\r\n521 ") !=
	    NULL;
	bool stray = mended ? has_bare_cr(sp) : has_bare(sp);

	if (strcmp(sp->ends, "yes") == 0)
		return p->submits == 2 && evil;
	if (!closed)
		return false;
	if (stray && strcmp(sp->ends, "no") == 0)
		return p->submits == 0 && refused;
	/* The legal end counts, if no stray octet came before it. */
	if (strcmp(sp->ends, "contains-legal") == 0)
		return true;
	return !evil && p->submits <= 1;
}

static void
start(struct play *p, bool mended)
{
	play_init(p);
	play_start(p);
	p->config.errors_max = 100;
	if (mended) {
		static struct netblock all;

		p->config.normalize_networks.items = &all;
		p->config.normalize_networks.count = 1;
		netblock_parse("192.0.2.0/24", &all);
		session_free(p->s);
		play_start(p);
	}
}

/* cut: where the spelling is divided between packets; 0: octet by octet. */
static bool
try_data(const struct spelling *sp, size_t cut, bool mended)
{
	struct play p;
	struct buf in;
	size_t before;
	bool good;

	start(&p, mended);
	buf_init(&in, 4096);
	buf_add_str(&in, HELLO "DATA\r\n" TEXT_1);
	before = buf_len(&in) + cut;
	buf_add(&in, sp->octets, sp->n);
	buf_add_str(&in, TEXT_2 "\r\n.\r\nQUIT\r\n");
	if (cut == 0)
		play_input(&p, buf_bytes(&in), buf_len(&in), 1);
	else {
		play_input(&p, buf_bytes(&in), before, before);
		play_input(&p, buf_bytes(&in) + before, buf_len(&in) - before,
		    buf_len(&in));
	}
	buf_cstr(&p.said);
	good = holds(&p, sp, mended);
	buf_done(&in);
	play_done(&p);
	return good;
}

/* The same text as chunks, the spelling divided between two of them. */
static bool
try_bdat(const struct spelling *sp, size_t cut, size_t piece)
{
	struct play p;
	struct buf in;
	bool good;

	start(&p, false);
	buf_init(&in, 4096);
	buf_add_str(&in, HELLO);
	buf_addf(&in, "BDAT %zu\r\n", strlen(TEXT_1) + cut);
	buf_add_str(&in, TEXT_1);
	buf_add(&in, sp->octets, cut);
	buf_addf(&in, "BDAT %zu LAST\r\n", sp->n - cut + strlen(TEXT_2));
	buf_add(&in, sp->octets + cut, sp->n - cut);
	buf_add_str(&in, TEXT_2 "QUIT\r\n");
	play_input(&p, buf_bytes(&in), buf_len(&in), piece);
	buf_cstr(&p.said);
	good = strstr(p.envelope, "evil") == NULL &&
	    session_waiting_for(p.s) == SESSION_CLOSED;
	/* After a chunk with a NUL the message is refused, the rest unread. */
	if (memchr(sp->octets, '\0', sp->n) != NULL)
		good &= p.submits == 0;
	else if (has_bare(sp))
		good &= p.submits == 0 && strstr((const char *)
		    buf_bytes(&p.said), "\r\n521 ") != NULL;
	else
		good &= p.submits == 1 &&
		    strstr(buf_cstr(&p.message), TEXT_2 "\r\n") != NULL;
	buf_done(&in);
	play_done(&p);
	return good;
}

static void
try_all(const struct spelling *sp)
{
	bool data = true, mended = true, bdat = true;

	for (size_t cut = 0; cut <= sp->n; cut++) {
		data &= try_data(sp, cut, false);
		mended &= try_data(sp, cut, true);
		bdat &= try_bdat(sp, cut, 1) && try_bdat(sp, cut, 4096);
	}
	ok(data, sp, "in DATA");
	ok(mended, sp, "in DATA, bare LF mended");
	ok(bdat, sp, "in BDAT");
}

static bool
parse(char *line, struct spelling *sp)
{
	char hex[2 * SPELLING_MAX + 1];

	if (sscanf(line, "%15[^\t]\t%*[^\t]\t%*[^\t]\t%64[^\t]\t%15[^\t]",
	    sp->id, hex, sp->ends) != 3 || strncmp(sp->id, "eod-", 4) != 0)
		return false;
	sp->n = strlen(hex) / 2;
	for (size_t i = 0; i < sp->n; i++) {
		unsigned octet;

		if (sscanf(hex + 2 * i, "%2x", &octet) != 1)
			return false;
		sp->octets[i] = (char)octet;
	}
	return true;
}

int
main(void)
{
	char line[256];
	struct spelling sp;
	FILE *f = fopen(TABLE, "r");

	if (f == NULL) {
		perror(TABLE);
		return 1;
	}
	while (fgets(line, sizeof line, f) != NULL)
		if (parse(line, &sp))
			try_all(&sp);
	fclose(f);
	printf("1..%u\n", tests);
	return failures > 0;
}
