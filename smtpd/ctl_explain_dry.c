/* SPDX-License-Identifier: ISC */
/* mx6ctl explain --ip: what would be said of a message that nobody sent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "smtpd/ctl_explain.h"
#include "smtpd/ctl_judged.h"
#include "smtpd/mbox.h"
#include "util/xalloc.h"

static const struct report_column step_columns[] = {
	{ "command", "THE CLIENT SAYS", REPORT_TEXT },
	{ "reply", "AND HEARS", REPORT_TEXT },
};

static const char *const filters[] = {
	[DRY_NO_FILTER] = "none would see it",
	[DRY_MALWARE] = "only filters for malware would see it",
	[DRY_CONTENT] = "the content filter would decide",
};

struct dry_run {
	const struct ctl	*ctl;
	enum ctl_exit		 ended;
};

/* A row for each line of a reply; the command stands at the first. */
static void
show_step(struct report *r, const struct smtp_admin_step *step)
{
	const char *command = step->command[0] == '\0' ? "(connects)" :
	    step->command;
	char line[600];

	for (const char *p = step->reply; *p != '\0'; command = "") {
		size_t n = strcspn(p, "\n");

		snprintf(line, sizeof line, "%.*s",
		    n < sizeof line ? (int)n : (int)sizeof line - 1, p);
		report_text(r, command);
		report_text(r, line);
		p += n + (p[n] == '\n');
	}
}

static void
show(const struct ctl *ctl, const struct smtp_admin_judge_answer *answer,
    const struct ctl_judged *judged)
{
	struct report *r = report_new(ctl->json);

	report_fact(r, "accepted", "accepted", REPORT_YESNO,
	    judged->accepted);
	report_fact_text(r, "filters", "filters", filters[judged->filter]);
	if (judged->verdict == NULL)
		report_fact_text(r, "action", "verdict",
		    "refused before it was judged");
	else
		ctl_explain_show(r, judged->verdict);
	report_table(r, "steps", step_columns, 2);
	for (uint32_t i = 0; i < answer->steps_count; i++)
		show_step(r, &answer->steps[i]);
	report_end(r);
}

static void
judged(void *arg, enum ipc_status status,
    const struct smtp_admin_judge_answer *answer)
{
	struct dry_run *run = arg;
	struct ctl_judged j;

	run->ended = ctl_answered(status);
	if (run->ended != CTL_DONE)
		return;
	if (!ctl_judged_read(answer, &j)) {
		ctl_error("%s", ctl_judged_why(answer->status));
		run->ended = CTL_FAILED;
		return;
	}
	show(run->ctl, answer, &j);
	ctl_judged_done(&j);
}

/* ---- the question ---- */

/* What there is to judge where no file is named. */
static void
write_minimal(const struct smtp_admin_judge_ask *ask, struct buf *text)
{
	if (ask->sender[0] != '\0')
		buf_addf(text, "From: <%s>\r\n", ask->sender);
	buf_addf(text, "To: <%s>\r\nSubject: mx6ctl explain\r\n\r\n",
	    ask->rcpts[0].address);
}

static bool
read_message(const char *path, struct buf *text)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct mbox m;

	if (file == NULL) {
		ctl_error("%s: %s", path, strerror(errno));
		return false;
	}
	mbox_init(&m, file);
	mbox_rest(&m, text);
	if (ferror(file))
		ctl_error("%s: %s", path, strerror(errno));
	else if (text->overflow || buf_len(text) == 0)
		ctl_error("%s: %s", path, text->overflow ?
		    "larger than can be judged (8 MiB)" : "empty");
	if (file != stdin)
		fclose(file);
	return buf_len(text) > 0 && !text->overflow;
}

static bool
read_place(struct ctl *ctl, struct smtp_admin_judge_ask *ask)
{
	const char *ip = ctl_value(&ctl->values, "--ip");
	const char *name = ctl_value(&ctl->values, "--role");
	enum listener_role role = ROLE_MX;

	if (!netaddr_parse(ip, &ask->peer)) {
		ctl_error("\"%s\" is no address", ip);
		return false;
	}
	if (netaddr_is_ipv6(&ask->peer))
		role = ROLE_MX6;
	if (name != NULL && !listener_role_parse(name, &role)) {
		ctl_error("there is no role \"%s\": mx, mx6 or defensive",
		    name);
		return false;
	}
	ask->role = role;
	return true;
}

static bool
read_envelope(struct ctl *ctl, struct smtp_admin_judge_ask *ask,
    struct smtp_admin_rcpt rcpts[static DRY_RCPTS_MAX])
{
	const char *rcpt;

	ask->helo = ctl_value(&ctl->values, "--helo");
	ask->sender = ctl_value(&ctl->values, "--from");
	if (ask->helo == NULL || ask->sender == NULL ||
	    ctl_value(&ctl->values, "--rcpt") == NULL) {
		ctl_error("--ip, --helo, --from and --rcpt belong together");
		return false;
	}
	if (strcmp(ask->sender, "<>") == 0)
		ask->sender = "";
	ask->rcpts = rcpts;
	ask->prdr = ctl_value(&ctl->values, "--prdr") != NULL;
	while ((rcpt = ctl_value_at(&ctl->values, "--rcpt",
	    ask->rcpts_count)) != NULL) {
		if (ask->rcpts_count == DRY_RCPTS_MAX) {
			ctl_error("more than %d recipients", DRY_RCPTS_MAX);
			return false;
		}
		rcpts[ask->rcpts_count++].address = rcpt;
	}
	return true;
}

enum ctl_exit
ctl_explain_dry(struct ctl *ctl)
{
	const char *path = ctl_value(&ctl->values, "ID|FILE");
	struct smtp_admin_rcpt rcpts[DRY_RCPTS_MAX];
	struct smtp_admin_judge_ask ask = { .role = 0 };
	struct dry_run run = { .ctl = ctl };
	struct buf text;
	int fd;

	if (!read_place(ctl, &ask) || !read_envelope(ctl, &ask, rcpts))
		return CTL_USAGE;
	buf_init(&text, DRY_MESSAGE_MAX);
	if (path == NULL)
		write_minimal(&ask, &text);
	else if (!read_message(path, &text)) {
		buf_done(&text);
		return CTL_FAILED;
	}
	ask.message = (struct ipc_bytes){ buf_bytes(&text), buf_len(&text) };
	run.ended = ctl_connect(ctl, "smtp", 0, &fd);
	if (run.ended == CTL_DONE) {
		smtp_admin_judge_wait(fd, &ask, CTL_JUDGE_MS, judged, &run);
		close(fd);
	}
	buf_done(&text);
	return run.ended;
}
