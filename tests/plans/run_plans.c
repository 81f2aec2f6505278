/* SPDX-License-Identifier: ISC */
/*
 * Runs the plan cases of tests/plans (see tests/plans/README): DNS answers
 * and settings in, candidates in order out.  Prints TAP.
 */

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "queue/plan.h"
#include "util/buf.h"
#include "util/number.h"
#include "util/xalloc.h"

#define LINES_MAX	64
#define FIELDS_MAX	12

/* One case as read; strings point into the file's text. */
struct scene {
	const char		*name;
	struct config		 config;
	struct config_route	 route;
	bool			 has_route;
	struct plan_ask		 ask;
	struct plan_self	 self;
	const char		*self_names[8];
	struct netaddr		 self_addrs[8];
	char			*dns[LINES_MAX];
	size_t			 dns_count;
	uint32_t		 picks[LINES_MAX];
	size_t			 pick_count;
	struct buf		 expected;
	struct buf		 asked;		/* "TYPE name", a line a round */
	struct buf		 steps;		/* as mx6ctl route shows them */
	bool			 checks_asked;
	bool			 checks_steps;
};

static int tests, failures;

static size_t
split(char *line, char *fields[static FIELDS_MAX])
{
	size_t n = 0;
	char *next = line, *field;

	while (n < FIELDS_MAX && (field = strsep(&next, " \t")) != NULL)
		if (field[0] != '\0')
			fields[n++] = field;
	return n;
}

static uint32_t
pick(void *arg, uint32_t below)
{
	struct scene *s = arg;
	uint32_t n = 0;

	if (s->pick_count > 0) {
		n = s->picks[0];
		memmove(s->picks, s->picks + 1,
		    --s->pick_count * sizeof *s->picks);
	}
	return n < below ? n : below - 1;
}

/* ---- DNS out of the case ---- */

static void
strip_dot(char *name)
{
	size_t n = strlen(name);

	if (n > 0 && name[n - 1] == '.')
		name[n - 1] = '\0';
}

static bool
add_rdata(struct plan_answer *answer, char **f, size_t n)
{
	struct plan_record r = { 0 };

	if (answer->type == DNS_SRV && n == 4) {
		r.preference = (uint32_t)strtoul(f[0], NULL, 10);
		r.weight = (uint32_t)strtoul(f[1], NULL, 10);
		r.port = (uint32_t)strtoul(f[2], NULL, 10);
		r.name = f[3];
		strip_dot(r.name);
	} else if (answer->type == DNS_MX && n == 2) {
		r.preference = (uint32_t)strtoul(f[0], NULL, 10);
		r.name = f[1];
		strip_dot(r.name);
	} else if (n != 1 || !netaddr_parse(f[0], &r.addr)) {
		return false;
	}
	plan_answer_add(answer, &r);
	return true;
}

static bool
is_status(const char *word, enum dns_status *ret_status)
{
	static const struct {
		const char	*word;
		enum dns_status	 status;
	} words[] = {
		{ "NODATA", DNS_NODATA }, { "NXDOMAIN", DNS_NXDOMAIN },
		{ "FAILED", DNS_FAILED }, { "BOGUS", DNS_BOGUS },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].word, word) == 0) {
			*ret_status = words[i].status;
			return true;
		}
	return false;
}

/* The name itself or one below it is there. */
static bool
name_exists(const struct scene *s, const char *name)
{
	char owner[DOMAIN_SIZE + 8];

	for (size_t i = 0; i < s->dns_count; i++) {
		size_t n = strcspn(s->dns[i], " \t");

		snprintf(owner, sizeof owner, "%.*s", (int)n, s->dns[i]);
		strip_dot(owner);
		n = strlen(owner);
		if (n >= strlen(name) && strcmp(owner + n - strlen(name),
		    name) == 0)
			return true;
	}
	return false;
}

static void
answer_question(const struct scene *s, struct plan_answers *answers,
    const struct plan_question *q)
{
	enum dns_status status = name_exists(s, q->name) ? DNS_NODATA :
	    DNS_NXDOMAIN;
	struct plan_answer *answer = plan_answers_add(answers, q->type,
	    q->name, status, "");

	for (size_t i = 0; i < s->dns_count; i++) {
		char line[512], *f[FIELDS_MAX];
		size_t n;

		snprintf(line, sizeof line, "%s", s->dns[i]);
		n = split(line, f);
		if (n < 3)
			continue;
		strip_dot(f[0]);
		if (strcasecmp(f[0], q->name) != 0 ||
		    strcmp(f[1], plan_type_text(q->type)) != 0)
			continue;
		if (is_status(f[2], &answer->status))
			continue;
		if (!add_rdata(answer, f + 2, n - 2)) {
			fprintf(stderr, "cannot read: %s\n", s->dns[i]);
			exit(1);
		}
		answer->status = DNS_OK;
	}
}

/* ---- running one case ---- */

