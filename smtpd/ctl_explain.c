/* SPDX-License-Identifier: ISC */
/* mx6ctl explain: why a message was taken or not. */
#include <string.h>
#include <unistd.h>

#include "policy/policy_admin_ipc.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_explain.h"

struct explaining {
	const struct ctl	*ctl;
	enum ctl_exit		 ended;
};

#define COUNT(array)	(sizeof array / sizeof array[0])

static const struct report_column reason_columns[] = {
	{ "fact", "FACT", REPORT_TEXT },
	{ "source", "WHERE IT CAME FROM", REPORT_TEXT },
};

static const struct report_column rule_columns[] = {
	{ "rule", "RULE TRIED", REPORT_TEXT },
	{ "outcome", "OUTCOME", REPORT_TEXT },
};

static const struct report_column dns_columns[] = {
	{ "question", "DNS", REPORT_TEXT },
	{ "answer", "ANSWER", REPORT_TEXT },
};

/* Lines of two columns, with a tab between. */
static void
show_lines(struct report *r, const char *key,
    const struct report_column *columns, const char *lines)
{
	char line[4096];

	if (lines[0] == '\0')
		return;
	report_table(r, key, columns, 2);
	while (*lines != '\0') {
		size_t n = strcspn(lines, "\n");
		size_t copied = n < sizeof line ? n : sizeof line - 1;
		char *tab;

		memcpy(line, lines, copied);
		line[copied] = '\0';
		tab = strchr(line, '\t');
		if (tab != NULL)
			*tab++ = '\0';
		report_text(r, line);
		report_text(r, tab == NULL ? "" : tab);
		lines += n + (lines[n] == '\n');
	}
}

void
ctl_explain_show(struct report *r, const struct policy_admin_verdict *v)
{
	const struct {
		const char	*key, *heading, *value;
	} facts[] = {
		{ "message", "message", v->message },
		{ "session", "session", v->session },
		{ "peer", "client", v->peer },
		{ "role", "listener", v->role },
		{ "helo", "HELO", v->helo },
		{ "sender", "sender", v->sender[0] == '\0' ? "<>" : v->sender },
		{ "recipients", "recipients", v->recipients },
		{ "author", "From", v->author },
		{ "action", "verdict", v->action },
		{ "rule", "by rule", v->rule },
		{ "shadow", "over IPv6 it would be", v->shadow },
		{ "shadow_rule", "by the rule", v->shadow_rule },
		{ "facts", "facts that held", v->facts },
		{ "unknown", "facts not known", v->unknown },
		{ "results", "results", v->results },
	};

	if (v->at != 0)
		report_fact(r, "at", "at", REPORT_TIME, v->at);
	for (size_t i = 0; i < COUNT(facts); i++)
		if (facts[i].value[0] != '\0')
			report_fact_text(r, facts[i].key, facts[i].heading,
			    facts[i].value);
	report_fact(r, "mixed", "recipients differ", REPORT_YESNO, v->mixed);
	show_lines(r, "reasons", reason_columns, v->reasons);
	show_lines(r, "rules", rule_columns, v->tried);
	show_lines(r, "dns", dns_columns, v->dns);
}

static void
explained(void *arg, enum ipc_status status,
    const struct policy_admin_explain_answer *answer)
{
	struct explaining *e = arg;
	struct report *r;

	e->ended = ctl_answered(status);
	if (e->ended != CTL_DONE)
		return;
	if (answer->rows_count == 0) {
		ctl_error("no verdict on that message is known; it is kept as "
		    "long as shadow-keep says");
		e->ended = CTL_NOTHING;
		return;
	}
	r = report_new(e->ctl->json);
	ctl_explain_show(r, &answer->rows[0]);
	report_end(r);
}

static enum ctl_exit
explain_past(struct ctl *ctl)
{
	struct policy_admin_explain_ask ask = {
		.message = ctl_value(&ctl->values, "ID|FILE"),
	};
	struct explaining e = { .ctl = ctl };
	int fd;

	e.ended = ctl_connect(ctl, "policy", 0, &fd);
	if (e.ended != CTL_DONE)
		return e.ended;
	policy_admin_explain_wait(fd, &ask, CTL_TIMEOUT_MS, explained, &e);
	close(fd);
	return e.ended;
}

enum ctl_exit
ctl_explain(struct ctl *ctl)
{
	static const char *const options[] = { "--helo", "--from", "--rcpt",
	    "--role", "--prdr" };

	if (ctl_value(&ctl->values, "--ip") != NULL)
		return ctl_explain_dry(ctl);
	for (size_t i = 0; i < COUNT(options); i++) {
		if (ctl_value(&ctl->values, options[i]) != NULL) {
			ctl_error("%s is for a message that nobody sent: say "
			    "from where with --ip", options[i]);
			return CTL_USAGE;
		}
	}
	if (ctl_value(&ctl->values, "ID|FILE") == NULL) {
		ctl_error("which message? Its id or reference, or --ip and "
		    "the rest of one that nobody sent");
		return CTL_USAGE;
	}
	return explain_past(ctl);
}
