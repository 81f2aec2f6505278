/* SPDX-License-Identifier: ISC */
#include "policy/gather.h"

#include <strings.h>

#include "policy/lists_signs.h"
#include "util/mailaddr.h"
#include "util/xalloc.h"

#define PENDING_MAX	1024	/* rows that wait; more are not gathered */
#define RECIPIENTS_MAX	100	/* of one message that are looked at */
#define NEW_S		1	/* how long a new entry may wait */
#define COUNT_S		60	/* how long a count may */
#define FORGET_S	3600	/* between looks for what is too old */
#define FORGET_MOST	1000	/* rows in one go: writers wait for each other */

/* ---- the decision ---- */

enum gather_answer
gather_decide(const struct gather_message *message)
{
	if (!message->named_network)
		return GATHER_NOT_NAMED;
	if (message->sender[0] == '\0')
		return GATHER_NULL_SENDER;
	if (strcasecmp(message->sender, message->from) != 0)
		return GATHER_OTHER_FROM;
	if (message->auto_submitted || message->list || message->forwarded)
		return GATHER_AUTOMATIC;
	return GATHER_YES;
}

bool
gather_recipient(const char *sender, const char *recipient,
    bool domain_is_ours)
{
	const char *own = strrchr(sender, '@');
	const char *domain = strrchr(recipient, '@');

	return !domain_is_ours && own != NULL && domain != NULL &&
	    strchr(recipient, '@') == domain && domain[1] != '[' &&
	    domain[1] != '\0' && strcasecmp(own, domain) != 0;
}

/* ---- the writer ---- */

struct gatherer {
	struct lists		*lists;
	struct lists_gathered	 rows[PENDING_MAX];	/* texts are ours */
	size_t			 count;
	int64_t			 write_at;	/* none waits longer */
	int64_t			 forget_at;
};

struct gatherer *
gatherer_new(struct lists *lists)
{
	struct gatherer *g = xcalloc(1, sizeof *g);

	g->lists = lists;
	return g;
}

static void
drop_all(struct gatherer *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free((char *)g->rows[i].mailbox);
		free((char *)g->rows[i].sender);
	}
	g->count = 0;
}

struct gatherer *
gatherer_free(struct gatherer *g)
{
	if (g != NULL)
		drop_all(g);
	free(g);
	return NULL;
}

static struct lists_gathered *
find(struct gatherer *g, const char *mailbox, const char *sender)
{
	for (size_t i = 0; i < g->count; i++)
		if (strcasecmp(g->rows[i].sender, sender) == 0 &&
		    strcasecmp(g->rows[i].mailbox, mailbox) == 0)
			return &g->rows[i];
	return NULL;
}

void
gatherer_add(struct gatherer *g, const char *mailbox, const char *recipient,
    int64_t now)
{
	struct lists_gathered *row = find(g, mailbox, recipient);
	struct lists_known_sender known;
	int64_t write_at;

	if (row != NULL) {
		row->count++;
		row->seen_at = now;
		return;
	}
	if (g->count == PENDING_MAX)
		return;
	write_at = now + (lists_addressbook(g->lists, mailbox, recipient, 0,
	    &known) == LISTS_OK ? COUNT_S : NEW_S);
	if (g->count == 0 || write_at < g->write_at)
		g->write_at = write_at;
	g->rows[g->count++] = (struct lists_gathered){
		.mailbox = xstrdup(mailbox), .sender = xstrdup(recipient),
		.count = 1, .seen_at = now,
	};
}

static void
take_one(struct gatherer *g, const char *mailbox, const char *recipient,
    int64_t now)
{
	char text[MAILADDR_TEXT_SIZE];
	struct lists_domain domain;
	struct mailaddr addr;
	bool ours;

	if (mailaddr_parse(recipient, strlen(recipient), true, &addr) !=
	    MAILADDR_OK)
		return;
	/* What cannot be read may be ours. */
	ours = lists_domain(g->lists, addr.domain, &domain) != LISTS_ABSENT;
	if (gather_recipient(mailbox, mailaddr_format(&addr, text), ours))
		gatherer_add(g, mailbox, text, now);
}

enum gather_answer
gatherer_take(struct gatherer *g, const struct gather_message *message,
    const char *const *recipients, size_t count, int64_t now)
{
	enum gather_answer answer = gather_decide(message);
	struct lists_mailbox mailbox;

	if (answer != GATHER_YES)
		return answer;
	if (lists_mailbox(g->lists, message->sender, &mailbox) != LISTS_OK)
		return GATHER_NOT_A_MAILBOX;
	lists_begin(g->lists);
	for (size_t i = 0; i < count && i < RECIPIENTS_MAX; i++)
		take_one(g, mailbox.address, recipients[i], now);
	lists_end(g->lists);
	return GATHER_YES;
}

enum lists_status
gatherer_flush(struct gatherer *g)
{
	enum lists_status status = lists_gather(g->lists, g->rows, g->count);

	if (status == LISTS_OK)
		drop_all(g);
	return status;
}

enum lists_status
gatherer_tick(struct gatherer *g, int64_t now, unsigned max_age_days)
{
	enum lists_status status = LISTS_OK;

	if (g->count > 0 && now >= g->write_at) {
		status = gatherer_flush(g);
		g->write_at = now + NEW_S;
	}
	if (status == LISTS_OK && max_age_days > 0 && now >= g->forget_at) {
		status = lists_forget_gathered(g->lists,
		    now - (int64_t)max_age_days * 86400, FORGET_MOST);
		g->forget_at = now + FORGET_S;
	}
	return status;
}
