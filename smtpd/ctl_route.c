/* SPDX-License-Identifier: ISC */
/* mx6ctl route: where mail for a domain would go now, and why. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/lists.h"
#include "queue/deliver_admin_ipc.h"
#include "queue/queue_words.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"
#include "util/domain.h"
#include "util/xalloc.h"

#define LISTS_BUSY_MS	1000
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

/* The lists say that mail for the domain is delivered by this host; false if
 * they cannot be read, which is no reason to know no route. */
static bool
is_delivered_here(struct ctl *ctl, const char *name,
    struct lists_domain *ret_domain)
{
	char why[LISTS_WHY_SIZE];
	struct lists *lists = NULL;
	bool found;
	char *path;

	if (access(ctl->config_path, R_OK) == -1 || ctl_config(ctl) == NULL)
		return false;
	path = xasprintf("%s/" LISTS_FILE, ctl->config->state_directory);
	if (access(path, R_OK | W_OK) == 0)
		lists = lists_open(path, LISTS_BUSY_MS, why);
	free(path);
	found = lists != NULL &&
	    lists_domain(lists, name, ret_domain) == LISTS_OK &&
	    strcmp(ret_domain->transport, "relay") != 0;
	lists_close(lists);
	return found;
}

static void
report_here(const struct ctl *ctl, const struct lists_domain *domain)
{
	struct report *r = report_new(ctl->json);
	bool lmtp = strchr(domain->transport, ':') != NULL;

	report_fact_text(r, "domain", "Mail for", domain->name);
	report_table(r, "steps", columns, sizeof columns / sizeof columns[0]);
	report_text(r, "note");
	report_text(r, domain->name);
	report_text(r, "is delivered here");
	report_text(r, lmtp ? domain->transport : "it is a domain of ours");
	if (ctl->json)
		report_fact(r, "usable", "", REPORT_YESNO, true);
	report_end(r);
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
	struct lists_domain ours;
	int fd;

	if (!domain_parse(text, strlen(text), false, domain)) {
		ctl_error("\"%s\" is no domain name, such as example.org",
		    text);
		return CTL_USAGE;
	}
	if (is_delivered_here(ctl, domain, &ours)) {
		report_here(ctl, &ours);
		return CTL_DONE;
	}
	routing.ended = ctl_connect(ctl, "deliver", 0, &fd);
	if (routing.ended != CTL_DONE)
		return routing.ended;
	deliver_admin_route_wait(fd, &ask, ROUTE_MS, routed, &routing);
	close(fd);
	return routing.ended;
}
