/* SPDX-License-Identifier: ISC */
/*
 * Booking the results of a transaction.  Each recipient gets exactly one;
 * only a push-back may replace one that was "try again".
 */
#include "queue/client_core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "queue/fallback.h"
#include "util/number.h"
#include "util/xalloc.h"

void
client_forget_results(struct client *c)
{
	for (size_t i = 0; i < c->text_count; i++)
		free(c->texts[i]);
	free(c->texts);
	c->texts = NULL;
	c->text_count = 0;
}

/* Results share the text of a reply that is about many recipients. */
static const char *
keep_text(struct client *c, const char *text)
{
	if (c->text_count % 8 == 0)
		c->texts = xreallocarray(c->texts, c->text_count + 8,
		    sizeof *c->texts);
	return c->texts[c->text_count++] = xstrdup(text);
}

struct client_result
client_own_result(struct client *c, enum deliver_outcome outcome,
    const char *enhanced, const char *text)
{
	struct client_result result = { .outcome = outcome };

	strcpy_bounded(result.enhanced, sizeof result.enhanced, enhanced);
	result.text = keep_text(c, text);
	return result;
}

static enum deliver_outcome
reply_outcome(const struct client *c)
{
	if (c->reply.class == 2)
		return OUTCOME_DELIVERED;
	if (c->reply.class != 5)
		return OUTCOME_DEFERRED;
	if (c->begun && c->message.fallback_meant && fallback_is(&c->reply,
	    c->settings->fallback_codes, c->settings->fallback_code_count))
		return OUTCOME_PUSHED_BACK;
	return OUTCOME_FAILED;
}

struct client_result
client_reply_result(struct client *c)
{
	struct client_result result = client_own_result(c, reply_outcome(c),
	    c->reply.enhanced, buf_cstr(&c->reply.text));

	strcpy_bounded(result.code, sizeof result.code, c->reply.code);
	return result;
}

void
client_book(struct client *c, size_t i, const struct client_result *result)
{
	assert(i < c->message.rcpt_count);
	if (c->rcpts[i].state == RCPT_ACCEPTED)
		c->accepted--;
	c->rcpts[i].state = RCPT_DONE;
	c->rcpts[i].result = *result;
}

/* MX6.md, Sender 3: "exactly those recipients that have no final answer". */
static bool
can_be_pushed_back(const struct client_rcpt *rcpt)
{
	return rcpt->state == RCPT_DONE &&
	    rcpt->result.outcome == OUTCOME_DEFERRED;
}

void
client_book_rest(struct client *c, const struct client_result *result)
{
	struct client_rcpt *rcpt;

	if (!c->begun)
		return;
	for (size_t i = 0; i < c->message.rcpt_count; i++) {
		rcpt = &c->rcpts[i];
		if (rcpt->state < RCPT_DONE ||
		    (result->outcome == OUTCOME_PUSHED_BACK &&
		    can_be_pushed_back(rcpt)))
			client_book(c, i, result);
	}
}

/*
 * RFC 5321 4.5.3.1.10: 452 for too many recipients, and 552 is to be read as
 * 452.  Both codes also stand for full mailboxes and disks; the enhanced code
 * tells them apart, and where there is none, that others were accepted.
 */
bool
client_reply_is_too_many(const struct client *c)
{
	const char *enhanced = c->reply.enhanced;

	if (strcmp(c->reply.code, CODE_TOO_MANY) != 0 &&
	    strcmp(c->reply.code, CODE_TOO_MUCH) != 0)
		return false;
	return c->accepted > 0 && (enhanced[0] == '\0' ||
	    strcmp(enhanced + 1, ".5.3") == 0);
}
