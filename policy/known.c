/* SPDX-License-Identifier: ISC */
/* Answers of the lists, kept until somebody edits them. */

#include "policy/known.h"

#include "policy/lists_signs.h"
#include "policy/recent.h"
#include "util/log.h"
#include "util/xalloc.h"

#define CHECK_MS	250	/* how long an edit may go unnoticed */
#define KEPT_MAX	4096	/* entries of each cache */
#define KEPT_MS		(10 * 60 * 1000)
#define KEPT_TARGETS_MAX 20	/* larger aliases are looked up anew */
#define KEPT_ADDRESS_MAX 512	/* octets */

struct known {
	struct lists		*lists;
	struct recent		*whitelisted;	/* enum list_answer */
	struct recent		*recipients;	/* struct known_recipient */
	struct known_recipient	*unkept;	/* the last one, if so */
	uint64_t		 next_check_ms;
	bool			 guesses_known, has_best_guesses;
};

static void
free_recipient(void *value)
{
	struct known_recipient *r = value;

	if (r != NULL)
		targets_done(&r->targets);
	free(r);
}

struct known *
known_new(struct lists *lists)
{
	struct known *k = xcalloc(1, sizeof *k);

	k->lists = lists;
	k->whitelisted = recent_new(KEPT_MAX, free);
	k->recipients = recent_new(KEPT_MAX, free_recipient);
	known_forget(k);
	return k;
}

struct known *
known_free(struct known *k)
{
	if (k != NULL) {
		recent_free(k->whitelisted);
		recent_free(k->recipients);
		free_recipient(k->unkept);
		free(k);
	}
	return NULL;
}

static void
log_misfit(void *arg, const char *network)
{
	struct log_line l;

	(void)arg;
	log_start(&l, LOG_LEVEL_WARNING, "lists");
	log_text(&l, "table", "whitelist_address");
	log_text(&l, "network", network);
	log_text(&l, "fault", "not a network; this row never matches");
	log_send(&l);
}

static void
drop_all(struct known *k)
{
	recent_clear(k->whitelisted);
	recent_clear(k->recipients);
	k->guesses_known = false;
	lists_each_misfit(k->lists, log_misfit, NULL);
}

void
known_forget(struct known *k)
{
	lists_changed(k->lists);
	drop_all(k);
}

void
known_check(struct known *k, uint64_t now_ms)
{
	if (now_ms < k->next_check_ms)
		return;
	k->next_check_ms = now_ms + CHECK_MS;
	if (lists_changed(k->lists))
		drop_all(k);
}

bool
known_has_best_guesses(struct known *k, uint64_t now_ms)
{
	known_check(k, now_ms);
	if (!k->guesses_known) {
		k->has_best_guesses = lists_has_best_guesses(k->lists);
		k->guesses_known = true;
	}
	return k->has_best_guesses;
}

enum list_answer
known_whitelisted(struct known *k, const struct netaddr *peer,
    uint64_t now_ms)
{
	enum list_answer *kept, answer;
	uint8_t key[RECENT_ADDR_SIZE];

	recent_addr_key(peer, key);
	kept = recent_get(k->whitelisted, key, sizeof key, now_ms);
	if (kept != NULL)
		return *kept;
	switch (lists_whitelisted(k->lists, peer)) {
	case LISTS_OK:
		answer = LIST_YES;
		break;
	case LISTS_ABSENT:
		answer = LIST_NO;
		break;
	case LISTS_EXISTS:
	case LISTS_REFUSED:
	case LISTS_TROUBLE:
		log_say(LOG_LEVEL_ERROR, "lists", "%s", lists_why(k->lists));
		return LIST_UNKNOWN;
	}
	recent_put(k->whitelisted, key, sizeof key,
	    xmemdup(&answer, sizeof answer), now_ms + KEPT_MS);
	return answer;
}

static struct known_recipient *
find(struct known *k, const struct recipients_settings *settings,
    const char *address, bool relay)
{
	struct known_recipient *r = xcalloc(1, sizeof *r);
	char why[LISTS_WHY_SIZE];
	struct log_line l;

	r->status = recipients_find(k->lists, settings, address, relay,
	    &r->targets, why);
	if (r->status == RECIPIENT_TROUBLE || r->status == RECIPIENT_LOOP) {
		log_start(&l, LOG_LEVEL_ERROR, "recipient");
		log_mailbox(&l, "recipient", address);
		log_text(&l, "fault", why);
		log_send(&l);
	}
	return r;
}

const struct known_recipient *
known_recipient(struct known *k, const struct recipients_settings *settings,
    const char *address, bool relay, uint64_t now_ms)
{
	char key[1 + KEPT_ADDRESS_MAX];
	size_t n = strlen(address);
	bool keep = n <= KEPT_ADDRESS_MAX;
	struct known_recipient *r;

	if (keep) {
		key[0] = relay;
		memcpy(key + 1, address, n);
		r = recent_get(k->recipients, key, n + 1, now_ms);
		if (r != NULL)
			return r;
	}
	r = find(k, settings, address, relay);
	if (keep && r->status != RECIPIENT_TROUBLE &&
	    r->targets.count <= KEPT_TARGETS_MAX) {
		recent_put(k->recipients, key, n + 1, r, now_ms + KEPT_MS);
		return r;
	}
	free_recipient(k->unkept);
	k->unkept = r;
	return r;
}
