/* SPDX-License-Identifier: ISC */
/*
 * Plays the server to the client session core, as written down in
 * tests/transcripts/client (its README has the format): each case once with
 * what the server says in one piece, once octet by octet.  Prints TAP.
 */

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "queue/client.h"
#include "util/buf.h"
#include "util/xalloc.h"

#define FOLDER		"tests/transcripts/client"
#define RCPTS_MAX	32
#define FILE_MAX	(1 << 20)

/* One case being played. */
struct play {
	bool			 by_octet;
	struct client_settings	 settings;
	struct client_kind	 kind;
	struct client_message	 message;
	const char		*rcpts[RCPTS_MAX];
	struct client		*client;
	struct buf		 body;
	size_t			 body_given;
	size_t			 body_hold;	/* give no more than this */
	struct buf		 heard;		/* from the client, not yet checked */
	struct buf		 pending;	/* from the server, not yet fed */
	enum client_want	 want;
	bool			 tls_asked;
	uint64_t		 now_ms;
	char			 fault[512];	/* "" while all is well */
};

static const char *const fallback_codes[] = { "5.5.64", "5.5.99" };
static unsigned tests, failures;

static void __attribute__((format(printf, 2, 3)))
fault(struct play *p, const char *format, ...)
{
	va_list args;

	if (p->fault[0] != '\0')
		return;
	va_start(args, format);
	vsnprintf(p->fault, sizeof p->fault, format, args);
	va_end(args);
}

static void
give_body(struct play *p)
{
	size_t left = buf_len(&p->body) - p->body_given;
	size_t n = p->by_octet ? 1 : left;

	if (n > p->body_hold - p->body_given)
		n = p->body_hold - p->body_given;
	p->body_given += client_body(p->client, buf_bytes(&p->body) +
	    p->body_given, n, p->now_ms);
}

/* What a shell does; see queue/client.h. */
static void
pump(struct play *p)
{
	const uint8_t *out;
	size_t n;

	for (;;) {
		p->want = client_next(p->client);
		switch (p->want) {
		case CLIENT_SENDS:
			out = client_output(p->client, &n);
			n = p->by_octet ? 1 : n;
			buf_add(&p->heard, out, n);
			client_output_taken(p->client, n, p->now_ms);
			continue;
		case CLIENT_WANTS_BODY:
			if (p->body_given == p->body_hold)
				return;
			give_body(p);
			continue;
		case CLIENT_STARTS_TLS:
			p->tls_asked = true;
			return;
		case CLIENT_WAITS:
		case CLIENT_READY:
		case CLIENT_ENDED:
			return;
		}
	}
}

static void
check_nothing_left(struct play *p)
{
	if (buf_len(&p->heard) > 0)
		fault(p, "the client also said: %.60s", buf_cstr(&p->heard));
}

static void
feed(struct play *p)
{
	size_t n = buf_len(&p->pending);
	size_t step = p->by_octet ? 1 : n;

	if (n == 0)
		return;
	check_nothing_left(p);
	for (size_t i = 0; i < n; i += step) {
		client_bytes(p->client, buf_bytes(&p->pending) + i, step,
		    p->now_ms);
		pump(p);
	}
	buf_clear(&p->pending);
}

/* \r \n \t \\ and \xNN. */
static void
add_escaped(struct buf *to, const char *text)
{
	static const char names[] = "rnt\\", means[] = "\r\n\t\\";
	const char *at;
	char octet, hex[3] = "";

	for (; *text != '\0'; text++) {
		octet = *text;
		if (*text == '\\' && text[1] == 'x' && text[2] != '\0') {
			memcpy(hex, text + 2, 2);
			octet = (char)strtoul(hex, NULL, 16);
			text += 3;
		} else if (*text == '\\' && text[1] != '\0' &&
		    (at = strchr(names, text[1])) != NULL) {
			octet = means[at - names];
			text++;
		}
		buf_add(to, &octet, 1);
	}
}

/* ---- directives: each gets the rest of its line ------------------------ */

static void
do_server(struct play *p, const char *text)
{
	buf_add_str(&p->pending, text);
	buf_add_str(&p->pending, "\r\n");
}

static void
do_server_raw(struct play *p, const char *text)
{
	add_escaped(&p->pending, text);
}

static void
do_client(struct play *p, const char *text)
{
	const char *said;
	char *end;

	feed(p);
	said = buf_cstr(&p->heard);
	end = strstr(said, "\r\n");
	if (end == NULL) {
		fault(p, "expected: %s; it said nothing", text);
		return;
	}
	if ((size_t)(end - said) != strlen(text) ||
	    memcmp(said, text, strlen(text)) != 0)
		fault(p, "expected: %s; it said: %.*s", text,
		    (int)(end - said), said);
	buf_consume(&p->heard, (size_t)(end - said) + 2);
}

