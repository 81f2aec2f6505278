/* SPDX-License-Identifier: ISC */
/*
 * Runs the policy cases of tests/policy (README there says what they
 * look like) through facts_of, verdict_of and the words of the reply, with
 * no database, clock or DNS.  Prints TAP.
 */

#include "policy/pushback.h"
#include "policy/verdict.h"
#include "util/xalloc.h"
#include "tests/policy/cases.h"

#define WORDS_MAX	16
#define RULES_MAX	8
#define NAMES_MAX	10
#define CHECKS_MAX	24
#define HOSTNAME	"mx.example.org"
#define REFERENCE	"m-0001"

struct host {
	char		*name;
	bool		 trouble;
	bool		 has_addr;
	struct netaddr	 addr;
};

struct check {
	char	*what;
	char	*text;		/* the rest of its line */
};

struct scene {
	char			*title;
	struct verdict_message	 message;
	struct list_answers	 lists;
	enum list_answer	 books[WORDS_MAX];	/* of the recipients */
	struct rules_options	 options;
	bool			 ptr_trouble;
	char			*names[NAMES_MAX];
	size_t			 name_count;
	struct host		 hosts[NAMES_MAX];
	size_t			 host_count;
	struct config_rule	 rules[RULES_MAX];
	size_t			 rule_count;
	char			*code;
	char			*url;
	struct check		 checks[CHECKS_MAX];
	size_t			 check_count;
	/* What came of it: */
	struct rules		*compiled;
	struct verdict		 verdict;
	struct authresults	 results;
	struct pushback_reply	 reply;
	bool			 refused;
};

static struct pushback_reply last_reply;	/* of the case before */

/* ---- reading a case ---- */

static bool
is_yes(const char *text)
{
	return strcmp(text, "yes") == 0;
}

static void
set_listener(struct scene *s, char *text)
{
	if (!listener_role_parse(text, &s->message.role))
		broken("no such listener: %s", text);
}

static void
set_client(struct scene *s, char *text)
{
	if (!netaddr_parse(text, &s->message.peer))
		broken("no address: %s", text);
}

static void
set_name(struct scene *s, char *text)
{
	if (strcmp(text, "trouble") == 0)
		s->ptr_trouble = true;
	else if (strcmp(text, "none") != 0 && s->name_count < NAMES_MAX)
		s->names[s->name_count++] = text;
}

static void
set_host(struct scene *s, char *text)
{
	struct host *h = &s->hosts[s->host_count++];

	h->name = strsep(&text, " ");
	if (s->host_count == NAMES_MAX || text == NULL)
		broken("host NAME ADDRESS");
	h->trouble = strcmp(text, "trouble") == 0;
	h->has_addr = netaddr_parse(text, &h->addr);
}

static void
set_helo(struct scene *s, char *text)
{
	s->message.helo = text;
}

static void
set_from(struct scene *s, char *text)
{
	s->message.sender = strcmp(text, "<>") == 0 ? "" : text;
}

static enum list_answer
list_answer(const char *text)
{
	return is_yes(text) ? LIST_YES :
	    strcmp(text, "no") == 0 ? LIST_NO : LIST_UNKNOWN;
}

/* What the lists say of the message as a whole, in their own words. */
static const struct {
	const char	*word;
	size_t		 place;		/* in struct list_answers */
} lists_words[] = {
#define SAYS(word, member) { word, offsetof(struct list_answers, member) }
	SAYS("whitelisted", whitelist_address),
	SAYS("whitelisted-domain", whitelist_domain),
	SAYS("greenlisted", greenlist),
	SAYS("dnswl", dnswl),
	SAYS("dwl", dwl),
	SAYS("dnsbl", dnsbl),
	SAYS("asn-listed", asn_listed),
	SAYS("history-good", history_good),
	SAYS("whois-domain", whois_domain),
	SAYS("whois-network", whois_network),
#undef SAYS
};

