/* SPDX-License-Identifier: ISC */
/*
 * Runs the public suite for RFC 7208 (tests/data/spf) through spf_mail_from,
 * playing the resolver with the zone of each scenario.  Each case once more
 * from loopback addresses, which must get what strangers get.  Prints TAP;
 * with an argument also why.
 */

#include "policy/spf.h"
#include "util/xalloc.h"

#define SUITE		"tests/data/spf/rfc7208-tests.txt"
#define LINE_MAX_SIZE	4096
#define RECORDS_MAX	200
#define CNAMES_MAX	8
#define STRANGER	"100.64.0.99"
#define STRANGER6	"2001:db8:dead::99"

struct rr {
	char	*name;
	char	*type;
	char	*data;		/* size octets and a NUL */
	size_t	 size;
};

struct play {
	struct rr	 zone[RECORDS_MAX];
	size_t		 count;
	char		*scenario;
	char		*title;
	char		*host;
	char		*helo;
	char		*from;
};

static unsigned test_number, failures, false_passes;
static bool verbose;

__attribute__((noreturn))
static void
broken(const char *what)
{
	printf("Bail out! %s\n", what);
	exit(1);
}

static char *
unescape(const char *text, size_t *ret_size)
{
	char *to = xmalloc(strlen(text) + 1);
	unsigned octet;
	size_t n = 0;

	while (*text != '\0') {
		if (sscanf(text, "\\x%2x", &octet) == 1) {
			to[n++] = (char)octet;
			text += 4;
		} else {
			to[n++] = *text++;
		}
	}
	to[n] = '\0';
	*ret_size = n;
	return to;
}

/* ---- the resolver ---- */

static bool
has_name(const struct play *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->zone[i].name, name) == 0)
			return true;
	return false;
}

static const struct rr *
find(const struct play *p, const char *name, const char *type)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->zone[i].name, name) == 0 &&
		    strcmp(p->zone[i].type, type) == 0)
			return &p->zone[i];
	return NULL;
}

static const char *
type_name(enum dns_type type)
{
	return type == DNS_A ? "A" : type == DNS_AAAA ? "AAAA" :
	    type == DNS_MX ? "MX" : type == DNS_PTR ? "PTR" : "TXT";
}

static void
add_record(struct dns_answer *answer, const struct rr *rr)
{
	struct netaddr addr;

	switch (answer->type) {
	case DNS_A:
	case DNS_AAAA:
		if (!netaddr_parse(rr->data, &addr))
			broken(rr->data);
		dns_answer_add_addr(answer, &addr);
		break;
	case DNS_TXT:
		dns_answer_add_text(answer, rr->data, rr->size);
		break;
	default:
		dns_answer_add_name(answer,
		    strcmp(rr->data, ".") == 0 ? "" : rr->data);
	}
}

static void
resolve(const struct play *p, struct answers *answers,
    const struct question *q)
{
	const char *name = q->name, *type = type_name(q->type);
	const struct rr *cname;
	enum dns_status status = DNS_NODATA;
	struct dns_answer *answer;
	unsigned steps = 0;

	while ((cname = find(p, name, "CNAME")) != NULL &&
	    steps++ < CNAMES_MAX)
		name = cname->data;
	if (find(p, name, type) != NULL)
		status = DNS_OK;
	else if (cname != NULL || find(p, name, "TIMEOUT") != NULL)
		status = DNS_FAILED;
	else if (!has_name(p, name))
		status = DNS_NXDOMAIN;
	answer = answers_add(answers, q->type, q->name, status, 60);
	if (answer == NULL)
		broken("more answers than there is room for");
	for (size_t i = 0; status == DNS_OK && i < p->count; i++)
		if (strcmp(p->zone[i].name, name) == 0 &&
		    strcmp(p->zone[i].type, type) == 0)
			add_record(answer, &p->zone[i]);
}

/* ---- a case ---- */