static void
do_client_raw(struct play *p, const char *text)
{
	struct buf expected;
	size_t n;

	feed(p);
	buf_init(&expected, FILE_MAX);
	add_escaped(&expected, text);
	n = buf_len(&expected);
	if (buf_len(&p->heard) < n ||
	    memcmp(buf_bytes(&p->heard), buf_bytes(&expected), n) != 0)
		fault(p, "expected: %s; it said: %.60s", text,
		    buf_cstr(&p->heard));
	else
		buf_consume(&p->heard, n);
	buf_done(&expected);
}

static void
do_lmtp(struct play *p, const char *text)
{
	(void)text;
	p->kind.lmtp = true;
}

static void
do_tls(struct play *p, const char *text)
{
	static const char *const words[] = { "none", "opportunistic",
	    "required", "verified" };

	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(text, words[i]) == 0)
			p->kind.tls = (enum tls_demand)i;
}

static void
do_from(struct play *p, const char *text)
{
	memset(&p->message, 0, sizeof p->message);
	p->message.sender = strcmp(text, "<>") == 0 ? "" : text;
	p->message.rcpts = p->rcpts;
	buf_clear(&p->body);
	p->body_given = 0;
	p->body_hold = SIZE_MAX;
}

static void
do_to(struct play *p, const char *text)
{
	if (p->message.rcpt_count < RCPTS_MAX)
		p->rcpts[p->message.rcpt_count++] = text;
}

static void
do_body(struct play *p, const char *text)
{
	add_escaped(&p->body, text);
}

static void
do_hold(struct play *p, const char *text)
{
	p->body_hold = strtoul(text, NULL, 10);
}

static void
do_flag(struct play *p, const char *text)
{
	p->message.eightbit |= strstr(text, "8bit") != NULL;
	p->message.utf8 |= strstr(text, "utf8") != NULL;
	p->message.fallback_meant |= strstr(text, "fallback") != NULL;
}

static void
connect_now(struct play *p)
{
	if (p->client == NULL)
		p->client = client_new(&p->settings, &p->kind, p->now_ms);
}

static void
do_connect(struct play *p, const char *text)
{
	(void)text;
	connect_now(p);
}

static void
do_begin(struct play *p, const char *text)
{
	(void)text;
	connect_now(p);
	feed(p);
	p->message.size_bytes = buf_len(&p->body);
	client_begin(p->client, &p->message, p->now_ms);
	pump(p);
}

static void
do_handshake(struct play *p, const char *text)
{
	feed(p);
	if (!p->tls_asked)
		fault(p, "the client did not ask for TLS");
	p->tls_asked = false;
	if (strcmp(text, "fails") == 0)
		client_lost(p->client, "TLS handshake failed");
	else
		client_tls_up(p->client, "TLSv1.3", "CIPHER", p->now_ms);
	pump(p);
}

static void
do_unsent(struct play *p, const char *text)
{
	feed(p);
	client_unsent(p->client, (size_t)strtoul(text, NULL, 10));
}

static void
do_close(struct play *p, const char *text)
{
	(void)text;
	feed(p);
	client_lost(p->client, NULL);
	pump(p);
}

static void
do_pass(struct play *p, const char *text)
{
	feed(p);
	p->now_ms += 1000 * strtoul(text, NULL, 10);
	client_timeout(p->client, p->now_ms);
	pump(p);
}

static void
do_timeout(struct play *p, const char *text)
{
	uint64_t left_ms;

	feed(p);
	left_ms = client_timeout_ms(p->client, p->now_ms);
	if (left_ms != 1000 * strtoul(text, NULL, 10))
		fault(p, "timeout is %lu ms", (unsigned long)left_ms);
}

static void
do_quit(struct play *p, const char *text)
{
	(void)text;
	feed(p);
	if (p->want != CLIENT_READY) {
		fault(p, "not ready to quit");
		return;
	}
	client_quit(p->client, p->now_ms);
	pump(p);
}

static void
do_ready(struct play *p, const char *text)
{
	(void)text;
	feed(p);
	if (p->want != CLIENT_READY)
		fault(p, "not ready");
}

static void
do_ended(struct play *p, const char *text)
{
	static const char *const words[] = { "open", "quit", "refused",
	    "lost", "timeout", "protocol", "tls" };
	const struct client_end *end;

	feed(p);
	end = client_end(p->client);
	if (p->want != CLIENT_ENDED && client_next(p->client) != CLIENT_ENDED)
		fault(p, "not ended");
	else if (strcmp(words[end->reason], text) != 0)
		fault(p, "ended by %s: %s", words[end->reason],
		    end->result.text);
}

/* "outcome code enhanced", with - for nothing. */
static const char *
describe(const struct client_result *r, char text[static 64])
{
	static const char *const outcomes[] = { "delivered", "failed",
	    "deferred", "pushed-back", "uncertain" };

	snprintf(text, 64, "%s %s %s", r->again ? "again" :
	    outcomes[r->outcome], r->code[0] == '\0' ? "-" : r->code,
	    r->enhanced[0] == '\0' ? "-" : r->enhanced);
	return text;
}