static bool
take_list(struct scene *s, const char *word, const char *text)
{
	for (size_t i = 0; i < sizeof lists_words / sizeof *lists_words; i++) {
		enum list_answer answer = list_answer(text);

		if (strcmp(lists_words[i].word, word) != 0)
			continue;
		memcpy((char *)&s->lists + lists_words[i].place, &answer,
		    sizeof answer);
		return true;
	}
	return false;
}

static void
set_books(struct scene *s, char *text)
{
	char *word;

	while ((word = strsep(&text, " ")) != NULL &&
	    s->lists.recipients < WORDS_MAX)
		s->books[s->lists.recipients++] = list_answer(word);
}

/* ---- what mx6d-auth found ---- */

static unsigned
word_of(const char *const *words, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (text != NULL && strcmp(words[i], text) == 0)
			return (unsigned)i;
	broken("no such word: %s", text == NULL ? "nothing" : text);
}
#define WORD_OF(words, text) \
	word_of(words, sizeof (words) / sizeof *(words), text)

static const char *const from_words[] = { "one", "missing", "several-fields",
    "several-mailboxes", "group", "malformed" };
static const char *const spf_words[] = { "none", "neutral", "pass", "fail",
    "softfail", "temperror", "permerror" };
static const char *const dkim_words[] = { "none", "pass", "fail", "policy",
    "neutral", "temperror", "permerror" };
static const char *const dmarc_words[] = { "none", "pass", "fail",
    "temperror", "permerror" };
static const char *const ask_words[] = { "none", "quarantine", "reject" };

/* "this" is one of the words that are left. */
static void
set_author(struct scene *s, char *text)
{
	struct verdict_auth *auth = &s->message.auth;

	auth->from_status = (enum from_status)WORD_OF(from_words,
	    strsep(&text, " "));
	auth->from_domain = text == NULL ? "" : text;
}

static void
set_spf(struct scene *s, char *text)
{
	struct verdict_auth *auth = &s->message.auth;

	auth->spf = (enum spf_result)WORD_OF(spf_words,
	    strsep(&text, " "));
	auth->spf_aligned = has_word(text, "aligned");
	auth->spf_best_guess = has_word(text, "best-guess");
}

static void
set_dkim(struct scene *s, char *text)
{
	struct verdict_auth *auth = &s->message.auth;
	struct verdict_signature *sig;

	if (auth->signature_count == VERDICT_SIGNATURES_MAX)
		broken("too many signatures");
	sig = &auth->signatures[auth->signature_count++];
	sig->domain = strsep(&text, " ");
	sig->result = (enum dkim_result)WORD_OF(dkim_words,
	    strsep(&text, " "));
	sig->aligned = has_word(text, "aligned");
	sig->same_registrable = sig->aligned &&
	    !has_word(text, "other-tenant");
	sig->replayed = has_word(text, "replayed");
}

static void
set_dmarc(struct scene *s, char *text)
{
	struct verdict_auth *auth = &s->message.auth;

	auth->dmarc = (enum dmarc_result)WORD_OF(dmarc_words,
	    strsep(&text, " "));
	auth->dmarc_testing = has_word(text, "testing");
	if (text != NULL)
		auth->dmarc_policy = (enum dmarc_policy)WORD_OF(ask_words,
		    strsep(&text, " "));
}

static void
set_authenticated(struct scene *s, char *text)
{
	s->message.auth.authenticated = is_yes(text);
}

static void
set_auth(struct scene *s, char *text)
{
	s->message.auth.known = strcmp(text, "lost") != 0;
}

static void
set_filter(struct scene *s, char *text)
{
	s->options.content_filter = is_yes(text);
}

static void
set_dmarc_action(struct scene *s, char *text)
{
	s->options.dmarc = (enum dmarc_action)WORD_OF(ask_words, text);
}

static void
set_relay(struct scene *s, char *text)
{
	s->message.relay = is_yes(text);
}

static void
set_tls(struct scene *s, char *text)
{
	s->message.tls = is_yes(text);
}

static void
set_lab(struct scene *s, char *text)
{
	s->message.push_back = strcmp(text, "always") == 0 ?
	    PUSH_BACK_ALWAYS : PUSH_BACK_NEVER;
}

