/* SPDX-License-Identifier: ISC */
/*
 * Runs the DMARC vectors of tests/dmarc (README there says what they look
 * like) through dmarc_of, with a DNS that is the case's own lines.  Prints
 * TAP.
 */

#include <stdarg.h>

#include "policy/auth_words.h"
#include "policy/dmarc.h"
#include "util/number.h"
#include "util/xalloc.h"

#define FILE_NAME	"tests/dmarc/vectors.txt"
#define RECORDS_MAX	40
#define SIGNERS_MAX	40
#define ASKED_MAX	200
#define CHECKS_MAX	24

struct record {
	char		*name;
	char		*text;		/* NULL: the name exists, no more */
	bool		 trouble;
};

struct check {
	char		*what;
	char		*text;
};

struct vector {
	char			*title;
	struct record		 records[RECORDS_MAX];
	size_t			 record_count;
	struct dmarc_signature	 signatures[SIGNERS_MAX];
	struct dmarc_ask	 ask;
	struct check		 checks[CHECKS_MAX];
	size_t			 check_count;
	/* What came of it: */
	char			*asked[ASKED_MAX];
	size_t			 asked_count;
	size_t			 rounds;
	struct dmarc		 dmarc;
};

static unsigned test_number, failures;

__attribute__((format(printf, 2, 3), noreturn))
static void
broken(const struct vector *v, const char *format, ...)
{
	va_list args;

	printf("Bail out! " FILE_NAME ": case %s: ",
	    v->title == NULL ? "?" : v->title);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	exit(1);
}

/* ---- reading a case ---- */

static struct record *
add_record(struct vector *v, char *name)
{
	if (v->record_count == RECORDS_MAX)
		broken(v, "too many records");
	v->records[v->record_count].name = name;
	return &v->records[v->record_count++];
}

static void
set_txt(struct vector *v, char *text)
{
	struct record *r = add_record(v, strsep(&text, " "));

	r->text = text == NULL ? "" : text;
}

static void
set_trouble(struct vector *v, char *text)
{
	add_record(v, text)->trouble = true;
}

static void
set_host(struct vector *v, char *text)
{
	add_record(v, text);
}

static void
set_from(struct vector *v, char *text)
{
	v->ask.from_domain = strcmp(text, "none") == 0 ? "" : text;
}

static void
set_spf(struct vector *v, char *text)
{
	static const char *const words[] = { "none", "neutral", "pass", "fail",
	    "softfail", "temperror", "permerror" };
	const char *word = strsep(&text, " ");

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i], word) == 0)
			v->ask.spf = (enum spf_result)i;
	v->ask.spf_domain = text == NULL ? "" : text;
}

static void
set_dkim(struct vector *v, char *text)
{
	struct dmarc_signature *s = &v->signatures[v->ask.signature_count++];
	const char *word = strsep(&text, " ");

	if (v->ask.signature_count == SIGNERS_MAX || text == NULL)
		broken(v, "dkim RESULT DOMAIN");
	s->domain = text;
	for (enum dkim_result r = DKIM_RESULT_NONE;
	    r <= DKIM_RESULT_PERMERROR; r++)
		if (strcmp(dkim_result_word(r), word) == 0)
			s->result = r;
}

static void
set_switch(struct vector *v, char *text)
{
	if (strcmp(text, "dmarc-off") == 0)
		v->ask.off = true;
	else if (strcmp(text, "best-guess") == 0)
		v->ask.spf_best_guess = true;
	else if (strcmp(text, "best-guess-aligns") == 0)
		v->ask.best_guess_aligns = true;
	else
		broken(v, "no such switch: %s", text);
}

static const struct {
	const char	*word;
	void		(*set)(struct vector *, char *);
} givens[] = {
	{ "txt", set_txt }, { "trouble", set_trouble }, { "host", set_host },
	{ "from", set_from }, { "spf", set_spf }, { "dkim", set_dkim },
	{ "with", set_switch },
};

/* ---- evaluating it ---- */

static void
answer(struct vector *v, const struct question *q, struct answers *answers)
{
	bool trouble = false, exists = false, found = false;
	struct dns_answer *a;

	if (v->asked_count == ASKED_MAX)
		broken(v, "it asks without end");
	v->asked[v->asked_count++] = xstrdup(q->name);
	for (size_t i = 0; i < v->record_count; i++) {
		const struct record *r = &v->records[i];
		bool here = strcmp(r->name, q->name) == 0;

		trouble |= here && r->trouble;
		found |= here && r->text != NULL && q->type == DNS_TXT;
		exists |= domain_within(r->name, q->name);
	}
	a = answers_add(answers, q->type, q->name, trouble ? DNS_FAILED :
	    found ? DNS_OK : exists ? DNS_NODATA : DNS_NXDOMAIN, 60);
	if (a == NULL)
		broken(v, "too many answers");
	for (size_t i = 0; found && !trouble && i < v->record_count; i++)
		if (strcmp(v->records[i].name, q->name) == 0 &&
		    v->records[i].text != NULL)
			dns_answer_add_text(a, v->records[i].text,
			    strlen(v->records[i].text));
}

static void
evaluate(struct vector *v)
{
	struct answers answers = { 0 };
	struct questions need = { .count = 0 };

	v->ask.signatures = v->signatures;
	if (v->ask.spf_domain == NULL)
		v->ask.spf_domain = "";
	while (!dmarc_of(&v->ask, &answers, &need, &v->dmarc)) {
		if (need.count == 0 || ++v->rounds > DMARC_ROUNDS_MAX)
			broken(v, "it never ends");
		for (size_t i = 0; i < need.count; i++)
			answer(v, &need.items[i], &answers);
		need.count = 0;
	}
	answers_done(&answers);
}