/* address outcome code enhanced [part of the text] */
static void
do_result(struct play *p, const char *text)
{
	const struct client_result *r;
	size_t n = strcspn(text, " "), i = 0;
	char is[64];

	feed(p);
	if (p->want != CLIENT_READY && p->want != CLIENT_ENDED) {
		fault(p, "no results yet");
		return;
	}
	while (i < p->message.rcpt_count && (strlen(p->rcpts[i]) != n ||
	    memcmp(p->rcpts[i], text, n) != 0))
		i++;
	if (i == p->message.rcpt_count) {
		fault(p, "no such recipient: %s", text);
		return;
	}
	r = client_result(p->client, i);
	describe(r, is);
	text += n + (text[n] == ' ');
	n = strlen(is);
	if (strncmp(text, is, n) != 0 || (text[n] != '\0' && text[n] != ' '))
		fault(p, "%s: %s (%s)", p->rcpts[i], is, r->text);
	else if (text[n] == ' ' && strstr(r->text, text + n + 1) == NULL)
		fault(p, "%s: text is: %s", p->rcpts[i], r->text);
}

static const struct directive {
	const char	*word;
	void		(*run)(struct play *, const char *text);
} directives[] = {
	{ "S:", do_server }, { "S~", do_server_raw }, { "C:", do_client },
	{ "C~", do_client_raw }, { "=", do_result }, { "lmtp", do_lmtp },
	{ "tls", do_tls },
	{ "from", do_from }, { "to", do_to }, { "body", do_body },
	{ "hold", do_hold }, { "flag", do_flag }, { "connect", do_connect },
	{ "begin", do_begin }, { "handshake", do_handshake },
	{ "unsent", do_unsent }, { "close", do_close },
	{ "pass", do_pass }, { "timeout", do_timeout },
	{ "quit", do_quit }, { "ready", do_ready }, { "ended", do_ended },
};

static void
run_line(struct play *p, const char *line)
{
	size_t n = strcspn(line, " ");

	for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++)
		if (strlen(directives[i].word) == n &&
		    memcmp(directives[i].word, line, n) == 0) {
			directives[i].run(p, line + n + (line[n] == ' '));
			return;
		}
	fault(p, "no such directive: %s", line);
}

static void
play_init(struct play *p, bool by_octet)
{
	static const struct client_timeouts timeouts = { 300000, 300000,
	    240000, 120000, 180000, 600000, 0 };

	memset(p, 0, sizeof *p);
	p->by_octet = by_octet;
	p->now_ms = 1000;
	p->settings = (struct client_settings){ "client.example",
	    (char *const *)fallback_codes, 2, true, timeouts };
	buf_init(&p->body, FILE_MAX);
	buf_init(&p->heard, FILE_MAX);
	buf_init(&p->pending, FILE_MAX);
}

/* The lines of one case, NULL at the end; numbers are for messages. */
static void
play_case(const char *file, const char *name, char *const *lines,
    const unsigned *numbers, bool by_octet)
{
	struct play p;
	size_t i;

	play_init(&p, by_octet);
	for (i = 0; lines[i] != NULL && p.fault[0] == '\0'; i++)
		run_line(&p, lines[i]);
	if (p.fault[0] == '\0') {
		feed(&p);
		check_nothing_left(&p);
	}
	tests++;
	if (p.fault[0] != '\0') {
		failures++;
		printf("# %s:%u: %s\nnot ", file, numbers[i - 1], p.fault);
	}
	printf("ok %u - %s: %s%s\n", tests, file, name,
	    by_octet ? ", octet by octet" : "");
	client_free(p.client);
	buf_done(&p.body);
	buf_done(&p.heard);
	buf_done(&p.pending);
}

static void
play_file(const char *file)
{
	static char text[FILE_MAX];
	static char *lines[10000];
	static unsigned numbers[10000];
	char path[512], *next = text, *line, *name = NULL;
	size_t count = 0, n;
	unsigned number = 0;
	FILE *f;

	snprintf(path, sizeof path, FOLDER "/%s", file);
	if ((f = fopen(path, "r")) == NULL)
		return;
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	do {
		line = strsep(&next, "\n");
		number++;
		if (line != NULL && strncmp(line, "== ", 3) != 0) {
			if (*line != '\0' && *line != '#' && count < 9999) {
				numbers[count] = number;
				lines[count++] = line;
			}
			continue;
		}
		lines[count] = NULL;
		if (name != NULL) {
			play_case(file, name, lines, numbers, false);
			play_case(file, name, lines, numbers, true);
		}
		name = line == NULL ? NULL : line + 3;
		count = 0;
	} while (line != NULL);
}

static int
is_case_file(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".txt") == 0;
}

int
main(void)
{
	struct dirent **names;
	int n = scandir(FOLDER, &names, is_case_file, alphasort);

	for (int i = 0; i < n; i++) {
		play_file(names[i]->d_name);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	printf("1..%u\n", tests);
	return failures > 0 || tests == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