static struct spf_outcome
evaluate(const struct play *p, const char *host)
{
	struct spf_query query = { .helo = p->helo, .sender = p->from };
	struct answers answers = { 0 };
	struct questions need;
	struct spf_outcome outcome;
	unsigned rounds = 0;

	if (!netaddr_parse(host, &query.peer))
		broken(host);
	for (;;) {
		need.count = 0;
		if (spf_mail_from(&query, &answers, &need, &outcome))
			break;
		if (need.count == 0 || ++rounds > SPF_ROUNDS_MAX)
			broken("does not end");
		for (size_t i = 0; i < need.count; i++)
			resolve(p, &answers, &need.items[i]);
	}
	answers_done(&answers);
	return outcome;
}

static bool
has_word(const char *words, const char *word)
{
	char list[LINE_MAX_SIZE], *rest = list, *w;

	snprintf(list, sizeof list, "%s", words);
	while ((w = strsep(&rest, " ")) != NULL)
		if (strcmp(w, word) == 0)
			return true;
	return false;
}

static void
report(bool good, const struct play *p, const char *from,
    const struct spf_outcome *o, const char *expected)
{
	printf("%sok %u - %s: %s%s\n", good ? "" : "not ", ++test_number,
	    p->scenario, p->title, from);
	if (!good || verbose)
		printf("# %s, expected %s; %s | %s\n",
		    spf_result_word(o->result), expected, o->why, o->record);
	failures += !good;
}

/* A loopback client has no privilege. */
static void
play_loopback(const struct play *p, const char *host, const char *stranger)
{
	struct spf_outcome local = evaluate(p, host);
	struct spf_outcome other = evaluate(p, stranger);

	report(local.result == other.result, p, " from loopback", &local,
	    spf_result_word(other.result));
}

static void
play_case(const struct play *p, const char *expected)
{
	struct spf_outcome o = evaluate(p, p->host);
	const char *word = spf_result_word(o.result);

	if (o.result == SPF_RESULT_PASS && !has_word(expected, "pass"))
		false_passes++;
	report(has_word(expected, word), p, "", &o, expected);
	if (strchr(p->host, ':') == NULL)
		play_loopback(p, "127.0.0.1", STRANGER);
	else
		play_loopback(p, "::1", STRANGER6);
}

/* ---- the file ---- */

static void
clear_zone(struct play *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->zone[i].name);
		free(p->zone[i].type);
		free(p->zone[i].data);
	}
	p->count = 0;
}

static void
add_rr(struct play *p, char *line)
{
	struct rr *rr = &p->zone[p->count++];
	char *name = strsep(&line, "\t"), *type = strsep(&line, "\t");
	size_t n;

	if (line == NULL || p->count == RECORDS_MAX)
		broken("rr NAME TYPE DATA");
	rr->name = unescape(name, &n);
	rr->type = xstrdup(type);
	rr->data = unescape(line, &rr->size);
}

static void
set(char **field, const char *text)
{
	size_t n;

	free(*field);
	*field = unescape(text, &n);
}

static void
read_line(struct play *p, char *line)
{
	char *rest = line, *word = strsep(&rest, " \t");

	if (rest == NULL)
		return;
	if (strcmp(word, "scenario") == 0) {
		clear_zone(p);
		set(&p->scenario, rest);
	} else if (strcmp(word, "rr") == 0) {
		add_rr(p, rest);
	} else if (strcmp(word, "case") == 0) {
		set(&p->title, rest);
	} else if (strcmp(word, "host") == 0) {
		set(&p->host, rest);
	} else if (strcmp(word, "helo") == 0) {
		set(&p->helo, rest);
	} else if (strcmp(word, "from") == 0) {
		set(&p->from, rest);
	} else if (strcmp(word, "result") == 0) {
		play_case(p, rest);
	} else {
		broken(line);
	}
}

int
main(int argc, char **argv)
{
	struct play play = { 0 };
	char line[LINE_MAX_SIZE];
	FILE *f;

	(void)argv;
	verbose = argc > 1;
	if ((f = fopen(SUITE, "r")) == NULL)
		broken("cannot open " SUITE);
	while (fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		read_line(&play, line);
	}
	fclose(f);
	clear_zone(&play);
	free(play.scenario);
	free(play.title);
	free(play.host);
	free(play.helo);
	free(play.from);
	printf("%sok %u - no pass that the suite does not have\n",
	    false_passes > 0 ? "not " : "", test_number + 1);
	printf("1..%u\n", test_number + 1);
	return failures + false_passes > 0;
}