static void
set_rule(struct scene *s, char *text)
{
	struct config_rule *rule = &s->rules[s->rule_count++];

	if (s->rule_count == RULES_MAX)
		broken("too many rules");
	rule->name = strsep(&text, " ");
	rule->listeners = strsep(&text, " ");
	rule->action = strsep(&text, " ");
	rule->when.items = xcalloc(WORDS_MAX, sizeof *rule->when.items);
	while (text != NULL && rule->when.count < WORDS_MAX)
		rule->when.items[rule->when.count++] = strsep(&text, " ");
}

static void
set_code(struct scene *s, char *text)
{
	s->code = text;
}

static void
set_url(struct scene *s, char *text)
{
	s->url = text;
}

static const struct {
	const char	*word;
	void		(*set)(struct scene *, char *);
} givens[] = {
	{ "listener", set_listener }, { "client", set_client },
	{ "name", set_name }, { "host", set_host }, { "helo", set_helo },
	{ "from", set_from }, { "relay", set_relay }, { "tls", set_tls },
	{ "lab", set_lab }, { "rule", set_rule }, { "code", set_code },
	{ "url", set_url }, { "books", set_books },
	{ "author", set_author }, { "spf", set_spf }, { "dkim", set_dkim },
	{ "dmarc", set_dmarc }, { "authenticated", set_authenticated },
	{ "auth", set_auth }, { "content-filter", set_filter },
	{ "dmarc-action", set_dmarc_action },
};

/* ---- judging it ---- */

static void
answer(struct scene *s, const struct question *q, struct answers *answers)
{
	struct dns_answer *a;
	bool trouble = q->type == DNS_PTR && s->ptr_trouble;
	bool found = q->type == DNS_PTR && s->name_count > 0;
	const struct host *host = NULL;

	for (size_t i = 0; q->type != DNS_PTR && i < s->host_count; i++)
		if (strcmp(s->hosts[i].name, q->name) == 0)
			host = &s->hosts[i];
	if (host != NULL) {
		trouble = host->trouble;
		found = host->has_addr;
	}
	a = answers_add(answers, q->type, q->name, trouble ? DNS_FAILED :
	    found ? DNS_OK : DNS_NXDOMAIN, 60);
	if (a == NULL)
		broken("it asks without end");
	for (size_t i = 0; q->type == DNS_PTR && i < s->name_count; i++)
		dns_answer_add_name(a, s->names[i]);
	if (host != NULL && host->has_addr)
		dns_answer_add_addr(a, &host->addr);
}

static void
pass_judgement(struct scene *s)
{
	char error[CONFIG_ERROR_SIZE];
	struct answers answers = { 0 };
	struct questions need = { .count = 0 };
	struct iprev iprev;
	struct facts facts;

	s->compiled = rules_new(&s->options, s->rules, s->rule_count, error);
	if (s->compiled == NULL)
		broken("%s", error);
	while (!facts_of(&s->message, &answers, &need, &facts, &iprev)) {
		for (size_t i = 0; i < need.count; i++)
			answer(s, &need.items[i], &answers);
		need.count = 0;
	}
	answers_done(&answers);
	s->lists.addressbook = s->books;
	verdict_of(&s->message, &facts, &s->lists, s->compiled, &s->verdict);
	authresults_init(&s->results, HOSTNAME);
	authresults_add_iprev(&s->results, &s->message.peer, &iprev);
	s->refused = s->verdict.action == VERDICT_FALLBACK ||
	    s->verdict.action == VERDICT_REJECT ||
	    s->verdict.action == VERDICT_DEFER;
	if (s->refused) {
		const struct pushback_ask ask = { .action = s->verdict.action,
		    .role = s->message.role, .fallback_code = s->code,
		    .message = REFERENCE, .registration_url = s->url,
		    .results = &s->results };

		pushback_compose(&ask, &s->reply);
	}
}

/* ---- what must come of it ---- */