static void
print_plan(const struct plan *p, struct buf *out)
{
	char text[NETADDR_TEXT_SIZE];

	if (p->status == PLAN_FAIL || p->status == PLAN_DEFER)
		buf_addf(out, "%s %s %s\n", p->status == PLAN_FAIL ? "fail" :
		    "defer", p->enhanced, p->reason);
	for (size_t i = 0; i < p->candidate_count; i++) {
		const struct plan_candidate *c = &p->candidates[i];

		buf_addf(out, "%s %s", plan_via_text(c->via), c->host);
		if (c->addr.family != NETADDR_NONE)
			buf_addf(out, " %s", netaddr_format_port(&c->addr,
			    text));
		buf_addf(out, "%s\n", c->fallback_meant ? " fallback" : "");
	}
}

static void
print_questions(const struct plan *p, struct buf *out)
{
	for (size_t i = 0; i < p->question_count; i++)
		buf_addf(out, "%s%s %s", i == 0 ? "" : ", ",
		    plan_type_text(p->questions[i].type),
		    p->questions[i].name);
	buf_add_str(out, "\n");
}

static void
print_steps(const struct plan *p, struct buf *out)
{
	for (size_t i = 0; i < p->step_count; i++)
		buf_addf(out, "%s %s | %s | %s\n", p->steps[i].what,
		    p->steps[i].subject, p->steps[i].result,
		    p->steps[i].why);
}

static struct plan *
make_plan(struct scene *s, struct buf *rounds)
{
	struct plan_answers answers;
	struct plan *p;
	uint32_t picks[LINES_MAX];
	size_t pick_count = s->pick_count;

	memcpy(picks, s->picks, sizeof picks);
	plan_answers_init(&answers);
	for (;;) {
		memcpy(s->picks, picks, sizeof picks);
		s->pick_count = pick_count;
		p = plan_make(&s->ask, &answers);
		if (p->status != PLAN_ASK)
			break;
		print_questions(p, rounds);
		for (size_t i = 0; i < p->question_count; i++)
			answer_question(s, &answers, &p->questions[i]);
		plan_free(p);
	}
	plan_answers_done(&answers);
	return p;
}

static void
report(const char *file, const char *name, const char *kind,
    struct buf *expected, struct buf *got)
{
	bool same = strcmp(buf_cstr(expected), buf_cstr(got)) == 0;

	printf("%s %d - %s: %s%s\n", same ? "ok" : "not ok", ++tests, file,
	    name, kind);
	if (same)
		return;
	failures++;
	printf("# expected:\n%s# got:\n%s# end\n", buf_cstr(expected),
	    buf_cstr(got));
}

static void
run_scene(const char *file, struct scene *s)
{
	struct buf got, rounds, steps;
	struct plan *p;

	if (s->name == NULL)
		return;
	buf_init(&got, 1 << 16);
	buf_init(&rounds, 1 << 16);
	buf_init(&steps, 1 << 16);
	s->self.names = s->self_names;
	s->self.addrs = s->self_addrs;
	s->ask.config = &s->config;
	s->ask.route = s->has_route ? &s->route : NULL;
	s->ask.self = &s->self;
	s->ask.pick = pick;
	s->ask.pick_arg = s;
	s->ask.explain = true;
	p = make_plan(s, &rounds);
	print_plan(p, &got);
	report(file, s->name, "", &s->expected, &got);
	if (s->checks_asked)
		report(file, s->name, " (questions)", &s->asked, &rounds);
	print_steps(p, &steps);
	if (s->checks_steps)
		report(file, s->name, " (steps)", &s->steps, &steps);
	plan_free(p);
	buf_done(&got);
	buf_done(&rounds);
	buf_done(&steps);
	buf_done(&s->steps);
	buf_done(&s->expected);
	buf_done(&s->asked);
}

/* ---- reading a case ---- */

static void
start_scene(struct scene *s, const char *name)
{
	*s = (struct scene){
		.name = name,
		.config = {
			.delivery_port = 25,
			.mx6 = true,
			.mx6_ports = (char *)(uintptr_t)"25",
			.ipv4 = true,
			.ipv6 = true,
			.tls = TLS_OPPORTUNISTIC,
			.addresses_max = 20,
		},
	};
	buf_init(&s->expected, 1 << 16);
	buf_init(&s->asked, 1 << 16);
	buf_init(&s->steps, 1 << 16);
}

static void
set_demand(struct scene *s, const char *word)
{
	static const char *const words[] = {
		[DELIVER_ANY] = "any",
		[DELIVER_IPV4_ONLY] = "ipv4-only",
		[DELIVER_IPV4_FIRST] = "ipv4-first",
		[DELIVER_IPV4_UNLESS_NONE] = "ipv4-unless-none",
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i], word) == 0)
			s->ask.demand = (enum deliver_family)i;
}

