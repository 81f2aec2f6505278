/* SPDX-License-Identifier: ISC */
/*
 * Runs the cases of tests/policy/lists (README says what they look like):
 * what rows of the lists say of a message, what is gathered from it, and what
 * the memory of push-backs keeps.  A case begins with empty databases; its
 * lines are steps, in order.  The clock is a number.  Prints TAP.
 */

#include <unistd.h>

#include "policy/gather.h"
#include "policy/header.h"
#include "policy/message_facts.h"
#include "policy/signs.h"
#include "policy/suggest.h"
#include "util/number.h"
#include "util/xalloc.h"
#include "tests/policy/cases.h"

#define WORDS_MAX	16
#define START		UINT64_C(1800000000)
#define DAY		UINT64_C(86400)
#define TEXT_MAX	4096

struct scene {
	char			*title;
	uint64_t		 now;
	const char		*rcpts[WORDS_MAX];
	size_t			 rcpt_count;
	struct verdict_message	 message;
	struct iprev		 iprev;
	struct history_counts	 record;
	bool			 other_network;
	char			 header[TEXT_MAX];
	char			 wrong[256];	/* the first thing that is */
};

static struct lists *lists;
static struct history_store *history;
static struct config *config;
static char directory[] = "/tmp/mx6d-lists.XXXXXX";
static char *lists_path, *history_path;

static void
expect(struct scene *s, const char *what, const char *wanted,
    const char *is)
{
	if (strcmp(wanted, is) != 0 && s->wrong[0] == '\0')
		snprintf(s->wrong, sizeof s->wrong, "%s: wanted %.80s, it is "
		    "%.80s", what, wanted, is);
}

/* ---- rows, and what is known of the message ---- */

static void
bad_row(void *arg, uint64_t line, const char *why)
{
	(void)arg;
	(void)line;
	broken("%s", why);
}

/* row TABLE: VALUE,VALUE */
static void
row(struct scene *s, char *text)
{
	char *name = strsep(&text, ":");
	struct lists_imported counts;

	(void)s;
	for (unsigned t = 0; text != NULL && t < LISTS_TABLES; t++)
		if (strcmp(lists_table_name((enum lists_table)t), name) == 0) {
			lists_import(lists, (enum lists_table)t, text + 1,
			    strlen(text + 1), false, bad_row, NULL, &counts);
			lists_changed(lists);
			return;
		}
	broken("no such table: %s", name);
}

static void
client(struct scene *s, char *text)
{
	if (!netaddr_parse(text, &s->message.peer))
		broken("no address: %s", text);
}

static void
name(struct scene *s, char *text)
{
	snprintf(s->iprev.names[0], sizeof s->iprev.names[0], "%s", text);
	s->iprev.count = 1;
	s->iprev.status = IPREV_PASS;
}

static const char *
domain_of(const char *address)
{
	return strchr(address, '@') == NULL ? "" : strchr(address, '@') + 1;
}

/* author ADDRESS [not-authenticated] */
static void
author(struct scene *s, char *text)
{
	struct verdict_auth *auth = &s->message.auth;

	auth->from = strsep(&text, " ");
	auth->from_domain = domain_of(auth->from);
	auth->authenticated = auth->spf_aligned = text == NULL;
	auth->spf = text == NULL ? SPF_RESULT_PASS : SPF_RESULT_NONE;
	auth->spf_domain = text == NULL ? auth->from_domain : "";
}

/* spf DOMAIN [best-guess]: passed, not aligned */
static void
spf(struct scene *s, char *text)
{
	struct verdict_auth *auth = &s->message.auth;

	auth->spf = SPF_RESULT_PASS;
	auth->spf_aligned = false;
	auth->spf_domain = strsep(&text, " ");
	auth->spf_best_guess = text != NULL;
}

/* dkim DOMAIN [replayed]: passed, not aligned */
static void
dkim(struct scene *s, char *text)
{
	struct verdict_signature *sig =
	    &s->message.auth.signatures[s->message.auth.signature_count++];

	sig->domain = strsep(&text, " ");
	sig->result = DKIM_RESULT_PASS;
	sig->replayed = text != NULL;
}

static void
sender(struct scene *s, char *text)
{
	s->message.sender = strcmp(text, "<>") == 0 ? "" : text;
}

