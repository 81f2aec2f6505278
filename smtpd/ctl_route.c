/* SPDX-License-Identifier: ISC */
/* mx6ctl route: where mail for a domain would go now, and why. */
#include <string.h>
#include <unistd.h>

#include "queue/deliver_admin_ipc.h"
#include "queue/queue_words.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"
#include "util/domain.h"

#define ROUTE_MS	90000	/* several look-ups, one after the other */

static const struct report_column columns[] = {
	{ "what", "STEP", REPORT_TEXT },
	{ "subject", "SUBJECT", REPORT_TEXT },
	{ "result", "RESULT", REPORT_TEXT },
	{ "why", "WHY", REPORT_TEXT },
};

struct routing {
	struct ctl	*ctl;
	const char	*domain;
	enum ctl_exit	 ended;
};

static void
routed(void *arg, enum ipc_status status,
    const struct deliver_admin_route_answer *answer)
{
	struct routing *routing = arg;
	struct report *r;

	routing->ended = ctl_answered(status);
	if (routing->ended != CTL_DONE)
		return;
	r = report_new(routing->ctl->json);
	report_fact_text(r, "domain", "Mail for", routing->domain);
	report_table(r, "steps", columns,
	    sizeof columns / sizeof columns[0]);
	for (uint32_t i = 0; i < answer->steps_count; i++) {
		report_text(r, answer->steps[i].what);
		report_text(r, answer->steps[i].subject);
		report_text(r, answer->steps[i].result);
		report_text(r, answer->steps[i].why);
	}
	if (routing->ctl->json)
		report_fact(r, "usable", "", REPORT_YESNO, answer->usable);
	else if (!answer->usable)
		report_say(r, "\nNo address to deliver to.");
	report_end(r);
	if (!answer->usable)
		routing->ended = CTL_NOTHING;
}

enum ctl_exit
ctl_route(struct ctl *ctl)
{
	const char *text = ctl_value(&ctl->values, "DOMAIN");
	char domain[DOMAIN_SIZE];
	struct deliver_admin_route_ask ask = {
		.domain = domain,
		.family = ctl_value(&ctl->values, "--pushed-back") != NULL ?
		    DELIVER_IPV4_ONLY : DELIVER_ANY,
	};
	struct routing routing = { .ctl = ctl, .domain = domain };
	int fd;

	if (!domain_parse(text, strlen(text), false, domain)) {
		ctl_error("\"%s\" is no domain name, such as example.org",
		    text);
		return CTL_USAGE;
	}
	routing.ended = ctl_connect(ctl, "deliver", 0, &fd);
	if (routing.ended != CTL_DONE)
		return routing.ended;
	deliver_admin_route_wait(fd, &ask, ROUTE_MS, routed, &routing);
	close(fd);
	return routing.ended;
}
