/* SPDX-License-Identifier: ISC */
/*
 * Plays the transcripts of tests/transcripts/server (its README has the
 * format) to the server session core: each case with what the client sends in
 * one piece, octet by octet, and in one piece with late answers.  Prints TAP.
 */

#include <inttypes.h>
#include <dirent.h>
#include <stdarg.h>
#include <strings.h>

#include "policy/filter.h"
#include "tests/transcripts/server_play.h"

#define FOLDER	"tests/transcripts/server"

enum manner { WHOLE, OCTETS, LATE, MANNERS };
static const char *const manner_names[MANNERS] = { "whole", "octets", "late" };

/* One case under way. */
struct scene {
	struct play	 p;
	enum manner	 manner;
	bool		 started;
	bool		 wrong_manner;	/* an `only` line says not now */
	struct buf	 to_send;
	size_t		 message_at;	/* what M: and H: lines have matched */
	size_t		 header_at;
	struct netblock	 mended;
	char		 rdns[256];
	char		*texts[64];	/* strings that the answers point to */
	size_t		 text_count;
	char		 fault[1024];
	unsigned	 line_number;
};

static unsigned tests, failures;

static void __attribute__((format(printf, 2, 3)))
fail(struct scene *c, const char *format, ...)
{
	va_list args;
	size_t n;

	if (c->fault[0] != '\0')
		return;
	n = (size_t)snprintf(c->fault, sizeof c->fault, "line %u: ",
	    c->line_number);
	va_start(args, format);
	vsnprintf(c->fault + n, sizeof c->fault - n, format, args);
	va_end(args);
}

static const char *
keep(struct scene *c, const char *text)
{
	if (c->text_count == 64) {
		fail(c, "too many texts");
		return "";
	}
	return c->texts[c->text_count++] = xstrdup(text);
}

/* "*" stands for any octets. */
static bool
matches(const char *pattern, const char *text, size_t n)
{
	const char *star = NULL, *from = text, *end = text + n;

	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++from;
		} else
			return false;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* ---- what goes in ---- */

static void
start(struct scene *c)
{
	if (c->started)
		return;
	c->started = true;
	c->p.client.rdns = c->rdns;
	c->p.late = c->manner == LATE;
	play_start(&c->p);
}

static void
flush(struct scene *c)
{
	start(c);
	play_input(&c->p, buf_bytes(&c->to_send), buf_len(&c->to_send),
	    c->manner == OCTETS ? 1 : SIZE_MAX);
	buf_clear(&c->to_send);
}

/* \r \n \0 \\ \xHH, and \{N}X for N times the character X */
static void
add_escaped(struct buf *to, const char *text)
{
	for (; *text != '\0'; text++) {
		char octet = *text;
		unsigned long times = 1;

		if (octet == '\\') {
			switch (*++text) {
			case 'r': octet = '\r'; break;
			case 'n': octet = '\n'; break;
			case '0': octet = '\0'; break;
			case 'x':
				octet = (char)strtoul((char[]){ text[1],
				    text[2], 0 }, NULL, 16);
				text += 2;
				break;
			case '{':
				times = strtoul(text + 1, NULL, 10);
				text = strchr(text, '}') + 1;
				octet = *text;
				break;
			default: octet = *text; break;
			}
		}
		while (times-- > 0)
			buf_add(to, &octet, 1);
	}
}

static void
do_send(struct scene *c, const char *text)
{
	add_escaped(&c->to_send, text);
	buf_add_str(&c->to_send, "\r\n");
}

static void
do_send_raw(struct scene *c, const char *text)
{
	add_escaped(&c->to_send, text);
}

static void
do_time(struct scene *c, const char *text)
{
	flush(c);
	c->p.now_ms += strtoull(text, NULL, 10) * 1000;
}

static void
do_timeout(struct scene *c, const char *text)
{
	uint64_t want = strtoull(text, NULL, 10) * 1000;

	flush(c);
	if (session_timeout_ms(c->p.s, c->p.now_ms) != want)
		fail(c, "would wait %llu ms", (unsigned long long)
		    session_timeout_ms(c->p.s, c->p.now_ms));
	c->p.now_ms += want;
	session_timed_out(c->p.s, c->p.now_ms);
	play_pump(&c->p);
}