static void
rcpt(struct scene *s, char *text)
{
	char *word;

	s->rcpt_count = 0;
	while ((word = strsep(&text, " ")) != NULL &&
	    s->rcpt_count < WORDS_MAX)
		s->rcpts[s->rcpt_count++] = word;
}

static void
network(struct scene *s, char *text)
{
	s->other_network = strcmp(text, "named") != 0;
}

static void
field(struct scene *s, char *text)
{
	size_t n = strlen(s->header);

	snprintf(s->header + n, sizeof s->header - n, "%s\r\n", text);
}

static uint64_t
take_number(char **text)
{
	char *word = strsep(text, " ");
	uint64_t number;

	if (word == NULL || !number_parse(word, 0, 1000000, &number))
		broken("a number is missing");
	return number;
}

/* record ACCEPTED SPAM REFUSED */
static void
record(struct scene *s, char *text)
{
	s->record.accepted = take_number(&text);
	s->record.spam = take_number(&text);
	s->record.refused = take_number(&text);
}

/* ---- what the lists say ---- */

static void
look_up(struct scene *s, struct signs *ret_signs, struct buf *reasons)
{
	static const struct asked nobody = { .count = 0 };
	struct known *known = known_new(lists);
	const struct signs_ask ask = { .lists = lists, .known = known,
	    .config = config, .message = &s->message, .iprev = &s->iprev,
	    .asked = &nobody, .record = &s->record, .rcpts = s->rcpts,
	    .rcpt_count = s->rcpt_count, .now = (int64_t)s->now };

	buf_init(reasons, TEXT_MAX);
	signs_look_up(&ask, ret_signs, reasons);
	known_free(known);
}

static const char *
word_of(enum list_answer answer)
{
	return answer == LIST_YES ? "yes" : answer == LIST_NO ? "no" :
	    "unknown";
}

/* is FACT yes | no */
static void
is(struct scene *s, char *text)
{
	char *fact = strsep(&text, " ");
	struct signs signs;
	struct buf reasons;
	const struct {
		const char		*name;
		const enum list_answer	*answer;
	} rows[] = {
		{ "whitelist-address", &signs.answers.whitelist_address },
		{ "whitelist-domain", &signs.answers.whitelist_domain },
		{ "greenlist", &signs.answers.greenlist },
		{ "history-good", &signs.answers.history_good },
		{ "whois-domain", &signs.answers.whois_domain },
		{ "whois-network", &signs.answers.whois_network },
	};
	size_t i = 0;

	look_up(s, &signs, &reasons);
	while (i < sizeof rows / sizeof rows[0] &&
	    strcmp(rows[i].name, fact) != 0)
		i++;
	if (i == sizeof rows / sizeof rows[0] || text == NULL)
		broken("no such fact: %s", fact);
	expect(s, fact, text, word_of(*rows[i].answer));
	signs_done(&signs);
	buf_done(&reasons);
}

/* books yes no: one word a recipient */
static void
books(struct scene *s, char *text)
{
	struct signs signs;
	struct buf reasons, words;

	look_up(s, &signs, &reasons);
	buf_init(&words, TEXT_MAX);
	for (size_t i = 0; i < s->rcpt_count; i++)
		buf_addf(&words, "%s%s", i > 0 ? " " : "",
		    word_of(signs.books[i]));
	expect(s, "books", text, buf_cstr(&words));
	signs_done(&signs);
	buf_done(&reasons);
	buf_done(&words);
}

/* reason TEXT: explain would say it */
static void
reason(struct scene *s, char *text)
{
	struct signs signs;
	struct buf reasons;

	look_up(s, &signs, &reasons);
	if (strstr(buf_cstr(&reasons), text) == NULL)
		expect(s, "reason", text, buf_cstr(&reasons));
	signs_done(&signs);
	buf_done(&reasons);
}

/* ---- gathering ---- */

static bool
add_word(void *arg, const char *const *values, size_t count)
{
	(void)count;
	if (strcmp(values[2], "gathered") == 0)
		buf_addf(arg, "%s%s", buf_len(arg) > 0 ? " " : "", values[1]);
	return true;
}