/* Facts named in text, which is taken apart. */
static uint64_t
mask_of(char *text)
{
	uint64_t mask = 0;
	char *word;

	while ((word = strsep(&text, " ")) != NULL) {
		enum fact fact = fact_by_name(word);

		if (word[0] == '\0')
			continue;
		if (fact == FACT_COUNT)
			broken("no such fact: %s", word);
		mask |= FACT_MASK(fact);
	}
	return mask;
}

static bool
is_pair(const char *text, const char *first, const char *second)
{
	size_t n = strlen(first);

	return strncmp(text, first, n) == 0 && text[n] == ' ' &&
	    strcmp(text + n + 1, second) == 0;
}

static bool
check_verdict(struct scene *s, char *text)
{
	return is_pair(text, verdict_action_name(s->verdict.action),
	    s->verdict.rule);
}

static bool
check_facts(struct scene *s, char *text)
{
	return s->verdict.facts.held == mask_of(text);
}

static bool
check_unknown(struct scene *s, char *text)
{
	return s->verdict.facts.unknown == mask_of(text);
}

static bool
check_shadow(struct scene *s, char *text)
{
	if (strcmp(text, "none") == 0)
		return !s->verdict.has_shadow;
	return s->verdict.has_shadow && is_pair(text,
	    verdict_action_name(s->verdict.shadow), s->verdict.shadow_rule);
}

static bool
check_reply(struct scene *s, char *text)
{
	return s->refused && is_pair(text, s->reply.code, s->reply.enhanced);
}

static bool
check_says(struct scene *s, char *text)
{
	for (size_t i = 0; s->refused && i < s->reply.count; i++)
		if (strstr(s->reply.lines[i], text) != NULL)
			return true;
	return false;
}

static bool
check_prepends(struct scene *s, char *text)
{
	struct buf field;
	bool found;

	buf_init(&field, 65536);
	authresults_field(&s->results, &field);
	found = !s->refused && strstr(buf_cstr(&field), text) != NULL;
	buf_done(&field);
	return found;
}

static bool
check_mixed(struct scene *s, char *text)
{
	return s->verdict.mixed == is_yes(text);
}

/* Word for word what the case before was told. */
static bool
check_same_reply(struct scene *s, char *text)
{
	bool same = s->refused && s->reply.count == last_reply.count;

	for (size_t i = 0; same && i < s->reply.count; i++)
		same = strcmp(s->reply.lines[i], last_reply.lines[i]) == 0;
	return same == is_yes(text);
}

static const struct {
	const char	*word;
	bool		(*check)(struct scene *, char *);
} expectations[] = {
	{ "verdict", check_verdict }, { "facts", check_facts },
	{ "unknown", check_unknown }, { "shadow", check_shadow },
	{ "reply", check_reply }, { "says", check_says },
	{ "prepends", check_prepends }, { "mixed", check_mixed },
	{ "same-reply", check_same_reply },
};

/* What holds for every refusal. */
static bool
reply_is_sound(const struct pushback_reply *r)
{
	static const char *const secrets[] = { "whitelist", "greenlist",
	    "addressbook", "listed" };

	if (r->count < 1 || r->count > 10)
		return false;
	for (size_t i = 0; i < r->count; i++) {
		const char *line = r->lines[i];

		if (strlen(r->code) + strlen(r->enhanced) + strlen(line) + 4 >
		    512)
			return false;
		for (const char *p = line; *p != '\0'; p++)
			if (*p < ' ' || *p > '~')
				return false;
		for (size_t k = 0; k < sizeof secrets / sizeof *secrets; k++)
			if (strstr(line, secrets[k]) != NULL)
				return false;
	}
	return true;
}

static bool
check_one(struct scene *s, const struct check *c)
{
	for (size_t i = 0; i < sizeof expectations / sizeof expectations[0];
	    i++)
		if (strcmp(expectations[i].word, c->what) == 0)
			return expectations[i].check(s, c->text);
	broken("no such word: %s", c->what);
}