static void
set_setting(struct scene *s, const char *key, char *value)
{
	if (strcmp(key, "mx6") == 0)
		s->config.mx6 = strcmp(value, "yes") == 0;
	else if (strcmp(key, "ipv4") == 0)
		s->config.ipv4 = strcmp(value, "yes") == 0;
	else if (strcmp(key, "ipv6") == 0)
		s->config.ipv6 = strcmp(value, "yes") == 0;
	else if (strcmp(key, "mx6-ports") == 0)
		s->config.mx6_ports = value;
	else if (strcmp(key, "delivery-port") == 0)
		s->config.delivery_port = strtoul(value, NULL, 10);
	else if (strcmp(key, "addresses-max") == 0)
		s->config.addresses_max = strtoul(value, NULL, 10);
	else
		exit(1);
}

/* route [via=X] [family=ipv4] [mx6=no] [lmtp] */
static void
set_route(struct scene *s, char **f, size_t n)
{
	s->has_route = true;
	s->route = (struct config_route){
		.via = (char *)(uintptr_t)"",
		.tls = TLS_OPPORTUNISTIC,
		.mx6 = true,
	};
	for (size_t i = 0; i < n; i++) {
		if (strncmp(f[i], "via=", 4) == 0)
			s->route.via = f[i] + 4;
		else if (strcmp(f[i], "family=ipv4") == 0)
			s->route.family = FAMILY_IPV4;
		else if (strcmp(f[i], "family=ipv6") == 0)
			s->route.family = FAMILY_IPV6;
		else if (strcmp(f[i], "mx6=no") == 0)
			s->route.mx6 = false;
		else if (strcmp(f[i], "lmtp") == 0)
			s->route.lmtp = true;
	}
}

static void
set_self(struct scene *s, const char *word)
{
	if (netaddr_parse_port(word, 25, &s->self_addrs[s->self.addr_count]))
		s->self.addr_count++;
	else
		s->self_names[s->self.name_count++] = word;
}

static void
read_setting(struct scene *s, char *line)
{
	char *f[FIELDS_MAX];
	size_t n = split(line, f);

	if (strcmp(f[0], "domain") == 0) {
		s->ask.domain = f[1];
	} else if (strcmp(f[0], "lmtp") == 0) {
		s->ask.domain = f[1];
		s->ask.lmtp = true;
	} else if (strcmp(f[0], "demand") == 0) {
		set_demand(s, f[1]);
	} else if (strcmp(f[0], "pushed-by") == 0) {
		s->ask.pushed_by = f[1];
	} else if (strcmp(f[0], "set") == 0) {
		set_setting(s, f[1], f[2]);
	} else if (strcmp(f[0], "self") == 0) {
		set_self(s, f[1]);
	} else if (strcmp(f[0], "route") == 0) {
		set_route(s, f + 1, n - 1);
	} else if (strcmp(f[0], "pick") == 0) {
		for (size_t i = 1; i < n; i++)
			s->picks[s->pick_count++] =
			    (uint32_t)strtoul(f[i], NULL, 10);
	} else {
		fprintf(stderr, "cannot read: %s\n", f[0]);
		exit(1);
	}
}

/* "= line" is expected, "? line" is a round of questions, "! line" a step;
 * indented is DNS. */
static void
read_line(const char *file, struct scene *s, char *line)
{
	if (line[0] == '#' || line[0] == '\0')
		return;
	if (strncmp(line, "case ", 5) == 0) {
		run_scene(file, s);
		start_scene(s, line + 5);
	} else if (line[0] == '=') {
		buf_addf(&s->expected, "%s\n", line + 2);
	} else if (line[0] == '?') {
		buf_addf(&s->asked, "%s\n", line + 2);
		s->checks_asked = true;
	} else if (line[0] == '!') {
		buf_addf(&s->steps, "%s\n", line + 2);
		s->checks_steps = true;
	} else if (line[0] == ' ' || line[0] == '\t') {
		s->dns[s->dns_count++] = line + strspn(line, " \t");
	} else {
		read_setting(s, line);
	}
}

static void
run_file(const char *path)
{
	static char text[1 << 18];
	static struct scene s;
	FILE *f = fopen(path, "r");
	char *next = text, *line;
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(text, 1, sizeof text - 1, f);
	text[n] = '\0';
	fclose(f);
	s = (struct scene){ 0 };
	while ((line = strsep(&next, "\n")) != NULL)
		read_line(path, &s, line);
	run_scene(path, &s);
}

static int
is_case(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".txt") == 0;
}

int
main(void)
{
	struct dirent **names;
	int n = scandir("tests/plans", &names, is_case, alphasort);

	if (n < 0) {
		perror("tests/plans");
		return 1;
	}
	for (int i = 0; i < n; i++) {
		char *path = xasprintf("tests/plans/%s", names[i]->d_name);

		run_file(path);
		free(path);
		free(names[i]);
	}
	free(names);
	printf("1..%d\n", tests);
	return failures > 0;
}