/* The message is accepted: gathers ADDRESS ... | nothing */
static void
gathers(struct scene *s, char *text)
{
	struct gatherer *g = gatherer_new(lists);
	struct message_facts facts;
	struct header header;
	struct buf words;

	header_init(&header, s->header, strlen(s->header));
	message_facts_read(&header, &facts);
	header_done(&header);
	gatherer_take(g, &(struct gather_message){
	    .sender = s->message.sender, .from = s->message.auth.from,
	    .named_network = !s->other_network,
	    .auto_submitted = facts.auto_submitted, .list = facts.list,
	    .forwarded = facts.forwarded }, s->rcpts, s->rcpt_count,
	    (int64_t)s->now);
	if (gatherer_flush(g) != LISTS_OK)
		broken("%s", lists_why(lists));
	gatherer_free(g);
	buf_init(&words, TEXT_MAX);
	lists_each(lists, LISTS_ADDRESSBOOK, "", add_word, &words);
	expect(s, "gathers", text, buf_len(&words) == 0 ? "nothing" :
	    buf_cstr(&words));
	buf_done(&words);
}

/* ---- the memory of push-backs ---- */

static const struct history_limits limits = { .pushback_keep_s = 14 * DAY,
    .shadow_keep_s = 14 * DAY, .rows = 100000, .rows_per_network = 10 };

static void
remember(struct scene *s, char *text, bool ipv6)
{
	char *id = strsep(&text, " "), block[NETADDR_TEXT_SIZE];
	struct netblock network_of = netblock_of(&s->message.peer,
	    netaddr_is_ipv6(&s->message.peer) ? 48 : 24);
	struct history_row r = { .message = "m", .at = s->now, .session = "s",
	    .peer = "", .network = netblock_format(&network_of, block),
	    .ipv6 = ipv6, .role = ipv6 ? "mx6" : "mx",
	    .helo = s->message.helo, .sender = s->message.sender,
	    .recipients = s->rcpts[0], .author = s->message.auth.from,
	    .author_domain = s->message.auth.from_domain,
	    .authenticated = s->message.auth.authenticated,
	    .in_a_book = has_word(text, "in-a-book"),
	    .message_id_hash = strcmp(id, "none") == 0 ? "" : id,
	    .action = ipv6 ? "fallback" : "accept", .rule = "", .shadow = "",
	    .shadow_rule = "", .pushed_back_for = ipv6 ? s->rcpts[0] : "",
	    .accepted = !ipv6 && !has_word(text, "refused"), .facts = "",
	    .unknown = "", .results = "", .reasons = "", .tried = "",
	    .dns = "" };

	if (!history_store_write(history, &r, 1, &limits))
		broken("%s", history_store_why(history));
}

static void
pushed_back(struct scene *s, char *text)
{
	remember(s, text, true);
}

static void
over_ipv4(struct scene *s, char *text)
{
	remember(s, text, false);
}

/* later NUMBER days | hours | seconds */
static void
later(struct scene *s, char *text)
{
	uint64_t n = take_number(&text);

	s->now += n * (has_word(text, "day") ? DAY :
	    has_word(text, "hour") ? 3600 : 1);
}

struct remembered {
	uint64_t	all, closed;
};

static void
count_pushback(void *arg, const struct history_pushback *p)
{
	struct remembered *r = arg;

	r->all++;
	r->closed += p->closed_at > 0;
}

/* remembers ALL closed CLOSED */
static void
remembers(struct scene *s, char *text)
{
	struct remembered r = { 0, 0 };
	char words[64];

	while (history_store_prune(history, s->now, &limits))
		;
	history_store_pushbacks(history, "", 1000, count_pushback, &r);
	snprintf(words, sizeof words, "%u closed %u", (unsigned)r.all,
	    (unsigned)r.closed);
	expect(s, "remembers", text, words);
}

static void
rate_of(void *arg, const struct history_sender *r)
{
	buf_addf(arg, "%u returned %u lost %u after %u",
	    (unsigned)r->pushed_back, (unsigned)r->returned,
	    (unsigned)r->lost, (unsigned)r->delay_s);
}

/* rate PUSHED-BACK returned N lost N after SECONDS */
static void
rate(struct scene *s, char *text)
{
	struct buf words;

	buf_init(&words, TEXT_MAX);
	history_store_senders(history, s->now, 10, rate_of, &words);
	expect(s, "rate", text, buf_cstr(&words));
	buf_done(&words);
}

static void
add_domain(void *arg, const struct history_suggestion *r)
{
	buf_addf(arg, "%s%s", buf_len(arg) > 0 ? " " : "", r->domain);
}