/* ---- what must come of it ---- */

/* "-" stands for nothing. */
static bool
is_text(const char *is, const char *text)
{
	return strcmp(is, strcmp(text, "-") == 0 ? "" : text) == 0;
}

static bool
check_result(const struct vector *v, char *text)
{
	return is_text(dmarc_result_word(v->dmarc.result), text);
}

static bool
check_policy(const struct vector *v, char *text)
{
	return is_text(dmarc_policy_word(v->dmarc.policy), text);
}

static bool
check_applied(const struct vector *v, char *text)
{
	return is_text(dmarc_policy_word(v->dmarc.applied), text);
}

static bool
check_organizational(const struct vector *v, char *text)
{
	return is_text(v->dmarc.organizational, text);
}

static bool
check_record(const struct vector *v, char *text)
{
	return is_text(v->dmarc.record_domain, text);
}

static bool
check_authenticated(const struct vector *v, char *text)
{
	if (strcmp(text, "no") == 0)
		return !v->dmarc.authenticated &&
		    v->dmarc.authenticated_by[0] == '\0';
	return v->dmarc.authenticated &&
	    strcmp(v->dmarc.authenticated_by, text) == 0;
}

/* The identifiers that align: "spf", and the number of each signature. */
static bool
check_aligned(const struct vector *v, char *text)
{
	char is[8 * SIGNERS_MAX] = "", number[8];

	if (v->dmarc.spf.aligned)
		strcpy_bounded(is, sizeof is, " spf");
	for (size_t i = 0; i < DMARC_SIGNATURES_MAX; i++) {
		if (!v->dmarc.signatures[i].aligned)
			continue;
		snprintf(number, sizeof number, " %zu", i + 1);
		strcpy_bounded(is + strlen(is), sizeof is - strlen(is),
		    number);
	}
	return is_text(is[0] == '\0' ? is : is + 1, text);
}

static bool
check_asks(const struct vector *v, char *text)
{
	for (size_t i = 0; i < v->asked_count; i++)
		if (strcmp(v->asked[i], text) == 0)
			return true;
	return false;
}

static bool
check_not_asks(const struct vector *v, char *text)
{
	return !check_asks(v, text);
}

static bool
check_questions(const struct vector *v, char *text)
{
	uint64_t n;

	return number_parse(text, 0, ASKED_MAX, &n) && n == v->asked_count;
}

static bool
check_rounds(const struct vector *v, char *text)
{
	uint64_t n;

	return number_parse(text, 0, DMARC_ROUNDS_MAX, &n) && n == v->rounds;
}

static const struct {
	const char	*word;
	bool		(*check)(const struct vector *, char *);
} expectations[] = {
	{ "result", check_result }, { "policy", check_policy },
	{ "applied", check_applied }, { "record", check_record },
	{ "organizational", check_organizational },
	{ "authenticated", check_authenticated },
	{ "aligned", check_aligned }, { "asks", check_asks },
	{ "asks-not", check_not_asks }, { "questions", check_questions },
	{ "rounds", check_rounds },
};

static bool
check_one(const struct vector *v, const struct check *c)
{
	for (size_t i = 0; i < sizeof expectations / sizeof expectations[0];
	    i++)
		if (strcmp(expectations[i].word, c->what) == 0)
			return expectations[i].check(v, c->text);
	broken(v, "no such word: %s", c->what);
}

static void
run_vector(struct vector *v)
{
	const struct check *wrong = NULL;

	if (v->title == NULL)
		return;
	if (v->ask.from_domain == NULL)
		broken(v, "no from");
	evaluate(v);
	for (size_t i = 0; i < v->check_count && wrong == NULL; i++)
		if (!check_one(v, &v->checks[i]))
			wrong = &v->checks[i];
	printf("%sok %u - %s\n", wrong == NULL ? "" : "not ", ++test_number,
	    v->title);
	if (wrong != NULL) {
		failures++;
		printf("# not %s %s; it is: %s, policy %s, applied %s, "
		    "org %s, record at %s, by %s, %zu questions, %zu rounds\n",
		    wrong->what, wrong->text,
		    dmarc_result_word(v->dmarc.result),
		    dmarc_policy_word(v->dmarc.policy),
		    dmarc_policy_word(v->dmarc.applied),
		    v->dmarc.organizational, v->dmarc.record_domain,
		    v->dmarc.authenticated_by, v->asked_count, v->rounds);
	}
	for (size_t i = 0; i < v->asked_count; i++)
		free(v->asked[i]);
}

static void
read_line(struct vector *v, char *line)
{
	char *word = strsep(&line, " ");
	char *rest = line == NULL ? word + strlen(word) : line;

	if (strcmp(word, "case") == 0) {
		run_vector(v);
		*v = (struct vector){ .title = rest };
		return;
	}
	for (size_t i = 0; i < sizeof givens / sizeof givens[0]; i++) {
		if (strcmp(givens[i].word, word) == 0) {
			givens[i].set(v, rest);
			return;
		}
	}
	if (v->check_count == CHECKS_MAX)
		broken(v, "too many lines");
	v->checks[v->check_count++] = (struct check){ word, rest };
}

int
main(void)
{
	static struct vector v;
	FILE *file = fopen(FILE_NAME, "r");
	char *all = NULL, *text, *line;
	size_t size = 0;

	if (file == NULL || getdelim(&all, &size, '\0', file) < 0)
		broken(&v, "cannot be read");
	fclose(file);
	for (text = all; (line = strsep(&text, "\n")) != NULL;)
		if (line[0] != '\0' && line[0] != '#')
			read_line(&v, line);
	run_vector(&v);
	free(all);
	printf("1..%u\n", test_number);
	return failures == 0 ? 0 : 1;
}
