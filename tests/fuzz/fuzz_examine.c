/* SPDX-License-Identifier: ISC */
/*
 * One message as mx6d-auth examines it, with a DNS that says anything:
 *
 *	line 1: SPF's result as a number (enum spf_result), a blank, its domain
 *	each further line: the answer to the next question; one that begins
 *	with "!" has failed, with "?" is NXDOMAIN; else its words, parted by
 *	tabs, are TXT records
 *	a NUL, and the message
 *
 * Whatever they are: few rounds; authenticated only by a pass of the From
 * domain's own kin, if there is one From field; fields that are folded well;
 * the same from memory and from a file; and nothing at all where DNS is gone.
 */
#include <assert.h>
#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/dmarc.h"
#include "policy/examine.h"
#include "policy/psl.h"
#include "util/xalloc.h"

#define NOW		1600000000
#define ROUNDS_MAX	(DMARC_ROUNDS_MAX + 1)	/* the keys */
#define PIECE		7	/* octets that a file gives at a time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	struct auth_message_ask	 ask;
	const char		*answers;	/* lines */
	const char		*text;
	size_t			 size;
};

static struct config *
configuration(void)
{
	static const char text[] = "hostname = mx.one.example\n"
	    "listen \"::1\" { }\n";
	static struct config *config;
	char error[CONFIG_ERROR_SIZE];

	if (config == NULL)
		config = config_parse(text, sizeof text - 1, "fuzz", error);
	if (config == NULL)
		errx(1, "%s", error);
	assert(config->dkim && config->dmarc);
	return config;
}

static size_t
read_text(void *arg, uint64_t at, void *to, size_t n)
{
	const struct input *in = arg;

	if (at >= in->size)
		return 0;
	n = n < PIECE ? n : PIECE;
	n = n < in->size - at ? n : (size_t)(in->size - at);
	memcpy(to, in->text + at, n);
	return n;
}

static void
answer(struct answers *answers, const struct question *q, char **rest)
{
	char *line = strsep(rest, "\n"), *word;
	struct dns_answer *a = answers_add(answers, q->type, q->name,
	    line == NULL || line[0] == '?' ? DNS_NXDOMAIN :
	    line[0] == '!' ? DNS_FAILED : DNS_OK, 1);

	while (a != NULL && a->status == DNS_OK && a->type == DNS_TXT &&
	    (word = strsep(&line, "\t")) != NULL)
		dns_answer_add_text(a, word, strlen(word));
}

/* As policy/inquiry does it. */
static void
inquire(struct examine *e, const struct input *in)
{
	char *lines = xstrdup(in->answers), *rest = lines;
	struct answers answers = { 0 };
	struct questions need;
	unsigned rounds = 0;

	for (;;) {
		need.count = 0;
		if (examine_dns(e, &answers, &need))
			break;
		assert(need.count > 0);
		assert(rounds++ < ROUNDS_MAX);
		for (size_t i = 0; i < need.count; i++)
			answer(&answers, &need.items[i], &rest);
	}
	answers_done(&answers);
	free(lines);
}

/* Read as any reader of mail would. */
static unsigned
count_from(const char *text, size_t size)
{
	unsigned count = 0;

	while (size > 0 && text[0] != '\n' &&
	    !(size > 1 && text[0] == '\r' && text[1] == '\n')) {
		const char *lf = memchr(text, '\n', size);
		size_t n = lf == NULL ? size : (size_t)(lf - text) + 1, i = 4;

		if (n > i && strncasecmp(text, "From", i) == 0) {
			while (i < n && (text[i] == ' ' || text[i] == '\t'))
				i++;
			count += i < n && text[i] == ':';
		}
		text += n;
		size -= n;
	}
	return count;
}

static bool
is_kin(const char *domain, const char *from)
{
	return psl_same_registrable(domain, from);
}

static void
check_authenticated(const struct auth_message_answer *a,
    const struct input *in)
{
	bool passed = in->ask.spf == SPF_RESULT_PASS && a->spf_aligned &&
	    is_kin(in->ask.spf_domain, a->from_domain);

	for (uint32_t i = 0; i < a->signatures_count; i++) {
		const struct auth_signature *s = &a->signatures[i];

		if (s->result == DKIM_RESULT_PASS && s->aligned)
			passed |= is_kin(s->domain, a->from_domain);
	}
	assert(passed);
	assert(a->from_status == FROM_ONE && a->from_domain[0] != '\0');
	assert(count_from(in->text, in->size) == 1);
	assert(a->dmarc != DMARC_RESULT_FAIL &&
	    a->dmarc != DMARC_RESULT_TEMPERROR);
}

/* Printable lines, each with its end, of fields that are ours. */
static void
check_fields(const char *text)
{
	assert(strncmp(text, "Authentication-Results:", 23) == 0);
	while (*text != '\0') {
		const char *end = strstr(text, "\r\n");

		assert(end != NULL && end > text);
		assert(*text == ' ' || *text == '\t' ||
		    strncmp(text, "Authentication-Results:", 23) == 0 ||
		    strncmp(text, "Received-SPF:", 13) == 0);
		for (; text < end; text++)
			assert(*text == '\t' || (*text >= ' ' && *text <= '~'));
		text = end + 2;
	}
}

/* The fields, the caller's. */
static char *
examine(struct input *in, bool file, bool dns)
{
	struct config *const config = configuration();
	const struct examine_message m = {
		.config = &config, .ask = &in->ask, .now = NOW,
		.read = file ? read_text : NULL, .arg = in,
	};
	struct examine *e = examine_new(&m, in->text, in->size);
	const struct auth_message_answer *a;
	struct answers none = { 0 };
	char *fields;

	if (dns)
		inquire(e, in);
	else
		assert(examine_dns(e, &none, NULL));
	a = examine_answer(e);
	if (a->authenticated)
		check_authenticated(a, in);
	assert(dns || !a->authenticated);
	check_fields(a->prepend);
	fields = xstrdup(a->prepend);
	examine_free(e);
	return fields;
}

/* A canonical name, as mx6d-smtp has it from SPF. */
static void
read_spf(struct input *in, const char *line, char domain[static DOMAIN_SIZE])
{
	in->ask = (struct auth_message_ask){ .helo = "client.example",
	    .sender = "writer@client.example", .spf_domain = domain,
	    .spf_why = "", .rdns = "", .file = -1 };
	assert(netaddr_parse("2001:db8::1", &in->ask.peer));
	if (line == NULL || line[0] < '0' || line[0] > '6' || line[1] != ' ' ||
	    !domain_parse(line + 2, strlen(line + 2), false, domain))
		domain[0] = '\0';
	else
		in->ask.spf = (uint32_t)(line[0] - '0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, '\0', size);
	char domain[DOMAIN_SIZE] = "", *lines, *rest, *memory, *file;
	struct input in;

	if (nul == NULL)
		return 0;
	rest = lines = xstrdup((const char *)data);
	read_spf(&in, strsep(&rest, "\n"), domain);
	in.answers = rest == NULL ? "" : rest;
	in.text = (const char *)nul + 1;
	in.size = size - (size_t)(nul - data) - 1;
	memory = examine(&in, false, true);
	file = examine(&in, true, true);
	assert(strcmp(memory, file) == 0);
	free(memory);
	free(file);
	free(examine(&in, false, false));
	free(lines);
	return 0;
}
