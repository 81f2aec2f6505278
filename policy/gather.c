/* SPDX-License-Identifier: ISC */
#include "policy/gather.h"

#include <strings.h>

#include "policy/lists_signs.h"
#include "policy/recent.h"
#include "util/mailaddr.h"
#include "util/xalloc.h"

#define PENDING_MAX	1024	/* rows that wait; more are not gathered */
#define RECIPIENTS_MAX	100	/* of one message that are looked at */
#define HELD_MAX	512	/* messages that a filter has still to see */
#define HELD_S		3600
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

/* ---- what waits ---- */

/* Who enters whose book. */
struct chosen {
	char	*mailbox;
	char	*recipients[RECIPIENTS_MAX];
	size_t	 count;
};

static void
chosen_free(void *arg)
{
	struct chosen *c = arg;

	for (size_t i = 0; i < c->count; i++)
		free(c->recipients[i]);
	free(c->mailbox);
	free(c);
}

struct gatherer {
	struct lists		*lists;
	struct lists_gathered	 rows[PENDING_MAX];	/* texts are ours */
	size_t			 count;
	struct recent		*held;		/* struct chosen by id */
	int64_t			 write_at;	/* none waits longer */
	int64_t			 forget_at;
};

struct gatherer *
gatherer_new(struct lists *lists)
{
	struct gatherer *g = xcalloc(1, sizeof *g);

	g->lists = lists;
	g->held = recent_new(HELD_MAX, chosen_free);
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
	if (g != NULL) {
		drop_all(g);
		recent_free(g->held);
	}
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

/* ---- one message ---- */

static void
choose_one(struct gatherer *g, struct chosen *c, const char *recipient)
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
	if (gather_recipient(c->mailbox, mailaddr_format(&addr, text), ours))
		c->recipients[c->count++] = xstrdup(text);
}

/* NULL unless GATHER_YES. */
static struct chosen *
choose(struct gatherer *g, const struct gather_message *message,
    const char *const *recipients, size_t count, enum gather_answer *ret)
{
	struct lists_mailbox mailbox;
	struct chosen *c;

	*ret = gather_decide(message);
	if (*ret != GATHER_YES)
		return NULL;
	*ret = GATHER_NOT_A_MAILBOX;
	if (lists_mailbox(g->lists, message->sender, &mailbox) != LISTS_OK)
		return NULL;
	*ret = GATHER_YES;
	c = xcalloc(1, sizeof *c);
	c->mailbox = xstrdup(mailbox.address);
	lists_begin(g->lists);
	for (size_t i = 0; i < count && i < RECIPIENTS_MAX; i++)
		choose_one(g, c, recipients[i]);
	lists_end(g->lists);
	return c;
}

static void
add_chosen(struct gatherer *g, const struct chosen *c, int64_t now)
{
	for (size_t i = 0; i < c->count; i++)
		gatherer_add(g, c->mailbox, c->recipients[i], now);
}

enum gather_answer
gatherer_take(struct gatherer *g, const struct gather_message *message,
    const char *const *recipients, size_t count, int64_t now)
{
	enum gather_answer answer;
	struct chosen *c = choose(g, message, recipients, count, &answer);

	if (c != NULL) {
		add_chosen(g, c, now);
		chosen_free(c);
	}
	return answer;
}

enum gather_answer
gatherer_hold(struct gatherer *g, const char *id,
    const struct gather_message *message, const char *const *recipients,
    size_t count, int64_t now)
{
	enum gather_answer answer;
	struct chosen *c = choose(g, message, recipients, count, &answer);

	if (c != NULL)
		recent_put(g->held, id, strlen(id), c,
		    (uint64_t)(now + HELD_S) * 1000);
	return answer;
}

void
gatherer_settle(struct gatherer *g, const char *id, bool accepted,
    int64_t now)
{
	const struct chosen *c = recent_get(g->held, id, strlen(id),
	    (uint64_t)now * 1000);

	if (c != NULL && accepted)
		add_chosen(g, c, now);
	recent_drop(g->held, id, strlen(id));
}

/* ---- writing ---- */

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
