/* SPDX-License-Identifier: ISC */
#include "smtpd/ctl_simulated.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtpd/ctl_report.h"

#define COUNT(array)	(sizeof array / sizeof array[0])
/* Rows of a table that has no end of its own. */
#define ROWS_PEOPLE	15
#define ROWS_JSON	1000

static unsigned
percent(uint64_t part, uint64_t all)
{
	return all == 0 ? 0 : (unsigned)((part * 100 + all / 2) / all);
}

static void
share(struct report *r, const char *key, const char *heading, uint64_t part,
    uint64_t all)
{
	char text[64];

	snprintf(text, sizeof text, "%" PRIu64 " (%u %%)", part,
	    percent(part, all));
	report_fact_text(r, key, heading, text);
}

static void
show_numbers(const struct ctl *ctl, struct report *r,
    const struct simulated *s)
{
	uint64_t all = simulated_judged(s);
	const struct {
		const char	*key, *heading;
		uint64_t	 count;
	} outcomes[] = {
		{ "accepted", "accepted over IPv6", s->accepted },
		{ "filtered", "the content filter decides", s->filtered },
		{ "pushed_back", "pushed back", s->pushed_back },
		{ "refused", "refused", s->refused },
	};

	report_fact(r, "messages", "messages", REPORT_NUMBER, s->messages);
	report_fact(r, "judged", "of these judged", REPORT_NUMBER, all);
	report_fact(r, "ipv4", "had come over IPv4", REPORT_NUMBER, s->ipv4);
	for (size_t i = 0; i < COUNT(outcomes); i++) {
		if (ctl->json)
			report_fact(r, outcomes[i].key, "", REPORT_NUMBER,
			    outcomes[i].count);
		else
			share(r, outcomes[i].key, outcomes[i].heading,
			    outcomes[i].count, all);
	}
	report_fact(r, "unanswered", "mx6d gave no answer", REPORT_NUMBER,
	    s->unanswered);
	report_fact(r, "keys_gone", "push-backs with a key that is gone",
	    REPORT_NUMBER, s->keys_gone);
	report_fact(r, "dns_trouble", "push-backs with DNS trouble",
	    REPORT_NUMBER, s->trouble);
}

static void
show_unread(struct report *r, const struct simulated *s)
{
	static const struct report_column columns[] = {
		{ "why", "NOT JUDGED, FOR", REPORT_TEXT },
		{ "messages", "MESSAGES", REPORT_NUMBER },
	};

	report_table(r, "not_judged", columns, COUNT(columns));
	for (int f = STORED_OK + 1; f < STORED_FAULTS; f++) {
		if (s->unread[f] == 0)
			continue;
		report_text(r, stored_fault_text((enum stored_fault)f));
		report_number(r, s->unread[f]);
	}
}

/* ---- tallies ---- */

static size_t
most_rows(const struct ctl *ctl)
{
	return ctl->json ? ROWS_JSON : ROWS_PEOPLE;
}

/* Key of one or two columns, then the count. */
static void
show_tally(const struct ctl *ctl, struct report *r, const char *key,
    const struct report_column columns[static 3], const struct tally *t)
{
	struct tally_row *rows = tally_rows(t);
	size_t most = most_rows(ctl);

	report_table(r, key, columns, 3);
	for (size_t i = 0; i < t->keys && i < most; i++) {
		char first[1024];
		const char *tab = strchr(rows[i].key, '\t');

		snprintf(first, sizeof first, "%.*s",
		    (int)strcspn(rows[i].key, "\t"), rows[i].key);
		report_text(r, first);
		report_text(r, tab == NULL ? "" : tab + 1);
		report_number(r, rows[i].count);
	}
	free(rows);
}

static void
show_tallies(const struct ctl *ctl, struct report *r,
    const struct simulated *s)
{
	static const struct report_column rules[] = {
		{ "outcome", "OUTCOME", REPORT_TEXT },
		{ "rule", "BY RULE", REPORT_TEXT },
		{ "messages", "MESSAGES", REPORT_NUMBER },
	}, refusals[] = {
		{ "command", "REFUSED AT", REPORT_TEXT },
		{ "reply", "WITH", REPORT_TEXT },
		{ "messages", "MESSAGES", REPORT_NUMBER },
	}, lacking[] = {
		{ "rule", "PUSHED BACK: RULE", REPORT_TEXT },
		{ "lacked", "LACKED", REPORT_TEXT },
		{ "messages", "MESSAGES", REPORT_NUMBER },
	}, names[] = {
		{ "name", "NOT JUDGED", REPORT_TEXT },
		{ "why", "FOR", REPORT_TEXT },
		{ "times", "TIMES", REPORT_NUMBER },
	};

	show_tally(ctl, r, "rules", rules, &s->rules);
	show_tally(ctl, r, "refusals", refusals, &s->refusals);
	show_tally(ctl, r, "lacking", lacking, &s->lacking);
	show_tally(ctl, r, "not_judged_names", names, &s->unread_names);
}

/* ---- what would help ---- */

static void
show_help(const struct ctl *ctl, struct report *r, const struct tally *help)
{
	static const struct report_column columns[] = {
		{ "messages", "WOULD HELP", REPORT_NUMBER },
		{ "command", "IF YOU KNOW THEM TO BE GOOD", REPORT_TEXT },
	};
	struct tally_row *rows = tally_rows(help);
	size_t most = most_rows(ctl);

	report_table(r, "would_help", columns, COUNT(columns));
	for (size_t i = 0; i < help->keys && i < most; i++) {
		report_number(r, rows[i].count);
		report_text(r, rows[i].key);
	}
	free(rows);
}

void
ctl_simulated_show(const struct ctl *ctl, const struct simulated *s)
{
	struct report *r = report_new(ctl->json);

	show_numbers(ctl, r, s);
	show_unread(r, s);
	show_tallies(ctl, r, s);
	show_help(ctl, r, &s->help);
	report_end(r);
}