static void
do_shutdown(struct scene *c, const char *text)
{
	(void)text;
	flush(c);
	session_shutdown(c->p.s);
	play_pump(&c->p);
}

static void
do_tls_up(struct scene *c, const char *text)
{
	(void)text;
	flush(c);
	if (session_waiting_for(c->p.s) != SESSION_TLS)
		fail(c, "the session does not wait for TLS");
	session_tls_up(c->p.s, "TLSv1.3", "TLS_X", c->p.now_ms);
	play_pump(&c->p);
}

/* ---- what is set ---- */

static void
do_set(struct scene *c, const char *text)
{
	char name[64];
	unsigned long long value;

	if (sscanf(text, "%63s %llu", name, &value) != 2)
		fail(c, "set NAME NUMBER");
#define TEXT(n, def, help)
#define NUMBER(n, def, min, max, unit, help) \
	else if (strcmp(name, #n) == 0) \
		c->p.config.n = value;
#define YESNO(n, def, help)
#define CHOICE(n, type, words, def, help)
#define TEXTS(n, def, help)
#define BLOCKS(n, def, help)
#include "util/settings.def"
#undef TEXT
#undef NUMBER
#undef YESNO
#undef CHOICE
#undef TEXTS
#undef BLOCKS
	else
		fail(c, "no number is called %s", name);
}

static void
do_role(struct scene *c, const char *text)
{
	c->p.place.role = strcmp(text, "mx6") == 0 ? ROLE_MX6 :
	    strcmp(text, "defensive") == 0 ? ROLE_DEFENSIVE : ROLE_MX;
}

static void
do_peer(struct scene *c, const char *text)
{
	if (!netaddr_parse_port(text, 0, &c->p.place.peer))
		fail(c, "no address");
}

static void
do_normalize(struct scene *c, const char *text)
{
	if (!netblock_parse(text, &c->mended))
		fail(c, "no network");
	c->p.config.normalize_networks.items = &c->mended;
	c->p.config.normalize_networks.count = 1;
}

static void
do_offer_tls(struct scene *c, const char *text)
{
	(void)text;
	c->p.env.tls_available = true;
}

static void
do_rdns(struct scene *c, const char *text)
{
	snprintf(c->rdns, sizeof c->rdns, "%s", text);
}

static void
do_client(struct scene *c, const char *text)
{
	c->p.client_ok = strcmp(text, "lost") != 0;
	c->p.client.relay = strcmp(text, "relay") == 0;
}

/* ADDRESS ok|unknown|no-relay|trouble|loop|lost [remote TARGET] */
static void
do_recipient(struct scene *c, const char *text)
{
	static const char *const words[] = {
		"ok", "unknown", "no-relay", "trouble", "loop", "lost",
	};
	struct play_recipient *r = &c->p.recipients[c->p.recipient_count++];
	char word[16], kind[16] = "", target[256] = "";

	flush(c);
	if (sscanf(text, "%255s %15s %15s %255s", r->address, word, kind,
	    target) < 2)
		fail(c, "recipient ADDRESS WORD");
	for (uint32_t i = 0; i < 6; i++)
		if (strcmp(words[i], word) == 0)
			r->status = i;
	r->ok = r->status < 5;
	r->kind = kind[0] != '\0' ? TARGET_REMOTE : TARGET_MAILDIR;
	memcpy(r->target, target, sizeof r->target);
}

static uint32_t
action_of(struct scene *c, const char *word)
{
	static const char *const words[] = {
		"accept", "filter", "fallback", "reject", "defer",
		"quarantine",
	};

	for (uint32_t i = 0; i < 6; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	if (strcmp(word, "lost") != 0)
		fail(c, "no action is called %s", word);
	return 0;
}

/* ACTION [CODE ENHANCED] ; the words come with `say` lines */
static void
do_judge(struct scene *c, const char *text)
{
	char word[32], code[16] = "", enhanced[32] = "";

	flush(c);
	if (sscanf(text, "%31s %15s %31s", word, code, enhanced) < 1)
		fail(c, "judge ACTION");
	c->p.judge_ok = strcmp(word, "lost") != 0;
	c->p.verdict.action = action_of(c, word);
	c->p.verdict.opinion_count = 0;
	c->p.verdict.code = keep(c, code);
	c->p.verdict.enhanced = keep(c, enhanced);
	c->p.verdict.line_count = 0;
}

/* ACTION ACTION ...: one for each recipient */
static void
do_each(struct scene *c, const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *word;

	flush(c);
	while ((word = strsep(&rest, " ")) != NULL &&
	    c->p.verdict.opinion_count < 8)
		c->p.opinions[c->p.verdict.opinion_count++] =
		    action_of(c, word);
	free(copy);
}

/* known | lost: what mx6d-auth says of the sender */
static void
do_sender(struct scene *c, const char *text)
{
	c->p.sender_ok = strcmp(text, "lost") != 0;
}

/* lost | signed | unsigned [FIELDS] */
static void
do_examine(struct scene *c, const char *text)
{
	const char *fields = strchr(text, ' ');
	struct buf prepend;

	flush(c);
	buf_init(&prepend, 65536);
	add_escaped(&prepend, fields == NULL ? "" : fields + 1);
	c->p.examine_ok = strcmp(text, "lost") != 0;
	c->p.findings.signed_aligned = strncmp(text, "signed", 6) == 0;
	c->p.findings.prepend = keep(c, buf_cstr(&prepend));
	buf_done(&prepend);
}

/* content|malware [accept]: is configured; silence is accepted */
static void
do_filters(struct scene *c, const char *text)
{
	struct config_filter *f = &c->p.filters[c->p.config.filter_count++];

	f->malware = strncmp(text, "malware", 7) == 0;
	f->silent = strstr(text, " accept") != NULL ? SILENT_ACCEPT :
	    SILENT_DEFER;
}

/* STATUS[+malware][+quarantine][+passable][+unscanned] [CODE ENHANCED TEXT] */
static void
do_filter(struct scene *c, const char *text)
{
	static const char *const words[] = {
		"clean", "spam", "later", "silent", "none",
	};
	struct session_filtered *f = &c->p.filtered;
	char code[16] = "", enhanced[32] = "", said[128] = "";

	flush(c);
	c->p.filter_ok = strncmp(text, "lost", 4) != 0;
	for (uint32_t i = 0; i < 5; i++)
		if (strncmp(text, words[i], strlen(words[i])) == 0)
			f->status = i;
	f->malware = strstr(text, "+malware") != NULL;
	f->quarantine = strstr(text, "+quarantine") != NULL;
	f->passable = strstr(text, "+passable") != NULL;
	f->unscanned = strstr(text, "+unscanned") != NULL;
	sscanf(text, "%*s %15s %31s %127[^\n]", code, enhanced, said);
	f->code = keep(c, code);
	f->enhanced = keep(c, enhanced);
	f->text = keep(c, said);
	f->edit_count = 0;
}

/* add|insert|change INDEX NAME:VALUE */
static void
do_edit(struct scene *c, const char *text)
{
	struct session_filtered *f = &c->p.filtered;
	struct header_edit *e = &c->p.edits[f->edit_count++];
	char word[16], name[64], value[128] = "";

	if (sscanf(text, "%15s %" SCNu32 " %63[^:]:%127[^\n]", word,
	    &e->index, name, value) < 3)
		fail(c, "edit KIND INDEX NAME:VALUE");
	e->kind = *word == 'a' ? FILTER_ADD : *word == 'i' ? FILTER_INSERT :
	    FILTER_CHANGE;
	e->name = keep(c, name);
	e->value = keep(c, value);
}

static void
do_say(struct scene *c, const char *text)
{
	struct buf line;

	buf_init(&line, 65536);
	add_escaped(&line, text);
	if (c->p.verdict.line_count < PLAY_LINES_MAX)
		c->p.lines[c->p.verdict.line_count++] = keep(c,
		    buf_cstr(&line));
	buf_done(&line);
}

static void
do_prepend(struct scene *c, const char *text)
{
	struct buf fields;

	buf_init(&fields, 65536);
	add_escaped(&fields, text);
	c->p.verdict.prepend = keep(c, buf_cstr(&fields));
	buf_done(&fields);
}

static uint32_t
queue_word(struct scene *c, const char *text, bool *ret_ok)
{
	flush(c);
	*ret_ok = strcmp(text, "lost") != 0;
	return strcmp(text, "full") == 0 ? QUEUE_FULL :
	    strcmp(text, "trouble") == 0 ? QUEUE_TROUBLE : QUEUE_OK;
}

static void
do_submit(struct scene *c, const char *text)
{
	c->p.submit_status = queue_word(c, text, &c->p.submit_ok);
}

static void
do_spool(struct scene *c, const char *text)
{
	c->p.spool_status = queue_word(c, text, &c->p.spool_ok);
}

static void
do_write(struct scene *c, const char *text)
{
	queue_word(c, text, &c->p.write_ok);
}

/* ---- what must come out ---- */

static void
check_line(struct scene *c, struct buf *from, size_t *at, const char *pattern)
{
	const char *text = (const char *)buf_bytes(from) + *at;
	size_t n = buf_len(from) - *at;
	const char *cr = n == 0 ? NULL : memmem(text, n, "\r\n", 2);

	if (cr == NULL)
		fail(c, "nothing there for: %s", pattern);
	else if (!matches(pattern, text, (size_t)(cr - text)))
		fail(c, "is: %.*s", (int)(cr - text), text);
	else
		*at += (size_t)(cr + 2 - text);
}

static void
do_reply(struct scene *c, const char *text)
{
	size_t used = 0;

	flush(c);
	check_line(c, &c->p.said, &used, text);
	if (used > 514)
		fail(c, "%zu octets in a reply line", used);
	buf_consume(&c->p.said, used);
}

static void
do_message(struct scene *c, const char *text)
{
	flush(c);
	check_line(c, &c->p.message, &c->message_at, text);
}

static void
do_header(struct scene *c, const char *text)
{
	flush(c);
	check_line(c, &c->p.header, &c->header_at, text);
}

static void
do_message_ends(struct scene *c, const char *text)
{
	(void)text;
	flush(c);
	if (c->message_at != buf_len(&c->p.message))
		fail(c, "%zu octets more of the message",
		    buf_len(&c->p.message) - c->message_at);
	c->message_at = c->header_at = 0;
}

static void
do_envelope(struct scene *c, const char *text)
{
	flush(c);
	if (!matches(text, c->p.envelope, strlen(c->p.envelope)))
		fail(c, "is: %s", c->p.envelope);
}

static void
do_submits(struct scene *c, const char *text)
{
	flush(c);
	if (c->p.submits != strtoul(text, NULL, 10))
		fail(c, "%u messages were submitted", c->p.submits);
}

static void
do_size(struct scene *c, const char *text)
{
	flush(c);
	if (buf_len(&c->p.message) != strtoul(text, NULL, 10))
		fail(c, "%zu octets", buf_len(&c->p.message));
}

static void
do_closed(struct scene *c, const char *text)
{
	(void)text;
	flush(c);
	if (session_waiting_for(c->p.s) != SESSION_CLOSED)
		fail(c, "the session goes on");
}

static void
do_quiet(struct scene *c, const char *text)
{
	(void)text;
	flush(c);
	if (buf_len(&c->p.said) > 0)
		fail(c, "it said: %s", buf_cstr(&c->p.said));
}

/* whole, octets or late: this case makes sense in no other manner */
static void
do_only(struct scene *c, const char *text)
{
	c->wrong_manner = strcmp(text, manner_names[c->manner]) != 0;
}

static const struct {
	const char	*word;
	void		(*act)(struct scene *, const char *text);
} words[] = {
	{ "C:", do_send }, { "c:", do_send_raw }, { "S:", do_reply },
	{ "M:", do_message }, { "H:", do_header },
	{ "message-ends", do_message_ends }, { "envelope", do_envelope },
	{ "submits", do_submits }, { "size", do_size },
	{ "closed", do_closed }, { "quiet", do_quiet },
	{ "set", do_set }, { "role", do_role }, { "peer", do_peer },
	{ "normalize", do_normalize }, { "offer-tls", do_offer_tls },
	{ "rdns", do_rdns }, { "client", do_client },
	{ "recipient", do_recipient }, { "judge", do_judge },
	{ "each", do_each },
	{ "filters", do_filters }, { "filter", do_filter },
	{ "edit", do_edit },
	{ "sender", do_sender }, { "examine", do_examine },
	{ "say", do_say }, { "prepend", do_prepend },
	{ "submit", do_submit }, { "spool", do_spool }, { "write", do_write },
	{ "time", do_time }, { "timeout", do_timeout },
	{ "shutdown", do_shutdown }, { "tls-up", do_tls_up },
	{ "only", do_only },
};

static void
play_line(struct scene *c, const char *line)
{
	size_t n = strcspn(line, " ");

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strlen(words[i].word) == n &&
		    strncmp(words[i].word, line, n) == 0) {
			words[i].act(c, line + n + (line[n] == ' '));
			return;
		}
	fail(c, "no such line: %s", line);
}

/* The lines of one case; true if it was for this manner. */
static void
play_case(const char *name, char **lines, unsigned first, unsigned count,
    enum manner manner)
{
	struct scene c = { .manner = manner };

	play_init(&c.p);
	buf_init(&c.to_send, 64 * 1024 * 1024);
	for (unsigned i = 0; i < count && !c.wrong_manner &&
	    c.fault[0] == '\0'; i++) {
		c.line_number = first + i + 1;
		if (lines[i][0] != '\0' && lines[i][0] != '#')
			play_line(&c, lines[i]);
	}
	if (!c.wrong_manner && c.fault[0] == '\0') {
		flush(&c);
		do_quiet(&c, "");
	}
	if (!c.wrong_manner) {
		failures += c.fault[0] != '\0';
		printf("%sok %u - %s, %s\n", c.fault[0] == '\0' ? "" : "not ",
		    ++tests, name, manner_names[manner]);
		if (c.fault[0] != '\0')
			printf("# %s\n", c.fault);
	}
	play_done(&c.p);
	buf_done(&c.to_send);
	for (size_t i = 0; i < c.text_count; i++)
		free(c.texts[i]);
}

static void
play_file(const char *file)
{
	static char text[1 << 20], *lines[16384];
	unsigned count = 0, begin, end;
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof path, FOLDER "/%s", file);
	if ((f = fopen(path, "r")) == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	fclose(f);
	for (char *rest = text; rest != NULL && count < 16384;)
		lines[count++] = strsep(&rest, "\n");
	for (begin = 0; begin < count; begin = end) {
		end = begin + 1;
		if (strncmp(lines[begin], "case ", 5) != 0)
			continue;
		while (end < count && strncmp(lines[end], "case ", 5) != 0)
			end++;
		for (enum manner m = WHOLE; m < MANNERS; m++)
			play_case(lines[begin] + 5, lines + begin + 1,
			    begin + 1, end - begin - 1, m);
	}
}

static int
is_transcript(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 4 && strcmp(entry->d_name + n - 4, ".txt") == 0;
}

int
main(void)
{
	struct dirent **files;
	int n = scandir(FOLDER, &files, is_transcript, alphasort);

	if (n < 0) {
		perror(FOLDER);
		return 1;
	}
	for (int i = 0; i < n; i++) {
		play_file(files[i]->d_name);
		free(files[i]);
	}
	free(files);
	printf("1..%u\n", tests);
	return failures > 0;
}