static void
expect_domains(struct scene *s, const char *what, const char *wanted,
    struct buf *words)
{
	expect(s, what, wanted, buf_len(words) == 0 ? "nobody" :
	    buf_cstr(words));
	buf_done(words);
}

/* suggests DOMAIN ... | nobody */
static void
suggests(struct scene *s, char *text)
{
	struct buf words;

	buf_init(&words, TEXT_MAX);
	history_store_suggest(history, s->now, 10, add_domain, &words);
	expect_domains(s, "suggests", text, &words);
}

/* greenlists DOMAIN ... | nobody: by rule */
static void
greenlists(struct scene *s, char *text)
{
	const struct suggest_settings settings = { .good_messages = 20,
	    .good_percent = 95, .per_day = 5, .keep_s = 90 * DAY };
	struct buf words;

	buf_init(&words, TEXT_MAX);
	suggest_apply(history, lists, &settings, s->now, add_domain, &words);
	lists_changed(lists);
	expect_domains(s, "greenlists", text, &words);
}

/* ---- cases ---- */

static const struct {
	const char	*word;
	void		(*step)(struct scene *, char *);
} steps[] = {
	{ "row", row }, { "client", client }, { "name", name },
	{ "author", author }, { "spf", spf }, { "dkim", dkim },
	{ "sender", sender }, { "rcpt", rcpt }, { "network", network },
	{ "field", field }, { "record", record }, { "is", is },
	{ "books", books }, { "reason", reason }, { "gathers", gathers },
	{ "pushed-back", pushed_back }, { "over-ipv4", over_ipv4 },
	{ "later", later }, { "remembers", remembers }, { "rate", rate },
	{ "suggests", suggests }, { "greenlists", greenlists },
};

static void
close_databases(void)
{
	lists = lists_close(lists);
	history = history_store_close(history);
	unlink(lists_path);
	unlink(history_path);
}

static void
end_scene(const struct scene *s)
{
	if (s->title == NULL)
		return;
	printf("%sok %u - %s\n", s->wrong[0] == '\0' ? "" : "not ",
	    ++test_number, s->title);
	if (s->wrong[0] != '\0') {
		failures++;
		printf("# %s: %s\n", file_name, s->wrong);
	}
	close_databases();
}

static struct scene
new_scene(char *title)
{
	struct scene s = { .title = title, .now = START,
	    .rcpts = { "alice@example.org" }, .rcpt_count = 1,
	    .message = { .role = ROLE_MX6, .helo = "mail.sender.example",
	    .sender = "a@sender.example", .auth = { .known = true,
	    .from_status = FROM_ONE, .from = "a@sender.example",
	    .from_domain = "sender.example", .spf_domain = "" } } };
	char why[LISTS_WHY_SIZE];

	if (title == NULL)
		return s;
	client(&s, "2001:db8:25::25");
	lists = lists_open(lists_path, 1000, why);
	history = history_store_open(history_path, why, sizeof why);
	if (lists == NULL || history == NULL)
		broken("%s", why);
	return s;
}

static void
take_line(struct scene *s, char *line)
{
	char *word = strsep(&line, " ");

	if (line == NULL)
		broken("%s what?", word);
	if (strcmp(word, "case") == 0) {
		end_scene(s);
		case_title = line;
		*s = new_scene(line);
		return;
	}
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
		if (strcmp(steps[i].word, word) == 0) {
			steps[i].step(s, line);
			return;
		}
	broken("no such step: %s", word);
}

static void
run_file(const char *path)
{
	struct scene s = new_scene(NULL);
	char *text = take_lines(path, take_line, &s);

	end_scene(&s);
	free(text);
}

int
main(void)
{
	static const char settings[] = "hostname = \"mx.example.org\"\n"
	    "listen \"127.0.0.1:25\" { }\n";
	char error[CONFIG_ERROR_SIZE];

	config = config_parse(settings, sizeof settings - 1, "cases", error);
	if (config == NULL || mkdtemp(directory) == NULL) {
		printf("Bail out! no room for databases\n");
		return 1;
	}
	lists_path = xasprintf("%s/lists.db", directory);
	history_path = xasprintf("%s/history.db", directory);
	if (!each_file("tests/policy/lists/*.txt", run_file)) {
		printf("Bail out! no cases\n");
		return 1;
	}
	rmdir(directory);
	free(lists_path);
	free(history_path);
	config_free(config);
	printf("1..%u\n", test_number);
	return failures > 0;
}
