/* SPDX-License-Identifier: ISC */
/* mx6ctl destinations: who pushes mail back, and what follows from it. */
#include <stdlib.h>
#include <unistd.h>

#include "queue/queue_admin_ipc.h"
#include "smtpd/ctl.h"
#include "smtpd/ctl_report.h"
#include "util/xalloc.h"

#define PAGE_ROWS	500

static const struct report_column columns[] = {
	{ "domain", "DESTINATION", REPORT_TEXT },
	{ "tried", "TRIED OVER MX6", REPORT_NUMBER },
	{ "pushed_back", "PUSHED BACK", REPORT_NUMBER },
	{ "ipv4_first", "IPV4 FIRST", REPORT_YESNO },
	{ "next_probe_at", "NEXT PROBE", REPORT_TIME },
	{ "active", "DELIVERIES", REPORT_NUMBER },
	{ "limit", "LIMIT", REPORT_NUMBER },
	{ "last", "LAST TROUBLE", REPORT_TEXT },
};

struct page {
	struct report	*report;
	enum ctl_exit	 ended;
	char		*after;		/* where the next page begins */
	uint64_t	 rows;		/* so far */
	bool		 more;
};

static void
destinations_listed(void *arg, enum ipc_status status,
    const struct queue_admin_destinations_answer *answer)
{
	struct page *p = arg;
	struct report *r = p->report;

	p->ended = ctl_answered(status);
	if (p->ended != CTL_DONE)
		return;
	for (uint32_t i = 0; i < answer->rows_count; i++) {
		const struct queue_admin_destination *d = &answer->rows[i];

		report_text(r, d->domain);
		report_number(r, d->tried);
		report_number(r, d->pushed_back);
		report_number(r, d->ipv4_first);
		report_number(r, d->next_probe_at);
		report_number(r, d->active);
		report_number(r, d->limit);
		report_text(r, d->last);
		free(p->after);
		p->after = xstrdup(d->domain);
	}
	p->rows += answer->rows_count;
	p->more = answer->more && answer->rows_count > 0;
}

enum ctl_exit
ctl_destinations(struct ctl *ctl)
{
	const char *domain = ctl_value(&ctl->values, "DOMAIN");
	struct page p = { .ended = CTL_DONE };
	int fd;

	p.ended = ctl_connect(ctl, "queue", 0, &fd);
	if (p.ended != CTL_DONE)
		return p.ended;
	p.report = report_new(ctl->json);
	report_table(p.report, "rows", columns,
	    sizeof columns / sizeof columns[0]);
	do {
		struct queue_admin_destinations_ask ask = {
			.after = p.after == NULL ? "" : p.after,
			.limit = PAGE_ROWS,
			.domain = domain == NULL ? "" : domain,
		};

		queue_admin_destinations_wait(fd, &ask, CTL_TIMEOUT_MS,
		    destinations_listed, &p);
	} while (p.ended == CTL_DONE && p.more);
	close(fd);
	report_end(p.report);
	free(p.after);
	if (p.ended == CTL_DONE && p.rows == 0) {
		if (!ctl->json)
			ctl_error("no destination is known yet");
		p.ended = CTL_NOTHING;
	}
	return p.ended;
}