/*
 * The case again with DKIM and DMARC switched off (MX6.md, Receiver:
 * everything still works, and less is accepted).  Where DMARC kept a message
 * out, or the operator has rules of his own, more may be.
 */
static void
run_by_spf_alone(const struct scene *s)
{
	struct scene alone = *s;
	struct verdict_auth *auth = &alone.message.auth;

	if (rules_of_role(s->message.role) != RULES_IPV6 ||
	    s->rule_count > 0 || auth->dmarc == DMARC_RESULT_FAIL ||
	    auth->dmarc == DMARC_RESULT_TEMPERROR)
		return;
	auth->signature_count = 0;
	auth->dmarc = DMARC_RESULT_NONE;
	auth->dmarc_policy = DMARC_POLICY_NONE;
	auth->authenticated = auth->from_status == FROM_ONE &&
	    auth->spf == SPF_RESULT_PASS && !auth->spf_best_guess &&
	    auth->spf_aligned;
	pass_judgement(&alone);
	test_number++;
	if (verdict_accepts(alone.verdict.action) &&
	    !verdict_accepts(s->verdict.action)) {
		failures++;
		printf("not ");
	}
	printf("ok %u - %s, by SPF alone: %s by %s\n", test_number, s->title,
	    verdict_action_name(alone.verdict.action), alone.verdict.rule);
	rules_free(alone.compiled);
}

static void
run_scene(struct scene *s)
{
	char facts[FACTS_TEXT_SIZE];
	const char *wrong = NULL;

	if (s->title == NULL)
		return;
	pass_judgement(s);
	if (s->refused && !reply_is_sound(&s->reply))
		wrong = "the form of the reply";
	for (size_t i = 0; i < s->check_count && wrong == NULL; i++)
		if (!check_one(s, &s->checks[i]))
			wrong = s->checks[i].what;
	printf("%sok %u - %s\n", wrong == NULL ? "" : "not ", ++test_number,
	    s->title);
	if (wrong != NULL) {
		failures++;
		printf("# %s: %s is not so; it is %s by %s with %s\n",
		    file_name, wrong, verdict_action_name(s->verdict.action),
		    s->verdict.rule,
		    facts_format(s->verdict.facts.held, facts));
		for (size_t i = 0; s->refused && i < s->reply.count; i++)
			printf("# %s %s %s\n", s->reply.code,
			    s->reply.enhanced, s->reply.lines[i]);
	}
	last_reply = s->reply;
	run_by_spf_alone(s);
	rules_free(s->compiled);
	for (size_t i = 0; i < s->rule_count; i++)
		free(s->rules[i].when.items);
}

static struct scene
new_scene(char *title)
{
	return (struct scene){ .title = title,
	    .message = { .helo = "", .sender = "someone@sender.example",
	    .auth = { .known = true, .from_domain = "sender.example" } },
	    .options = { .dmarc = DMARC_ACTION_QUARANTINE },
	    .code = "5.5.64", .url = "" };
}

static void
take_line(struct scene *s, char *line)
{
	char *word = strsep(&line, " ");
	char *rest = line == NULL ? word + strlen(word) : line;

	if (strcmp(word, "case") == 0) {
		run_scene(s);
		case_title = rest;
		*s = new_scene(rest);
		return;
	}
	if (take_list(s, word, rest))
		return;
	for (size_t i = 0; i < sizeof givens / sizeof givens[0]; i++) {
		if (strcmp(givens[i].word, word) == 0) {
			givens[i].set(s, rest);
			return;
		}
	}
	if (s->check_count == CHECKS_MAX)
		broken("too many lines");
	s->checks[s->check_count++] = (struct check){ word, rest };
}

static void
run_file(const char *path)
{
	struct scene s = new_scene(NULL);
	char *text = take_lines(path, take_line, &s);

	run_scene(&s);
	free(text);
}

int
main(int argc, char **argv)
{
	if (!each_file(argc > 1 ? argv[1] : "tests/policy/*.txt", run_file)) {
		printf("Bail out! no cases\n");
		return 1;
	}
	printf("1..%u\n", test_number);
	return failures > 0;
}
